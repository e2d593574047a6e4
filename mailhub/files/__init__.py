"""What is in a file from outside. Everything here but `facts` runs in the sandbox only (`mailhub/sandbox/`)."""
