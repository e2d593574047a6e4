"""The timeline's words about what is attached: documents that were recognised, and what is odd about the files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from mailhub.clock import local_time
from mailhub.documents.type_names import type_name
from mailhub.files.facts import Unreadable
from mailhub.i18n import Texts
from mailhub.queue.models import EventKind, HeldFor
from mailhub.telling.people import known

INSPECTION = HeldFor.INSPECTION.value
_SAID = ("draft", "issued")


def words_for(kind: EventKind, facts: dict[str, Any], words: Texts) -> str | None:
    """What stands in place of the kind's usual words; None when those fit."""
    if facts.get("for") != INSPECTION:
        return None
    if kind is EventKind.HELD:
        return words("telling.inspection.held", until=f"{local_time(int(facts['until'])):%H:%M:%S}")
    if kind is EventKind.RELEASED:
        return words("telling.inspection.read" if facts.get("reason") == "read" else "telling.inspection.over")
    return None


def inspected_parts(facts: dict[str, Any], words: Texts) -> Iterator[str]:
    """What was recognised and why, then what is remarkable about the files."""
    for document in facts.get("documents", []):
        yield _document(document, words)
    for file in facts.get("files", []):
        yield from _remarks(file, words)
    if facts.get("malware") == "found":
        yield words("telling.malware")
    for problem in facts.get("unreadable", []):
        yield words("telling.unread.mail", why=known(words, "telling.problem", problem))


def held_for(what: str, words: Texts) -> str:
    """`scan.pdf: scanned pages` in the language."""
    name, _, why = what.rpartition(": ")
    return f"{name}: {known(words, 'telling.waits', why)}" if name else what


def _document(document: dict[str, Any], words: Texts) -> str:
    told = type_name(document["doc_type"]) if document.get("doc_type") else words("telling.document.unknown")
    if number := document.get("number_symbol"):
        told += " " + words("telling.document.number", number=number)
    if issued := document.get("issue_date"):
        told += " " + words("telling.document.day", day=f"{date.fromisoformat(issued):%d/%m/%Y}")
    if issuer := document.get("issuer"):
        told += " " + words("telling.document.issuer", issuer=issuer)
    told += "".join(f", {extra}" for extra in _extras(document, words))
    seen = dict.fromkeys(reason.split(": ", 2)[-1] for reason in document.get("why", [])[:3])
    why = "; ".join(f"“{one}”" for one in seen)
    place = words("telling.document.file", file=document["file"]) if document.get("file") else words("telling.attached")
    scanned = words("telling.document.scanned") if document.get("text") == "ocr" else ""
    return f"{told} ({place}{scanned}{': ' + why if why else ''})"


def _extras(document: dict[str, Any], words: Texts) -> Iterator[str]:
    for key in ("urgency", "secrecy"):
        if document.get(key):
            yield str(document[key])
    if document.get("state") in _SAID:
        yield words(f"telling.document.{document['state']}")
    if unsure := document.get("unsure"):
        yield words("telling.unsure", fields=", ".join(known(words, "telling.field", name) for name in unsure))


def _remarks(file: dict[str, Any], words: Texts) -> Iterator[str]:
    name = (file.get("names") or [file.get("part", "")])[0]
    if file.get("unread"):
        yield words("telling.unread.yet", file=name)
    yield from _faults(name, file, words)
    for problem in file.get("problems", []):
        yield words("telling.problem", file=name, why=known(words, "telling.problem", problem))
    for inner in file.get("inside", []):
        yield from _faults(f"{name}/{inner['name']}", inner, words)


def _faults(name: str, told: dict[str, Any], words: Texts) -> Iterator[str]:
    problem = told.get("unreadable")
    if problem and problem != Unreadable.SECRET.value:  # that its words are not kept is no fault
        yield words("telling.unread", file=name, why=known(words, "telling.unreadable", problem))
    for danger in told.get("dangers", []):
        kind, colon, detail = danger.partition(": ")
        more = f" ({detail})" if colon else ""
        yield words("telling.danger", file=name, what=known(words, "telling.danger", kind) + more)
