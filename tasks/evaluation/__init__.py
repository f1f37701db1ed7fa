"""The steps that judge a version."""
