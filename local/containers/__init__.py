"""`make containers`: the image built, deploy/compose.yaml started, a flow run in it, the charts rendered."""
