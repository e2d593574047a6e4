"""What an inspection is told as: lines of the timeline, a header for clients' filters, rows of the registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT, Recognition, State
from mailhub.documents.type_names import type_word
from mailhub.files.facts import FileFacts
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.registry.records import Sighting
from mailhub.text.folding import fold

DOCUMENT_HEADER = "X-Mailhub-Document"
MOST_TOLD = 20  # files, and documents, of one message
_WHY = ("doc_type", "number_symbol", "issue_date", "issuer")
_SAID = ("doc_type", "number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy")
_UNTOLD_OF_SECRETS = ("subject", "signer")


def documents_of(facts: FileFacts) -> Iterator[tuple[FileFacts, Recognition]]:
    """The documents in a file and in the files that it holds, each with the file it was recognised in."""
    if facts.recognition is not None and facts.recognition.doc_type != NOT_A_DOCUMENT:
        yield facts, facts.recognition
    for member in facts.members:
        yield from documents_of(member)


def timeline_facts(inspection: Inspection) -> dict[str, Any]:
    """The facts of an `inspected` line: the documents with why they were taken for that, and what each file is."""
    if not inspection.files and not inspection.structure.problems:
        return {}
    told: dict[str, Any] = {
        "documents": [
            _document(facts, found)
            for file in inspection.files
            if file.facts is not None
            for facts, found in documents_of(file.facts)
        ][:MOST_TOLD],
        "files": [_file(file) for file in inspection.files[:MOST_TOLD]],
        "malware": inspection.malware or "no scanner",
    }
    problems = sorted({problem.value for problem in inspection.structure.problems})
    return {**told, "unreadable": problems} if problems else told


def _document(facts: FileFacts, found: Recognition) -> dict[str, Any]:
    secret = found.value("secrecy") is not None
    told: dict[str, Any] = {"file": "" if secret else facts.name}
    told |= {
        name: value for name in _SAID if (value := found.value(name)) and not (secret and name in _UNTOLD_OF_SECRETS)
    }
    told["state"] = found.state.value
    if found.abstained:
        told["unsure"] = list(found.abstained)
    if not secret:
        told["why"] = [
            f"{name}: {seen.evidence.rule}: {seen.evidence.text[:80]}"
            for name in _WHY
            if (seen := found.fields.get(name)) is not None and seen.given
        ]
    return told


def _file(file: InspectedFile) -> dict[str, Any]:
    told: dict[str, Any] = {"part": file.part.path, "names": list(file.part.names[:3]), "sha256": file.sha256.hex()}
    if file.facts is None:
        return {**told, "unread": True}
    told["type"] = file.facts.type
    if file.facts.source:
        told["text"] = file.facts.source.value
    if file.facts.needs_ocr:
        told["scan"] = True
    if file.facts.unreadable is not None:
        told["unreadable"] = file.facts.unreadable.value
    if file.facts.dangers:
        told["dangers"] = [f"{danger.kind.value}: {danger.detail}".rstrip(": ") for danger in file.facts.dangers]
    return told


def document_fields(inspection: Inspection) -> bytes:
    """`X-Mailhub-Document` fields, one a document, for the filters of our own readers' clients.

    ASCII without diacritics, so that a filter typed in any client finds it:
    `quyet-dinh 15/QD-UBND; ngay=2026-11-22; co-quan="so noi vu"; do-khan=hoa-toc; trang-thai=du-thao`.
    """
    lines = [
        _field(found) for file in inspection.files if file.facts is not None for _, found in documents_of(file.facts)
    ]
    return "".join(dict.fromkeys(lines[:MOST_TOLD])).encode("ascii")


def _field(found: Recognition) -> str:
    words = [type_word(found.doc_type)]
    if number := found.value("number_symbol"):
        words[0] += " " + _plain(number).upper().replace(" ", "")
    if date := found.value("issue_date"):
        words.append(f"ngay={date}")
    if issuer := found.value("issuer"):
        words.append(f'co-quan="{_plain(issuer)[:120]}"')
    for key, name in (("do-khan", "urgency"), ("do-mat", "secrecy")):
        if value := found.value(name):
            words.append(f"{key}={_token(value)}")
    if found.state is State.DRAFT:
        words.append("trang-thai=du-thao")
    return f"{DOCUMENT_HEADER}: " + ";\r\n\t".join(words) + "\r\n"


def _plain(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() and c != '"' else "?" for c in fold(text))


def _token(text: str) -> str:
    return _plain(text).replace(" ", "-")


def sightings_of(
    inspection: Inspection, *, message_id: int, code: str, at: int, account_id: int | None, desk_agency_id: int | None
) -> tuple[Sighting, ...]:
    """What the registry keeps: every file that was read, wherever it lay."""
    return tuple(
        Sighting(
            message_id=message_id,
            code=code,
            at=at,
            path=file.part.path,
            names=file.part.names,
            declared=file.part.type,
            sha256=file.sha256,
            size=file.size,
            facts=replace(file.facts, name=file.part.name),
            account_id=account_id,
            desk_agency_id=desk_agency_id,
        )
        for file in inspection.files
        if file.facts is not None
    )
