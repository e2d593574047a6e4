"""The rules that ship: `policy.toml`, which `mailhub init` copies into the hub's directory."""
