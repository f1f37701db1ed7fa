"""Cloud.ru Evolution: one router (HTTP) and one rules class (no HTTP) per service."""
