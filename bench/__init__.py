"""Side-by-side measurements: each `python -m bench.NAME` prints a table, then `NAME: figure`."""
