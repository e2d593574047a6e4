"""What is kept of what was judged, for how long, and the figures made of it."""
