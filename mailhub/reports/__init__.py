"""The policy reports: figures counted once, laid out once, and shown alike on the screen and in every file."""
