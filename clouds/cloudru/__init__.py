"""Cloud.ru Evolution: one typed client per service; `CloudRuClient` holds them."""
