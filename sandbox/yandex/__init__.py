"""Yandex Cloud's AI Studio on 127.0.0.1: the official servicer classes over one gRPC port, and the REST hosts."""
