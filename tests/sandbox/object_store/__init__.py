"""Tests of sandbox/object_store."""
