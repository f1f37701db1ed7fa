"""The steps that hold the assumptions about a cloud against its answers."""
