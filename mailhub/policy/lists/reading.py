"""Reading the lists: which domains are private mail, state bodies, file sharing, which file types may travel.

A list is a TOML file with its kind, title, source and date. Those beside this file ship; those in `DIR/lists` add to
them (`[[entry]]`) or take from them (`remove`). Texts come in, values go out: whoever calls reads the files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mailhub.errors import MailhubError

DOMAIN_KINDS = ("private-mail", "file-sharing", "government", "blocked", "real")
HUB_NAMES = "hub-names"
FILE_TYPES = "file-types"
KINDS = (*DOMAIN_KINDS, HUB_NAMES, FILE_TYPES)
DIRECTIONS = ("own", "outside")
_HEAD = frozenset({"kind", "title", "source", "date", "remove"})
_ENTRY = frozenset({"name", "domains", "words", "note", "source", "date"})


class ListError(MailhubError):
    """A list that cannot be read: its file, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list's entries come from, and of which day they are."""

    kind: str
    file: str
    title: str
    source: str
    date: date
    entries: int


@dataclass(frozen=True, slots=True)
class FileTypes:
    """What may travel one way: real types, and endings of files whose type has no name."""

    types: frozenset[str] = frozenset()
    unknown_endings: frozenset[str] = frozenset()


@dataclass(slots=True)
class Gathered:
    """What all files say together. `domains` maps kind → domain → the entry's name."""

    domains: dict[str, dict[str, str]] = field(default_factory=lambda: {kind: {} for kind in DOMAIN_KINDS})
    words: set[str] = field(default_factory=set)
    types: dict[str, FileTypes] = field(default_factory=lambda: {way: FileTypes() for way in DIRECTIONS})
    forbidden: set[str] = field(default_factory=set)
    sources: list[Source] = field(default_factory=list)


def gather(texts: Iterable[tuple[str, str]]) -> Gathered:
    """Read lists, each `(file name, text)`, later ones over earlier ones.

    Raises:
        ListError: a text is no TOML, or holds what a list does not have.
    """
    gathered = Gathered()
    for file, text in texts:
        try:
            _take(gathered, file, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ListError(f"{file}: {error}") from error
        except (RecursionError, ValueError) as error:  # brackets within brackets, a number of thousands of digits
            raise ListError(f"{file}: values lie too deep in one another, or a number is too long") from error
    return gathered


def _take(gathered: Gathered, file: str, data: Mapping[str, Any]) -> None:
    kind = data.get("kind")
    if kind not in KINDS:
        raise ListError(f"{file}: kind = {kind!r} is none of {', '.join(KINDS)}")
    allowed = _HEAD | ({"forbidden", *DIRECTIONS} if kind == FILE_TYPES else {"entry"})
    if unknown := set(data) - allowed:
        raise ListError(f"{file}: unknown key {min(unknown)!r}; a list of this kind has {', '.join(sorted(allowed))}")
    entries = _table_array(file, data.get("entry", []))
    if kind == FILE_TYPES:
        _take_types(gathered, file, data)
    for entry in entries:
        _take_entry(gathered, file, str(kind), entry)
    for name in _words(file, "remove", data.get("remove", [])):
        gathered.domains.get(str(kind), {}).pop(_domain(file, name) if kind in DOMAIN_KINDS else name, None)
        if kind == HUB_NAMES:
            gathered.words.discard(name)
    gathered.sources.append(_source(file, str(kind), data, len(entries)))


def _source(file: str, kind: str, data: Mapping[str, Any], entries: int) -> Source:
    when = data.get("date")
    if not isinstance(when, date) or not data.get("source"):
        raise ListError(f"{file}: a list names its source and its date (date = 2026-11-22, without quotes)")
    return Source(kind, file, str(data.get("title", "")), str(data["source"]), when, entries)


def _take_entry(gathered: Gathered, file: str, kind: str, entry: Mapping[str, Any]) -> None:
    if unknown := set(entry) - _ENTRY:
        raise ListError(f"{file}: unknown key {min(unknown)!r} in [[entry]]; it has {', '.join(sorted(_ENTRY))}")
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise ListError(f"{file}: an [[entry]] without a name")
    if kind == HUB_NAMES:
        gathered.words.update(_words(file, "words", entry.get("words", [])))
        return
    for domain in _words(file, "domains", entry.get("domains", [])):
        gathered.domains[kind][_domain(file, domain)] = name


def _take_types(gathered: Gathered, file: str, data: Mapping[str, Any]) -> None:
    gathered.forbidden.update(_words(file, "forbidden", data.get("forbidden", [])))
    removed = set(_words(file, "remove", data.get("remove", [])))
    for way in DIRECTIONS:
        table = data.get(way, {})
        if not isinstance(table, dict) or set(table) - {"types", "unknown_endings"}:
            raise ListError(f"{file}: [{way}] has types and unknown_endings, nothing else")
        old = gathered.types[way]
        types = _words(file, "types", table.get("types", []))
        endings = (ending.lower() for ending in _words(file, "unknown_endings", table.get("unknown_endings", [])))
        gathered.types[way] = FileTypes(old.types.union(types) - removed, old.unknown_endings.union(endings) - removed)


def _table_array(file: str, value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ListError(f"{file}: write each entry as [[entry]]")
    return value


def _words(file: str, key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise ListError(f'{file}: {key} is a list of words in quotes, such as {key} = ["…"]')
    return [word.strip() for word in value]


def _domain(file: str, text: str) -> str:
    """Lower case, as A-labels (RFC 5890 § 2.3.2.1); `*.` before it is no more than what is meant anyway."""
    domain = text.casefold().removeprefix("*.").rstrip(".")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ListError(f"{file}: {text!r} is no domain") from error
    if "@" in domain or "/" in domain or " " in domain or "." not in domain:
        raise ListError(f"{file}: {text!r} is no domain")
    return domain
