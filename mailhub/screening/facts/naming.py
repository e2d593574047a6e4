"""What the documents and files of a message are called, for the words that people read; never for conditions."""

from __future__ import annotations

from collections.abc import Mapping

from mailhub.accounts.profiles import Line
from mailhub.documents.type_names import type_name
from mailhub.intake.inspection import Inspection
from mailhub.intake.telling import documents_of
from mailhub.text.plain import plain_line

MOST_NAMED = 5
LONGEST = 120  # characters of one name


def names_for_words(inspection: Inspection | None, line: Line, *, secret: bool) -> Mapping[str, str]:
    """`document` ("Công văn số 156/SYT-KHTH"), `files` ("a.pdf, b.xlsx"), `agency`; of a secret message the agency
    alone. A name that there is none of is left out."""
    named = {"agency": line.name} if line.name else {}
    if inspection is None or secret:
        return named
    files = [plain_line(file.part.name)[:LONGEST] for file in inspection.files if file.part.name]
    if files:
        more = len(files) - MOST_NAMED
        named["files"] = ", ".join(files[:MOST_NAMED]) + (f" (+{more})" if more > 0 else "")
    for file in inspection.files:
        for _, found in documents_of(file.facts) if file.facts is not None else ():
            number = found.value("number_symbol")
            word = type_name(found.doc_type)
            named.setdefault("document", plain_line(f"{word} số {number}" if number else word)[:LONGEST])
    return named
