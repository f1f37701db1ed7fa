"""The sandbox: its own parts, and its services over HTTP."""
