"""The steps that bring a stack up and let it answer."""
