"""What stands open on the web for an account: browser sessions, tokens of programs, passkeys."""
