"""What happened on a day, counted from the rows as they lie there; and kept, once the day is over (`keeping.py`)."""
