"""Where things are kept: the database and its migrations, the bodies of messages."""
