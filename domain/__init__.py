"""What is wanted and what is decided, from data alone: no Prefect, no network, no file."""
