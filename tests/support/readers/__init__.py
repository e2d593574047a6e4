"""Modules that take the place of `mailhub.files.reader` in a sandbox; the folder is bound into it."""
