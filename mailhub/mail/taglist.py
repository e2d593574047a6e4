"""The `tag=value; tag=value` lists of DKIM and DMARC (RFC 6376 § 3.2)."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SPACE = " \t\r\n"


def parse_tags(text: str) -> dict[str, str] | None:
    """The tags in their order, folding and outer white space removed; None when the list is malformed.

    A tag that occurs twice makes the whole list invalid.
    """
    tags: dict[str, str] = {}
    specs = text.split(";")
    if not specs[-1].strip(_SPACE):
        specs.pop()
    for spec in specs:
        name, equals, value = spec.partition("=")
        name = name.strip(_SPACE)
        if not equals or not _NAME.fullmatch(name) or name in tags:
            return None
        tags[name] = value.strip(_SPACE)
    return tags or None


def without_space(value: str) -> str:
    """A value in which white space has no meaning, such as base64."""
    return "".join(value.split())
