"""The other side of the wire: typed clients. No Prefect in here, usable from a notebook."""
