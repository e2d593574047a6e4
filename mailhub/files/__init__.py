"""What is in a file from outside.

Everything here but the values of `facts`, `encoding` and `naming` runs in the sandbox only (`mailhub/sandbox/`).
"""
