"""Object Storage: `rclone serve s3` keeps the objects, a gateway in front knows tenants, folder markers and faults."""
