"""What the rules say of mail that is not on its way: mail of the last days under other rules, a message in a file."""
