"""The directory: who is found, by whom, and in which form it leaves the hub."""
