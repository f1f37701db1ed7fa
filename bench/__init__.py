"""Side-by-side measurements: each `python -m bench.NAME` prints a table, then `NAME: figure`."""

from local.environment import keep_out_of_users_prefect

keep_out_of_users_prefect()
