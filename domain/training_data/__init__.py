"""Training data of an embedder: what is wanted of it, its rows, and what is wrong with them."""
