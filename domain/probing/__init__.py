"""What the answers of a cloud say about what is assumed of it, decided from the answers alone."""
