"""Tests of the local commands."""
