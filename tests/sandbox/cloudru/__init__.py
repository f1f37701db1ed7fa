"""Tests of sandbox/cloudru."""
