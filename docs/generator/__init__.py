"""Writes the pages and lists that come from the code: parameters, flows, blocks, assumptions, decisions."""
