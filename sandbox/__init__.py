"""The two clouds on 127.0.0.1, with real engines behind the vendors' wire."""
