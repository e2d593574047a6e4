"""Who administers, what needs two people, and the sealed audit log."""
