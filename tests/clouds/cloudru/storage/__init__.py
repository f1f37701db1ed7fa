"""Object Storage against a real S3 server, and against one that misbehaves to order."""
