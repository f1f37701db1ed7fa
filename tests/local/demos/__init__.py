"""Tests of local/demos."""
