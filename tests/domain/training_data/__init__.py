"""Tests of domain/training_data."""
