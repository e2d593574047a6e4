"""The empty document that every DOCX begins as. python-docx reads its templates anew for each one; here they are read
once, so that a process which has given up the right to read the program's files still writes reports."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from docx import Document


def blank_document() -> Any:
    """A new document, with a header that is empty."""
    return Document(io.BytesIO(_octets()))


@cache
def _octets() -> bytes:
    document = Document()
    document.sections[0].header.is_linked_to_previous = False  # has its template read as well
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
