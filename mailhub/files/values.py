"""Plain dataclasses to JSON values and back. What comes back was made by a process that a stranger's file may have
taken over: types and enum members are checked, lengths are cut, unknown keys are refused.

Knows `str`, `int`, `float`, `bool`, enums of strings, `X | None`, `tuple[X, ...]`, `dict[str, X]` and dataclasses
of these, from their annotations: a field added to a dataclass needs no word here.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from mailhub.errors import MailhubError

T = TypeVar("T")


class BadAnswer(MailhubError):
    """What came out of the sandbox, or lies in a row, is not an answer; nothing of it is believed."""


# A value and how many dataclasses it lies in.
Decoder = Callable[[object, int], Any]

TEXT_CHARACTERS = 500
LIST_ITEMS = 1_000
DICT_ITEMS = 64
DEPTH = 16  # dataclasses within each other; `Limits.depth` archives and what a recognition holds
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
HIGHEST_INTEGER = 2**53
# Texts that may be longer, by class and field.
LONGER_TEXTS: Mapping[tuple[str, str], int] = {
    ("FileFacts", "name"): 1_000,
    ("FileFacts", "text"): 1_000_000,
    ("Found", "value"): 4_000,
    ("TrustedCertificate", "der"): 100_000,
    # A piece of work in the sandbox (`sandbox/works.py`): JSON within JSON, and octets in base64.
    ("Request", "argument"): 2_000_000,
    ("Line", "answer"): 4_000_000,
    ("Line", "octets"): 1_500_000,
}


def encode(value: Any) -> Any:
    """`value` as JSON knows it. Fields that have their default are left out."""
    if value is None or isinstance(value, (str, int, float)):  # enums of strings are strings
        return value
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    found = {}
    for name, default in _defaults(cast(Hashable, type(value))):
        item = getattr(value, name)
        if default is dataclasses.MISSING or item != default:
            found[name] = encode(item)
    return found


def decode(kind: type[T], value: object) -> T:
    """The `kind` that `value`, read from JSON, stands for.

    Raises:
        BadAnswer: it is none.
    """
    decoded: T = _decoder(cast(Hashable, kind), TEXT_CHARACTERS)(value, 0)
    return decoded


@cache
def _defaults(kind: Hashable) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in dataclasses.fields(kind))  # type: ignore[arg-type]


@cache
def _decoder(kind: Any, characters: int) -> Decoder:
    if get_origin(kind) in (Union, types.UnionType):
        return _optional(kind, characters)
    if get_origin(kind) is tuple:
        return _many(get_args(kind)[0], characters)
    if get_origin(kind) is dict:
        return _mapping(get_args(kind)[1], characters)
    if dataclasses.is_dataclass(kind):
        return _structure(cast("type[Any]", kind))
    if issubclass(kind, StrEnum):
        return _choice(kind)
    if kind is str:
        return lambda value, _: clean_text(value, characters)
    simple: dict[type[Any], Decoder] = {int: _integer, float: _number, bool: _truth}
    return simple[kind]


def clean_text(value: object, characters: int) -> str:
    """A string that any database, log, header and terminal takes: no control character but the line feed and the tab,
    nothing that turns the direction of writing, no half of a surrogate pair, at most so long.

    Raises:
        BadAnswer: it is no string.
    """
    if not isinstance(value, str):
        raise BadAnswer("no text where one must be")
    cut = value[:characters]
    return cut if cut.isprintable() else _UNWANTED.sub("\ufffd", cut)


def _integer(value: object, _: int) -> int:
    if type(value) is not int or abs(value) > HIGHEST_INTEGER:
        raise BadAnswer("no number where one must be")
    return value


def _number(value: object, _: int) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise BadAnswer("no number where one must be")
    return float(value)  # type: ignore[arg-type]


def _truth(value: object, _: int) -> bool:
    if not isinstance(value, bool):
        raise BadAnswer("neither true nor false")
    return value


def _choice(kind: type[StrEnum]) -> Decoder:
    members = {member.value: member for member in kind}

    def read(value: object, _: int) -> StrEnum:
        if not isinstance(value, str) or value not in members:
            raise BadAnswer(f"no {kind.__name__}")
        return members[value]

    return read


def _optional(kind: Any, characters: int) -> Decoder:
    (inner,) = (one for one in get_args(kind) if one is not type(None))
    decoder = _decoder(inner, characters)
    return lambda value, depth: None if value is None else decoder(value, depth)


def _many(inner: Any, characters: int) -> Decoder:
    def read(value: object, depth: int) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise BadAnswer("no list where one must be")
        decoder = _decoder(inner, characters)  # here, since a class may hold itself
        return tuple([decoder(item, depth) for item in value[:LIST_ITEMS]])

    return read


def _mapping(inner: Any, characters: int) -> Decoder:
    def read(value: object, depth: int) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > DICT_ITEMS:
            raise BadAnswer("no table where one must be")
        decoder = _decoder(inner, characters)
        return {clean_text(key, TEXT_CHARACTERS): decoder(item, depth) for key, item in value.items()}

    return read


def _structure(kind: type[Any]) -> Decoder:
    hints = get_type_hints(kind)
    decoders = {
        name: _decoder(hints[name], LONGER_TEXTS.get((kind.__name__, name), TEXT_CHARACTERS))
        for name, _ in _defaults(cast(Hashable, kind))
    }

    def read(value: object, depth: int) -> Any:
        if not isinstance(value, dict) or depth > DEPTH:
            raise BadAnswer(f"no {kind.__name__}")
        try:
            return kind(**{name: decoders[name](item, depth + 1) for name, item in value.items()})
        except (KeyError, TypeError):  # a key that it does not have; one that is missing
            raise BadAnswer(f"no {kind.__name__}") from None

    return read
