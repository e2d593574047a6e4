"""What happened to mail, in words: one source for the command line and the web (catalogue `telling.po`)."""
