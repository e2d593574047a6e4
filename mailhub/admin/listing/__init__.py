"""Tables: columns and filters declared once, then searched, sorted, paged by key, ticked and exported alike."""
