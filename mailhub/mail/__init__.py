"""What a message says: bytes in, plain values out. No I/O, no database, nothing of mailhub above it."""
