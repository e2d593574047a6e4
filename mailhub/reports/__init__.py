"""The policy reports: figures that are counted once, laid out once, and shown alike on every screen and in every file."""
