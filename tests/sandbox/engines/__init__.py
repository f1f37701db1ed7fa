"""Tests of the kernels, without HTTP."""
