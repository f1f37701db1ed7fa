"""Tests of clouds/cloudru/logs."""
