"""Macros in SPF records: their syntax and their expansion (RFC 7208 § 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

LONGEST_DOMAIN = 253

_TOKEN = re.compile(
    r"%\{(?P<letter>[A-Za-z])(?P<digits>[0-9]*)(?P<reverse>[rR]?)(?P<delimiters>[.\-+,/_=]*)\}"
    r"|%(?P<escape>[%_-])|(?P<literal>[!-$&-~]+)"
)
_TOP_LABEL = re.compile(r"(?![0-9]+\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}


class MacroError(Exception):
    """The text breaks the grammar of RFC 7208 § 7.1. The evaluator makes a permerror of it."""


class _Macro(NamedTuple):
    letter: str  # as written: upper case asks for URL escapes
    keep: int  # how many parts from the right, 0 = all
    reverse: bool
    delimiters: str


Template = tuple[str | _Macro, ...]


def parse_domain(text: str) -> Template:
    """A domain-spec. Raises `MacroError`, also for the letters that only an explanation may use."""
    template = parse(text, letters="slodipvh")
    _, dot, label = text.removesuffix(".").rpartition(".")
    ends_in_macro = text[-2:] in ("%%", "%_", "%-") or (template and isinstance(template[-1], _Macro))
    if not ends_in_macro and not (dot and _TOP_LABEL.fullmatch(label)):
        raise MacroError("a domain does not end in a name")
    return template


def parse(text: str, *, letters: str = "slodipvhcrt") -> Template:
    """A macro-string. Raises `MacroError`."""
    parts: list[str | _Macro] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise MacroError("malformed macro")
        at = token.end()
        if token["literal"] or token["escape"]:
            parts.append(token["literal"] or _ESCAPES[token["escape"]])
            continue
        digits = token["digits"]
        if token["letter"].lower() not in letters or (digits and not int(digits[:9])):
            raise MacroError("unknown macro letter or no parts to keep")
        reverse = bool(token["reverse"])
        parts.append(_Macro(token["letter"], int(digits[:9] or 0), reverse, token["delimiters"] or "."))
    return tuple(parts)


def uses(template: Template, letter: str) -> bool:
    """Whether a macro of this (lower-case) letter occurs."""
    return any(isinstance(part, _Macro) and part.letter.lower() == letter for part in template)


def expand(template: Template, values: Mapping[str, str]) -> str:
    """The text, each macro replaced by `values[letter]` as it asks (RFC 7208 § 7.3)."""
    return "".join(part if isinstance(part, str) else _value(part, values) for part in template)


def expand_domain(template: Template, values: Mapping[str, str]) -> str:
    """The same as a domain name: without its last dot, labels dropped from the left while it is too long."""
    name = expand(template, values).removesuffix(".")
    if len(name) <= LONGEST_DOMAIN:
        return name
    return name[-LONGEST_DOMAIN - 1 :].partition(".")[2]


def _value(macro: _Macro, values: Mapping[str, str]) -> str:
    parts = re.split(f"[{re.escape(macro.delimiters)}]", values[macro.letter.lower()])
    if macro.reverse:
        parts.reverse()
    text = ".".join(parts[-macro.keep :])  # -0 keeps all
    escape: Callable[[str], str] = (lambda plain: quote(plain, safe="-._~")) if macro.letter.isupper() else str
    return escape(text)
