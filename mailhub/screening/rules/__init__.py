"""The rules in force: the file people write, its versions, the exceptions, and the book that each process asks."""
