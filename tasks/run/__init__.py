"""What every run is made of: timing, endings, lock, credentials, sources, events, artifacts."""
