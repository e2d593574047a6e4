"""Readers that a benchmark binds into the sandbox."""
