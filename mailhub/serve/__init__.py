"""`mailhub serve`: one supervisor, a process a role, and what ties them together."""
