"""Which roots are believed, since when and by whose word: data, changed by two people."""
