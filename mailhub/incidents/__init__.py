"""State secrets that turned up: what is recorded of them, what is sealed, and how every copy goes."""
