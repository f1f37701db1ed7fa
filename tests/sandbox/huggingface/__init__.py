"""Tests of sandbox/huggingface."""
