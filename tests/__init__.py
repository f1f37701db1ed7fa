"""Tests. Imported before any of them, and so before Prefect: the user's Prefect settings and home stay out of them."""

from local.environment import keep_out_of_users_prefect

keep_out_of_users_prefect()
