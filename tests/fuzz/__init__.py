"""Mutated files against every reader: for seconds in `make test`, for as long as one likes by `make fuzz`."""
