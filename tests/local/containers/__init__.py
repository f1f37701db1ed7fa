"""Tests of local/containers."""
