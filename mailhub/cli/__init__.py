"""The command line: one tree, a file a branch. Exit codes: 0 done, 1 refused or not found, 2 wrong usage."""
