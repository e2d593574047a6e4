"""Files from outside are opened behind walls: what gets through, what does not, what survives."""
