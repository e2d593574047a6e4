"""What the rules ask of a message: of the mail itself, who writes, who is written to, what is attached."""
