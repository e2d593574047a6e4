"""What `mailhub classify --json` says of one file (architecture § 11), and which file of an archive speaks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OTHER_PAPER, Found, Recognition
from mailhub.files.facts import FileFacts

# In the order in which the object has them.
IDENTITY = ("number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy")
# Types that are taken as the main document only when there is nothing better.
_WEAK = {NOT_A_DOCUMENT: 0, ANNEX: 1, OTHER_PAPER: 2}
_ORDINARY = 3


@dataclass(frozen=True, slots=True)
class Classified:
    """A file that was asked about. `main` is the file that was recognised: itself, or the best one within it."""

    file: str
    facts: FileFacts
    main: FileFacts
    within: str = ""  # the names that lead to `main`, joined by " / "; "" when it is the file itself


def classified(file: str, facts: FileFacts) -> Classified:
    """Choose the main document: a document before annexes and other papers, then the one of which more is said."""
    everything = list(_flat(facts, ()))
    path, main = max(everything, key=lambda one: _rank(one[1]))
    return Classified(file, facts, main, " / ".join(path))


def _flat(facts: FileFacts, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], FileFacts]]:
    yield path, facts
    for number, member in enumerate(facts.members, 1):
        yield from _flat(member, (*path, member.name or f"phần {number}"))


def _rank(facts: FileFacts) -> tuple[int, int, float]:
    recognition = facts.recognition
    if recognition is None:
        return -1, 0, 0.0
    given = sum(found.given for found in recognition.fields.values())
    return _WEAK.get(recognition.doc_type, _ORDINARY), given, _confidence(recognition)


def as_object(one: Classified) -> dict[str, object]:
    """The line of `--json`: the contract's keys first, in its order, then what else is known."""
    return {
        "file": one.file,
        **_identity(one.main),
        **_more(one.main),
        "type": one.facts.type,
        "size": one.facts.size,
        "sha256": one.facts.sha256,
        "main": one.within or None,
        "dangers": [{"kind": danger.kind.value, "detail": danger.detail} for danger in one.facts.dangers],
        "unreadable": one.facts.unreadable.value if one.facts.unreadable else None,
        "members": [_member(member) for member in one.facts.members],
    }


def _identity(facts: FileFacts) -> dict[str, object]:
    recognition = facts.recognition or Recognition()
    return {
        "doc_type": recognition.doc_type,
        **{name: recognition.value(name) for name in IDENTITY},
        "confidence": round(_confidence(recognition), 3),
        "abstained": list(recognition.abstained) if facts.recognition else ["doc_type"],
        "reasons": list(_reasons(facts)),
    }


def _confidence(recognition: Recognition) -> float:
    found = recognition.fields.get("doc_type")
    return found.confidence if found else 0.0


def _reasons(facts: FileFacts) -> Iterator[str]:
    if facts.unreadable:
        yield f"unreadable: {facts.unreadable.value}"
    if facts.needs_ocr:
        yield "not read: pages that are images"
    for name, found in (facts.recognition or Recognition()).fields.items():
        yield f"{name}: {found.evidence.rule}: {found.evidence.text or found.value}"


def _more(facts: FileFacts) -> dict[str, object]:
    recognition = facts.recognition or Recognition()
    return {
        "family": recognition.family.value,
        "state": recognition.state.value,
        "labels": [found.value for found in recognition.labels if found.given],
        "doubts": [{"kind": doubt.kind, "detail": doubt.detail} for doubt in recognition.doubts],
        "addressees": list(recognition.addressees),
        "recipients": list(recognition.recipients),
        "meeting": _meeting(recognition),
        "fields": {name: _field(found) for name, found in recognition.fields.items()},
        "source": facts.source.value,
        "pages": facts.pages,
        "needs_ocr": facts.needs_ocr,
    }


def _meeting(recognition: Recognition) -> dict[str, str | None] | None:
    said = {key: recognition.value(f"meeting_{key}") for key in ("time", "starts", "place", "chair")}
    return said if any(said.values()) else None


def _field(found: Found) -> dict[str, object]:
    seen = found.evidence
    return {
        "value": found.value,
        "confidence": round(found.confidence, 3),
        "given": found.given,
        "rule": seen.rule,
        "seen": seen.text,
        "page": seen.page,
        "line": seen.line,
    }


def _member(facts: FileFacts) -> dict[str, object]:
    return {
        "file": facts.name,
        "type": facts.type,
        "size": facts.size,
        **_identity(facts),
        "dangers": [{"kind": danger.kind.value, "detail": danger.detail} for danger in facts.dangers],
        "unreadable": facts.unreadable.value if facts.unreadable else None,
        "members": [_member(member) for member in facts.members],
    }
