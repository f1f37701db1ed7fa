"""Commands that run flows through the worker and print what came of it: the demonstrations, and `make probe`."""
