"""What is recognised in generated papers, from whatever file they come in."""
