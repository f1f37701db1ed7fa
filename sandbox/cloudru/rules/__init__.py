"""What each service decides: no HTTP in here."""
