"""Tests of the client, against a small HTTP server that plays the vendor and against the sandbox."""
