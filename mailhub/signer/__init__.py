"""The process that holds the agencies' keys. It opens no document, and signs by its own mandate file."""
