"""Tests of the benches: what they measure with is right."""
