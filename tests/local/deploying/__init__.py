"""Tests of local/deploying."""
