"""Tests of clouds/cloudru/secret."""
