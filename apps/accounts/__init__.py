"""People, roles and access keys."""
