"""Results of runs as data, and the same for reading."""
