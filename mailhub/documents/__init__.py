"""Official documents: what they are (`grammar/`, pure), and their records."""
