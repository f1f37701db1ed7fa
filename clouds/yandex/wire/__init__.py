"""What travels, beside the vendor's own protobuf stubs; shared with the sandbox."""
