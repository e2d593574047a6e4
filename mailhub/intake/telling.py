"""What an inspection is told as: lines of the timeline, a header for clients' filters, rows of the registry.

Of a secret document, and of what holds one, no words are told: neither names nor number (`registry/secret.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from mailhub.documents.grammar.explanations import rule_id
from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT, Recognition, State
from mailhub.documents.type_names import type_word
from mailhub.files.facts import FileFacts, Mode
from mailhub.intake.header_words import plain, token
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.intake.telling_signatures import signature_facts, signature_fields
from mailhub.registry.records import Sighting
from mailhub.registry.secret import holds_secret, without_words

DOCUMENT_HEADER = "X-Mailhub-Document"
MOST_TOLD = 20  # files, and documents, of one message
_WHY = ("doc_type", "number_symbol", "issue_date", "issuer")
_SAID = ("doc_type", "number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy")
_LONGEST_NUMBER = 120
_LONGEST_WAY = 300
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def documents_of(facts: FileFacts) -> Iterator[tuple[FileFacts, Recognition]]:
    """The documents in a file and in the files that it holds, each with the file it was recognised in."""
    if facts.recognition is not None and facts.recognition.doc_type != NOT_A_DOCUMENT:
        yield facts, facts.recognition
    for member in facts.members:
        yield from documents_of(member)


def brings_secret(inspection: Inspection) -> bool:
    """Whether a secret document is among the files, at any depth."""
    return any(file.facts is not None and holds_secret(file.facts) for file in inspection.files)


def timeline_facts(inspection: Inspection) -> dict[str, Any]:
    """The facts of an `inspected` line: the documents with why they were taken for that, and what each file is."""
    if not inspection.files and not inspection.structure.problems:
        return {}
    told: dict[str, Any] = {
        "documents": [
            _document(facts, found)
            for file in inspection.files
            if file.facts is not None
            for facts, found in documents_of(without_words(file.facts))
        ][:MOST_TOLD],
        "files": [_file(file) for file in inspection.files[:MOST_TOLD]],
        "malware": inspection.malware or "no scanner",
    }
    if signatures := signature_facts(inspection.signatures):
        told["signatures"] = signatures
    problems = sorted({problem.value for problem in inspection.structure.problems})
    return {**told, "unreadable": problems} if problems else told


def _document(facts: FileFacts, found: Recognition) -> dict[str, Any]:
    told: dict[str, Any] = {"file": facts.name, "text": facts.source.value}
    told |= {name: value for name in _SAID if (value := found.value(name))}
    told["state"] = found.state.value
    if found.abstained:
        told["unsure"] = list(found.abstained)
    why = [(name, found.fields[name]) for name in _WHY if name in found.fields]
    told["why"] = [
        f"{name}: {rule_id(seen.evidence.rule)}: {seen.evidence.text[:80]}"
        for name, seen in why
        if seen.given and seen.evidence.text
    ]
    return told


def _file(file: InspectedFile) -> dict[str, Any]:
    told: dict[str, Any] = {"part": file.part.path, "names": list(file.part.names[:3]), "sha256": file.sha256.hex()}
    if file.facts is None:
        return {**told, "unread": True}
    facts = without_words(file.facts)
    if holds_secret(facts):
        told["names"] = []
    told["type"] = facts.type
    if facts.source:
        told["text"] = facts.source.value
    if facts.needs_ocr:
        told["scan"] = True
    told |= _remarks(facts)
    if file.part.problems:
        told["problems"] = [problem.value for problem in file.part.problems]
    if inside := list(islice(_inside(facts.members, ""), MOST_TOLD)):
        told["inside"] = inside
    return told


def _remarks(facts: FileFacts) -> dict[str, Any]:
    """What is wrong with a file."""
    told: dict[str, Any] = {}
    if facts.unreadable is not None:
        told["unreadable"] = facts.unreadable.value
    if facts.dangers:
        told["dangers"] = [f"{danger.kind.value}: {danger.detail}".rstrip(": ") for danger in facts.dangers]
    return told


def _inside(members: Iterable[FileFacts], way: str) -> Iterator[dict[str, Any]]:
    """What is wrong with the files that a file holds, each named by the way to it."""
    for member in members:
        name = f"{way}{member.name}"[-_LONGEST_WAY:]
        if remarks := _remarks(member):
            yield {"name": name, **remarks}
        yield from _inside(member.members, f"{name}/")


def document_fields(inspection: Inspection) -> bytes:
    """`X-Mailhub-Document` fields, one a document, for the filters of our own readers' clients; then what was judged of
    signatures (`telling_signatures.py`).

    ASCII without diacritics, so that a filter typed in any client finds it:
    `quyet-dinh 15/QD-UBND; ngay=2026-11-22; co-quan="so noi vu"; do-khan=hoa-toc; trang-thai=du-thao`.
    """
    lines = [
        _field(found)
        for file in inspection.files
        if file.facts is not None
        for _, found in documents_of(without_words(file.facts))
    ]
    return "".join(dict.fromkeys(lines[:MOST_TOLD])).encode("ascii") + signature_fields(inspection.signatures)


def _field(found: Recognition) -> str:
    words = [token(type_word(found.doc_type))]
    if number := found.value("number_symbol"):
        words[0] += " " + plain(number).upper().replace(" ", "")[:_LONGEST_NUMBER]
    if (date := found.value("issue_date")) and _DATE.fullmatch(date):
        words.append(f"ngay={date}")
    if issuer := found.value("issuer"):
        words.append(f'co-quan="{plain(issuer)[:120]}"')
    for key, name in (("do-khan", "urgency"), ("do-mat", "secrecy")):
        if value := found.value(name):
            words.append(f"{key}={token(value)}")
    if found.state is State.DRAFT:
        words.append("trang-thai=du-thao")
    return f"{DOCUMENT_HEADER}: " + ";\r\n\t".join(words) + "\r\n"


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
            mode=file.mode if file.mode is Mode.FULL else None,
        )
        for file in inspection.files
        if file.facts is not None
    )
