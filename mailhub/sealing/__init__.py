"""An agency's seal on what its desk sends: which files, by whose act, and the new message that results."""
