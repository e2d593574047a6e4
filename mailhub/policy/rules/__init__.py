"""What the province's rules say: read from `policy.toml`, checked, compared."""
