"""Plain dataclasses to JSON values and back: `files/values.py`, under the name that the wall knows it by."""

from mailhub.files.values import (
    DEPTH,
    DICT_ITEMS,
    HIGHEST_INTEGER,
    LIST_ITEMS,
    LONGER_TEXTS,
    TEXT_CHARACTERS,
    clean_text,
    decode,
    encode,
)

__all__ = [
    "DEPTH",
    "DICT_ITEMS",
    "HIGHEST_INTEGER",
    "LIST_ITEMS",
    "LONGER_TEXTS",
    "TEXT_CHARACTERS",
    "clean_text",
    "decode",
    "encode",
]
