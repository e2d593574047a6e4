"""Which tokens a document is found by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT
from mailhub.registry.abbreviations import TYPES
from mailhub.registry.tokens import date_tokens, field_tokens, issuer_tokens, number_tokens, tag

_WORDS = ("issuer", "parent_issuer", "subject", "signer", "urgency", "secrecy", "labels")


def document_tokens(row: Mapping[str, Any], agencies: Mapping[int, bool]) -> set[str]:
    """The tokens of a document's row; `agencies` are those it went through, True where it passed the desk.

    What people said is no document is found by nothing.
    """
    if row["doc_type"] == NOT_A_DOCUMENT:
        return set()
    tokens = {f"a{number}" for number in agencies} | {f"k{number}" for number, desk in agencies.items() if desk}
    tokens |= {tag("s", row["state"]), tag("u", row["urgency"]), tag("l", row["secrecy"])}
    if row["doc_type"]:
        tokens |= {tag("t", row["doc_type"])}
        tokens |= field_tokens(f"{row['doc_type']} {TYPES.get(row['doc_type'], '')}")
    if row["unsure"] or not row["doc_type"]:
        tokens.add("x1")
    for name in _WORDS:
        tokens |= field_tokens(row[name])
    tokens |= number_tokens(row["number_symbol"]) | date_tokens(row["issue_date"])
    return tokens | issuer_tokens(f"{row['issuer']} {row['parent_issuer']}")
