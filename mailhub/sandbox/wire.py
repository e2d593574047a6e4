"""What passes through the sandbox's wall.

A request is `PREFIX` (with the descriptor of the bytes beside it, and of the trust data where signatures are read;
SCM_RIGHTS), then a JSON object of so many octets.
The zygote reads the prefix alone; only the child that will end with its message reads the object. The answer is
lines of JSON: `{"begin": true}` from the zygote, `{"file": N, "facts": {…}}` for each file as it is read (or
`{"cells": {…}}` for some rows of a table, when the cells were asked for; `{"answer": "…"}` and `{"octets": "…"}` of a
piece of work),
`{"fault": "…"}` when the reader raised, `{"end": "…"}` from the zygote when the child has ended.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from mailhub.documents.grammar.recognition import ANNEX, FIELDS, NOT_A_DOCUMENT, OTHER_PAPER, Recognition
from mailhub.documents.grammar.types import HEADINGS
from mailhub.files.facts import CellRows, FileFacts, Limits, Unreadable
from mailhub.files.signed.encoding import check_signed
from mailhub.sandbox.codec import decode, encode
from mailhub.sandbox.errors import BadAnswer

# Magic, seconds that the child may take, octets of the JSON object.
PREFIX = struct.Struct("!4sdI")
MAGIC = b"MHI1"
REQUEST_BYTES = 4 * 2**20
LINE_BYTES = 8 * 2**20
ANSWER_BYTES = 32 * 2**20
HIGHEST_ROW = 2**20  # of Excel
_OCTETS_A_LINE = 2**20
T = TypeVar("T")
CANCELLED = b"\x18"  # never within JSON; a line that ends in it is nothing


class End(StrEnum):
    """How a child ended."""

    DONE = "done"
    TIME = "time"
    MEMORY = "memory"
    CRASHED = "crashed"


AS_FACT = {End.TIME: Unreadable.TIME, End.MEMORY: Unreadable.MEMORY, End.CRASHED: Unreadable.CRASHED}


class Kind(StrEnum):
    """What is asked of a child."""

    READ = "read"
    CELLS = "cells"  # of one table
    PROBE = "probe"  # try to break out: `mailhub doctor`
    WORK = "work"  # one of `works.py`


@dataclass(frozen=True, slots=True)
class Slice:
    """One file as it lies in the descriptor. `signs_offset`, `signs_length`: where the octets lie that it signs, when
    it is a signature apart from them (RFC 8551 § 3.5.3); -1 when it is none."""

    offset: int
    length: int
    name: str = ""
    declared: str = ""
    subject: str = ""
    signs_offset: int = -1
    signs_length: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One message's files. `paths` and `ports` are for `PROBE` only: what must not be reached. `work` and `argument`
    are for `WORK`: its name, and JSON of what it is told."""

    kind: Kind = Kind.READ
    files: tuple[Slice, ...] = ()
    limits: Limits = field(default_factory=Limits)
    paths: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    work: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that a probe tried to do, and whether it was stopped."""

    what: str
    blocked: bool
    detail: str = ""


def pack_request(request: Request, seconds: float) -> bytes:
    """Prefix and object in one.

    Raises:
        ValueError: names and subjects are too long to be sent.
    """
    body = _dump(encode(request))
    if len(body) > REQUEST_BYTES:
        raise ValueError("the request is too long")
    return PREFIX.pack(MAGIC, seconds, len(body)) + body


def warm_up() -> None:
    """Learn the classes by heart, so that no child has to."""
    read_request(pack_request(Request(files=(Slice(0, 0),)), 0.0)[PREFIX.size :])
    facts_line(0, FileFacts(name="", type="", size=0, recognition=Recognition()))


def read_request(body: bytes) -> Request:
    """The request in `body`.

    Raises:
        BadAnswer: it is none.
    """
    return decode(Request, _load(body))


def facts_line(number: int, facts: FileFacts) -> bytes:
    """The line for file `number`, without what would make it too long."""
    line = _line({"file": number, "facts": encode(facts)})
    if len(line) > LINE_BYTES:
        members = tuple(replace(member, text="", recognition=None, members=()) for member in facts.members)
        line = _line({"file": number, "facts": encode(replace(facts, text="", members=members))})
    if len(line) > LINE_BYTES:
        facts = replace(facts, text="", members=(), dangers=facts.dangers[:20], unreadable=Unreadable.TOO_MANY)
        line = _line({"file": number, "facts": encode(facts)})
    return line


def cells_line(rows: CellRows) -> bytes:
    """The line for some rows of a table."""
    return _line({"cells": encode(rows)})


def begin_line() -> bytes:
    return _line({"begin": True})


def end_line(end: End) -> bytes:
    """The last line, after the mark that a killed child's unfinished line does not count."""
    return CANCELLED + b"\n" + _line({"end": end})


def fault_line(text: str) -> bytes:
    """The reader raised, which it should never do."""
    return _line({"fault": text[:300]})


def answer_line(answer: object) -> bytes:
    """One answer, a dataclass, of a piece of work.

    Raises:
        ValueError: it is too long.
    """
    line = _line({"answer": pack_value(answer)})
    if len(line) > LINE_BYTES:
        raise ValueError("an answer too long for the wall")
    return line


def octets_lines(octets: bytes) -> Iterator[bytes]:
    """Octets that a piece of work made, in as many lines as they need."""
    for begin in range(0, len(octets), _OCTETS_A_LINE):
        yield _line({"octets": base64.b64encode(octets[begin : begin + _OCTETS_A_LINE]).decode("ascii")})


def octets_of(text: str) -> bytes:
    """The octets of such a line.

    Raises:
        BadAnswer: it is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadAnswer("no octets") from None


def pack_value(value: object) -> str:
    """A dataclass as JSON that is ASCII, so that it may stand in JSON again."""
    return json.dumps(encode(value), ensure_ascii=True, separators=(",", ":"))


def read_value(kind: type[T], text: str | bytes) -> T:
    """The `kind` in what `pack_value` gave.

    Raises:
        BadAnswer: it is none.
    """
    return decode(kind, _load(text))


def tried_line(tried: list[Tried]) -> bytes:
    return _line({"tried": [encode(one) for one in tried]})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer."""

    begin: bool = False
    file: int = -1
    facts: FileFacts | None = None
    cells: CellRows | None = None
    fault: str = ""
    tried: tuple[Tried, ...] = ()
    answer: str = ""
    octets: str = ""
    end: End | None = None


def read_line(line: bytes) -> Line:
    """One line of the answer.

    Raises:
        BadAnswer: it is none.
    """
    answer = decode(Line, _load(line))
    if answer.facts is not None:
        _check(answer.facts)
    if answer.cells is not None and not 1 <= answer.cells.first <= HIGHEST_ROW:
        raise BadAnswer("no row of a table")
    return answer


def _check(facts: FileFacts) -> None:
    """What types alone do not say."""
    if facts.size < 0 or facts.pages < 0:
        raise BadAnswer("less than nothing")
    if not _TYPE.fullmatch(facts.type):
        raise BadAnswer("no type of a file")
    if facts.signed is not None:
        check_signed(facts.signed)
    if facts.recognition is not None:
        _check_recognition(facts.recognition)
    for member in facts.members:
        if member.sha256 and not _SHA256.fullmatch(member.sha256):
            raise BadAnswer("no SHA-256")
        _check(member)


def _check_recognition(recognition: Recognition) -> None:
    founds = (*recognition.fields.values(), *recognition.labels)
    if not recognition.fields.keys() <= set(FIELDS) or any(not 0 <= one.confidence <= 1 for one in founds):
        raise BadAnswer("no Recognition")
    for name, shape in _SHAPES.items():
        seen = recognition.fields.get(name)
        if seen is not None and not shape(seen.value):
            raise BadAnswer(f"no {name}")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_SHA256 = re.compile(r"[0-9a-f]{64}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9_.+-]{0,39}")
# What others build headers, tokens and dates of.
_TYPES = frozenset((*HEADINGS, ANNEX, OTHER_PAPER, NOT_A_DOCUMENT))
_SHAPES: Mapping[str, Callable[[str], bool]] = {"doc_type": _TYPES.__contains__, "issue_date": _is_date}


def _line(value: object) -> bytes:
    return _dump(value) + b"\n"


def _dump(value: object) -> bytes:
    # Names of files may hold halves of surrogate pairs, which UTF-8 has no octets for.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _load(text: str | bytes) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"not JSON: {type(error).__name__}") from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)
