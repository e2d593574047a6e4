"""What the screens of people share: acts as forms, states as words, why somebody cannot log in, what changed."""
