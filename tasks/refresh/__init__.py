"""The steps from documents that differ to a version of them."""
