"""The pages of the documentation. `python -m docs` writes those lists in them that the code knows."""
