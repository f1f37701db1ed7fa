"""The wire models against the shapes that the vendor published."""
