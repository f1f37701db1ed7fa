"""The steps that tune an embedder, judge it and put it in service."""
