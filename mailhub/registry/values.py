"""A document's row: from what was recognised, and with what people corrected in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT, Recognition
from mailhub.registry.identity import identity
from mailhub.registry.matching import Agencies
from mailhub.registry.secret import OF_SECRETS, is_level

# Columns that hold a field's value, with the characters that fit. `state` is not of these, but may be corrected.
WIDTHS = {
    "doc_type": 16,
    "number_symbol": 120,
    "issue_date": 10,
    "issuer": 300,
    "parent_issuer": 300,
    "subject": 1000,
    "signer": 120,
    "signer_authority": 200,
    "urgency": 20,
    "secrecy": 20,
}
CORRECTABLE = (*WIDTHS, "state")
_MAIN = ("doc_type", "number_symbol", "issue_date", "issuer", "subject", "signer")


def is_document(recognition: Recognition | None) -> bool:
    """Whether there is something to keep: a type, or, its type in doubt, a number or an issuer."""
    if recognition is None:
        return False
    said = recognition.value("doc_type")
    if said is not None:
        return said != NOT_A_DOCUMENT
    seen = recognition.fields.get("doc_type")
    in_doubt = seen is not None and seen.value != NOT_A_DOCUMENT
    return in_doubt and any(recognition.value(name) for name in ("number_symbol", "issuer"))


def recognised_values(recognition: Recognition) -> dict[str, str]:
    """The fields that are said, as a document's columns; '' where nothing is."""
    values = {name: storable(recognition.value(name) or "")[:width] for name, width in WIDTHS.items()}
    return {**values, "state": recognition.state.value}


def columns(recognition: Recognition, corrected: Mapping[str, str], agencies: Agencies) -> dict[str, Any]:
    """All columns of a document that follow from its contents and its corrections (the latest of each field)."""
    values = {**recognised_values(recognition), **corrected}
    secret = is_level(values["secrecy"])
    if secret:
        values = {name: value if name in OF_SECRETS else "" for name, value in values.items()}
    said = [found.confidence for name in _MAIN if (found := recognition.fields.get(name)) is not None and found.given]
    unsure = [name for name in recognition.abstained if name not in corrected]
    labels = [] if secret else [found.value for found in recognition.labels if found.given]
    agency_id = agencies.find(values["issuer"], values["parent_issuer"]) if values["issuer"] else None
    return {
        **values,
        "family": recognition.family.value,
        "agency_id": agency_id,
        "labels": "\n".join(storable(label) for label in labels)[:500],
        "confidence": min(said, default=0.0),
        "unsure": "" if secret else " ".join(unsure)[:300],
        "identity": identity(values["number_symbol"], values["issue_date"], values["issuer"], agency_id),
    }


def storable(text: str) -> str:
    """A stranger's words as both databases take them: no NUL, no half of a surrogate pair."""
    if text.isprintable():
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
