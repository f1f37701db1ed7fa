"""What each service decides, without gRPC servers and without HTTP."""
