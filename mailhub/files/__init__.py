"""What is in a file from outside. Everything here but `facts`, `encoding` and `naming` runs in the sandbox only (`mailhub/sandbox/`)."""
