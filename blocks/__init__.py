"""Who: typed credentials and endpoints. `prefect block register -m blocks` registers what is exported here."""
