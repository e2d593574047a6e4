"""Staff lists as agencies make them: read, planned, applied, undone."""
