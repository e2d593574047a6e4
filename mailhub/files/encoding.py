"""`FileFacts` as JSON and back: what crosses the sandbox's wall, and what the registry keeps.

The reader of an answer trusts nobody: whoever broke out of a parser writes whatever it likes. So that `from_json`
takes exactly the shape that `to_json` gives, names and enumerations checked, every string and list capped, and raises
`Malformed` for anything else. Pure.
"""

from __future__ import annotations

import json
import math
import re
from enum import StrEnum
from typing import Any, TypeVar

from mailhub.documents.grammar.recognition import FIELDS, Doubt, Evidence, Family, Found, Recognition, State
from mailhub.errors import MailhubError
from mailhub.files.facts import Danger, DangerKind, FileFacts, Unreadable
from mailhub.files.signed.encoding import check_signed
from mailhub.files.signed.facts import Signed
from mailhub.files.values import BadAnswer, decode, encode
from mailhub.text.lines import Source

# Characters of JSON that are looked at; counts and characters within it.
MAX_JSON = 64 * 2**20
MAX_NAME = 1_000
MAX_VALUE = 4_000
MAX_EVIDENCE = 1_000
MAX_WORD = 80
MAX_TEXT = 1_000_000
MAX_LIST = 1_000
MAX_MEMBERS = 2_000  # of one file, those within its members counted
MAX_DEPTH = 12
MAX_COUNT = 2**53

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_.+-]{0,39}")
# JSON's own escapes can spell half a surrogate pair, which no database takes.
_SURROGATE = re.compile("[\ud800-\udfff]")

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


class Malformed(MailhubError):
    """The JSON is not what `to_json` writes."""


def to_json(facts: FileFacts) -> str:
    """`facts` as one line of JSON; what is empty is left out. Strings and lists longer than the caps are cut."""
    return json.dumps(_file_out(facts), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> FileFacts:
    """The facts that `text` holds.

    Raises:
        Malformed: it is no JSON, or not of the shape, sizes and words that `to_json` gives.
    """
    if len(text) > MAX_JSON:
        raise Malformed("too long")
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {type(error).__name__}") from None
    return _file_in(value, _Budget(), 0)


def recognition_to_json(recognition: Recognition) -> str:
    """A recognition alone, as one line of JSON."""
    return json.dumps(_recognition_out(recognition), ensure_ascii=False, separators=(",", ":"))


def recognition_from_json(text: str) -> Recognition:
    """The recognition that `text` holds.

    Raises:
        Malformed: as `from_json`.
    """
    if len(text) > MAX_JSON:
        raise Malformed("too long")
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {type(error).__name__}") from None
    return _recognition_in(value)


class _Budget:
    """Members may nest, their number as a whole is limited."""

    def __init__(self) -> None:
        self.members = MAX_MEMBERS


# Out: empty things are left out, so that the rows stay small.


def _file_out(facts: FileFacts, depth: int = 0) -> dict[str, Any]:
    members = facts.members[:MAX_MEMBERS] if depth < MAX_DEPTH else ()
    row: dict[str, Any] = {
        "name": _cut(facts.name, MAX_NAME),
        "type": facts.type,
        "size": facts.size,
        "sha256": facts.sha256,
        "pages": facts.pages,
        "source": "" if facts.source is Source.NONE else facts.source.value,
        "needs_ocr": facts.needs_ocr,
        "unreadable": facts.unreadable.value if facts.unreadable is not None else "",
        "dangers": [[d.kind.value, _cut(d.detail, MAX_EVIDENCE)] for d in facts.dangers[:MAX_LIST]],
        "recognition": None if facts.recognition is None else _recognition_out(facts.recognition),
        "members": [_file_out(member, depth + 1) for member in members],
        "signed": None if facts.signed is None else encode(facts.signed),
        "text": _cut(facts.text, MAX_TEXT),
    }
    return {key: value for key, value in row.items() if value or (key in _KEPT_EMPTY and value is not None)}


def _recognition_out(recognition: Recognition) -> dict[str, Any]:
    row = {
        "fields": {name: _found_out(found) for name, found in recognition.fields.items()},
        "family": recognition.family.value,
        "state": recognition.state.value,
        "addressees": [_cut(text, MAX_VALUE) for text in recognition.addressees[:MAX_LIST]],
        "recipients": [_cut(text, MAX_VALUE) for text in recognition.recipients[:MAX_LIST]],
        "labels": [_found_out(found) for found in recognition.labels[:MAX_LIST]],
        "doubts": [[_cut(d.kind, MAX_WORD), _cut(d.detail, MAX_EVIDENCE)] for d in recognition.doubts[:MAX_LIST]],
        "state_evidence": None if recognition.state_evidence is None else _evidence_out(recognition.state_evidence),
    }
    return {key: value for key, value in row.items() if value}


def _found_out(found: Found) -> list[Any]:
    confidence = round(min(1.0, max(0.0, found.confidence)), 4)
    return [_cut(found.value, MAX_VALUE), confidence, *_evidence_out(found.evidence)]


def _evidence_out(seen: Evidence) -> list[Any]:
    return [_cut(seen.rule, MAX_WORD), _cut(seen.text, MAX_EVIDENCE), seen.page, seen.line]


def _cut(text: str, limit: int) -> str:
    return _SURROGATE.sub("\ufffd", text[:limit])


# In: each function takes any JSON value, and gives the thing or raises.


def _file_in(value: object, budget: _Budget, depth: int) -> FileFacts:
    row = _object(value, _FILE_KEYS)
    if depth > MAX_DEPTH:
        raise Malformed("members nest too deep")
    members = _list(row.get("members", []), MAX_MEMBERS)
    budget.members -= len(members)
    if budget.members < 0:
        raise Malformed("too many members")
    unreadable, recognition = row.get("unreadable"), row.get("recognition")
    return FileFacts(
        name=_string(row.get("name", ""), MAX_NAME),
        type=_matching(row.get("type"), _WORD),
        size=_count(row.get("size", 0)),
        sha256=_matching(row["sha256"], _SHA256) if "sha256" in row else "",
        pages=_count(row.get("pages", 0)),
        source=_enum(Source, row.get("source", Source.NONE.value)),
        needs_ocr=_flag(row.get("needs_ocr", False)),
        unreadable=None if unreadable is None else _enum(Unreadable, unreadable),
        dangers=tuple(_danger_in(item) for item in _list(row.get("dangers", []))),
        recognition=None if recognition is None else _recognition_in(recognition),
        members=tuple(_file_in(member, budget, depth + 1) for member in members),
        signed=_signed_in(row["signed"]) if "signed" in row else None,
        text=_string(row.get("text", ""), MAX_TEXT),
    )


_KEPT_EMPTY = frozenset(("type", "recognition", "signed"))
_FILE_KEYS = frozenset(
    ("name", "type", "size", "sha256", "pages", "source", "needs_ocr", "unreadable", "dangers", "recognition",
     "members", "signed", "text")
)  # fmt: skip
_RECOGNITION_KEYS = frozenset(
    ("fields", "family", "state", "addressees", "recipients", "labels", "doubts", "state_evidence")
)


def _recognition_in(value: object) -> Recognition:
    row = _object(value, _RECOGNITION_KEYS)
    return Recognition(
        fields={name: _found_in(found) for name, found in _object(row.get("fields", {}), frozenset(FIELDS)).items()},
        family=_enum(Family, row.get("family")),
        state=_enum(State, row.get("state")),
        addressees=_strings(row.get("addressees", [])),
        recipients=_strings(row.get("recipients", [])),
        labels=tuple(_found_in(item) for item in _list(row.get("labels", []))),
        doubts=tuple(_doubt_in(item) for item in _list(row.get("doubts", []))),
        state_evidence=_evidence_in(*_row(row["state_evidence"], 4)) if "state_evidence" in row else None,
    )


def _signed_in(value: object) -> Signed:
    try:
        signed = decode(Signed, value)
        check_signed(signed)
    except BadAnswer as error:
        raise Malformed(str(error)) from None
    return signed


def _found_in(value: object) -> Found:
    words, confidence, rule, text, page, line = _row(value, 6)
    if not isinstance(confidence, (int, float)) or isinstance(confidence, bool):
        raise Malformed("a confidence is a number")
    if not math.isfinite(confidence) or not 0 <= confidence <= 1:
        raise Malformed("a confidence lies between 0 and 1")
    return Found(_string(words, MAX_VALUE), float(confidence), _evidence_in(rule, text, page, line))


def _evidence_in(rule: object, text: object, page: object, line: object) -> Evidence:
    return Evidence(_string(rule, MAX_WORD), _string(text, MAX_EVIDENCE), _count(page), _count(line, least=-1))


def _danger_in(value: object) -> Danger:
    kind, detail = _row(value, 2)
    return Danger(_enum(DangerKind, kind), _string(detail, MAX_EVIDENCE))


def _doubt_in(value: object) -> Doubt:
    kind, detail = _row(value, 2)
    return Doubt(_string(kind, MAX_WORD), _string(detail, MAX_EVIDENCE))


def _object(value: object, keys: frozenset[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= keys:
        raise Malformed("not the object that was expected")
    return value


def _list(value: object, limit: int = MAX_LIST) -> list[Any]:
    if not isinstance(value, list) or len(value) > limit:
        raise Malformed("not a list, or too long")
    return value


def _row(value: object, width: int) -> list[Any]:
    items = _list(value, width)
    if len(items) != width:
        raise Malformed("a row of the wrong width")
    return items


def _strings(value: object) -> tuple[str, ...]:
    return tuple(_string(item, MAX_VALUE) for item in _list(value))


def _string(value: object, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or _SURROGATE.search(value):
        raise Malformed("not a string, or too long")
    return value


def _matching(value: object, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Malformed("a word of the wrong shape")
    return value


def _count(value: object, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_COUNT:
        raise Malformed("not a count")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Malformed("not a flag")
    return value


def _enum(kind: type[_E], value: object) -> _E:
    if not isinstance(value, str):
        raise Malformed(f"not one of {kind.__name__}")
    try:
        return kind(value)
    except ValueError:
        raise Malformed(f"not one of {kind.__name__}") from None


def _no_constant(name: str) -> object:
    raise Malformed(f"{name} is no number of JSON")
