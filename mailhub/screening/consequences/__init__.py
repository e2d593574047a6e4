"""What follows from a verdict: fates of recipients, the answer at the door, letters, a stopped box."""
