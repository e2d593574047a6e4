"""Vietnamese text as values: lines with their places, folding for comparison, old encodings. Pure."""
