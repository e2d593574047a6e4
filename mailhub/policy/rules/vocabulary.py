"""The facts that a rule may ask for, and the values they can have: taken from `policy/facts.py`, so that a fact added
there is known here. What a closed list holds is checked when rules are read; a slip of the pen is no rule that never
fits."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any, get_origin, get_type_hints

from mailhub.documents.grammar.labels import LABELS
from mailhub.documents.grammar.marks_table import CIRCULATION, SECRECY, URGENCY
from mailhub.documents.type_names import NAMES
from mailhub.policy.facts import (
    SIGNATURES,
    AttachmentFacts,
    DocumentFacts,
    MessageFacts,
    RecipientFacts,
    Relation,
    SenderFacts,
)


class FactType(StrEnum):
    """What kind of value a fact has; it decides which tests make sense."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"  # true or false
    SET = "set"  # several words; `is` means "has any of"


class Scope(StrEnum):
    """What a fact is about."""

    MESSAGE = "message"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DOCUMENT = "document"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `field` is its name in the dataclass of its scope; `values` are all it can be, empty when it is open.
    `unknown`: it can also be "" (for a set: have nothing in it)."""

    name: str
    scope: Scope
    field: str
    type: FactType
    values: tuple[str, ...] = ()
    unknown: bool = False


OPERATORS = MappingProxyType(
    {
        FactType.TEXT: ("is", "not", "like"),
        FactType.NUMBER: ("is", "not", "at_least", "at_most"),
        FactType.FLAG: ("is",),
        FactType.SET: ("is", "not", "like"),
    }
)

_CLASSES: dict[Scope, type[Any]] = {
    Scope.MESSAGE: MessageFacts,
    Scope.SENDER: SenderFacts,
    Scope.RECIPIENT: RecipientFacts,
    Scope.DOCUMENT: DocumentFacts,
    Scope.ATTACHMENT: AttachmentFacts,
}
_RENAMED = {"mail_class": "class"}  # a word of Python's, not of the rules'

_KINDS = ("personal", "role", "service", "system")
_RELATIONS = tuple(Relation)
# `files/` lies above this package: tests/policy/test_vocabulary.py holds these equal to `files.facts`.
DANGERS = (
    "encrypted", "macro", "executable", "script", "launch", "embedded file", "double extension", "misnamed",
    "polyglot", "bomb", "path traversal", "malware",
)  # fmt: skip
UNREADABLE = (
    "encrypted", "damaged", "too deep", "too large", "too many parts", "out of time", "out of memory",
    "reader crashed", "unsupported type", "empty", "not kept: secret",
)  # fmt: skip
FILE_TYPES = (
    "pdf", "docx", "docm", "doc", "odt", "xlsx", "xlsm", "xls", "ods", "pptx", "ppt", "odp", "rtf", "txt", "html",
    "eml", "msg", "zip", "7z", "rar", "tar", "gz", "xz", "bz2", "zst", "cab", "iso", "png", "jpeg", "tiff", "gif",
    "bmp", "webp", "heic", "exe", "jar", "script", "tnef", "p7m", "p7s", "ole", "xml", "empty", "unknown",
)  # fmt: skip
# Closed lists that the dataclasses only name as text.
_CLOSED: dict[str, tuple[str, ...]] = {
    "message.secrecy": SECRECY,
    "message.secrecy_in": ("subject", "body", "file", "scan"),
    "message.malware": ("clean", "found", "not-scanned"),
    "message.signature": ("unknown", "none", "valid", "other-sender", "unverified", "untrusted", "invalid"),
    "sender.kind": _KINDS,
    "sender.rank": ("leader", "head", "staff"),
    "sender.relation": _RELATIONS,
    "sender.imitates": ("leader", "hub", "agency"),
    "recipient.kind": (*_KINDS, "group"),
    "recipient.relation": _RELATIONS,
    "document.type": tuple(NAMES),
    "document.labels": tuple(LABELS),
    "document.urgency": URGENCY,
    "document.secrecy": SECRECY,
    "document.circulation": CIRCULATION,
    "document.state": ("issued", "draft", "unknown"),
    "document.signature": SIGNATURES,
    "document.by": ("text", "ocr"),
    "attachment.type": FILE_TYPES,
    "attachment.dangers": DANGERS,
    "attachment.unreadable": UNREADABLE,
}


def _facts() -> Iterable[Fact]:
    for scope, facts in _CLASSES.items():
        types = get_type_hints(facts)
        for entry in fields(facts):
            name = f"{scope}.{_RENAMED.get(entry.name, entry.name)}"
            kind = types[entry.name]
            unknown = entry.default in ("", frozenset(), ())
            yield Fact(name, scope, entry.name, _type(kind), _values(name, kind), unknown)


def _type(kind: Any) -> FactType:
    if kind is bool:
        return FactType.FLAG
    if kind is int:
        return FactType.NUMBER
    return FactType.SET if get_origin(kind) in (frozenset, tuple) else FactType.TEXT


def _values(name: str, kind: Any) -> tuple[str, ...]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(member.value) for member in kind)
    return tuple(str(value) for value in _CLOSED.get(name, ()))


FACTS = MappingProxyType({fact.name: fact for fact in _facts()})
SCOPES = tuple(Scope)


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean stage?` for `stagee`; when nothing is near, all that is known here (source: difflib)."""
    names = [str(word) for word in known]
    near = difflib.get_close_matches(name.lower(), [word.lower() for word in names], n=1, cutoff=0.55)
    if near:
        found = next(word for word in names if word.lower() == near[0])
        return f"did you mean {found}?"
    return f"known here: {', '.join(names)}" if 0 < len(names) <= 40 else ""
