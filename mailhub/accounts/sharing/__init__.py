"""What several people use: groups, delegated mailboxes, role mailboxes."""
