"""The product on one machine: what `make up`, `make down` and `make demo` run."""
