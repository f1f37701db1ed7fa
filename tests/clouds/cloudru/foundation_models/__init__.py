"""Tests of clouds/cloudru/foundation_models."""
