"""What `mailhub classify --json` says of one file (architecture § 11), and which file of an archive speaks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailhub.documents.grammar.explanations import rule_id
from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OTHER_PAPER, Found, Recognition
from mailhub.files.facts import FileFacts, Unreadable
from mailhub.files.naming import extension

# In the order in which the object has them.
IDENTITY = ("number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy")
# Types that are taken as the main document only when there is nothing better.
_WEAK = {NOT_A_DOCUMENT: 0, ANNEX: 1, OTHER_PAPER: 2}
_ORDINARY = 3
# Those that OCR reads, as in `files.image.FORMATS`: importing that would load Pillow into this process.
_PICTURES = frozenset(("png", "jpeg", "tiff", "bmp", "gif", "webp"))
# Names that promise a type whose octets cannot be mistaken.
_PROMISES = frozenset(
    ("pdf", "doc", "docx", "docm", "rtf", "odt", "ods", "xls", "xlsx", "xlsm", "ppt", "pptx", "zip", "rar", "7z",
     "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "heic")
)  # fmt: skip


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
    if facts.unreadable is Unreadable.SECRET:
        yield "secret: its words are not let out of the sandbox"
    elif facts.unreadable:
        yield f"unreadable: {facts.unreadable.value}"
    if promised := broken_promise(facts):
        yield f"misnamed: {facts.name} is no {promised.upper()}"
    if facts.needs_ocr:
        yield "not read: pages that are images"
    if facts.recognition is None and not facts.unreadable and not facts.needs_ocr:
        yield _nothing_there(facts)
    for name, found in (facts.recognition or Recognition()).fields.items():
        yield f"{name}: {rule_id(found.evidence.rule)}: {found.evidence.text or found.value}"


def _nothing_there(facts: FileFacts) -> str:
    if facts.members:
        return "no text in any file within"
    if is_no_page(facts):
        return "image: too small to read, or not of a page's shape"
    return "no text: blank pages, or images too small or unclear to read" if facts.pages else "no text"


def is_no_page(facts: FileFacts) -> bool:
    """Whether it is a picture that was not read, since no page can be read in it (`files.image.page_like`)."""
    return facts.type in _PICTURES and not facts.pages and not facts.unreadable


def broken_promise(facts: FileFacts) -> str:
    """The extension of a file whose octets are of no known type, where it promises one; else an empty string.

    Octets of another known type are a danger, DangerKind.MISNAMED; these may be only damaged.
    """
    last = extension(facts.name)
    return last if facts.type == "unknown" and facts.unreadable is Unreadable.UNSUPPORTED and last in _PROMISES else ""


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
        "pages": facts.pages or None,
        "needs_ocr": facts.needs_ocr,
    }


def _meeting(recognition: Recognition) -> dict[str, str | None] | None:
    said = {key: recognition.value(f"meeting_{key}") for key in ("time", "starts", "place", "chair")}
    return said if any(said.values()) else None


def _field(found: Found) -> dict[str, object]:
    """Pages and lines count from 1, as people count them; null where it was not seen in a line."""
    seen = found.evidence
    return {
        "value": found.value,
        "confidence": round(found.confidence, 3),
        "given": found.given,
        "rule": rule_id(seen.rule),
        "seen": seen.text,
        "page": seen.page or None,
        "line": seen.line + 1 if seen.line >= 0 else None,
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
