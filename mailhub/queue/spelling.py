"""Addresses and codes as people type them, and as the queue keeps them.

Only its own server knows whether case matters in a local part (RFC 5321 § 2.4): outside addresses are kept as they
were written. Who asks for one types it as it comes.
"""

from __future__ import annotations

import string
from itertools import pairwise, product

from sqlalchemy import ColumnElement, Connection, and_, func, or_

from mailhub.ids import CODE_ALPHABET

_MOST_BEGINNINGS = 16
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def as_kept(address: str) -> list[str]:
    """What `address` may be kept as, for an exact comparison: local part as typed, or folded as own mailboxes are."""
    local, at, domain = address.strip().rpartition("@")
    return sorted({local + at + domain.lower(), (local + at + domain).casefold()})


def folded(address: str) -> list[str]:
    """What lower() makes of `address` in the database: SQLite's knows ASCII letters only, PostgreSQL's all."""
    return sorted({address.translate(_ASCII_LOWER), address.lower(), address.casefold()})


def differs_in_case(connection: Connection, column: ColumnElement[str], address: str) -> ColumnElement[bool]:
    """The condition that `column` is `address` but for letter case.

    On SQLite by its index: whatever it is written like, it begins with one of a few beginnings. PostgreSQL's order of
    letters is the database's own (so that no range will do), and it reads through the table faster.
    """
    fits = func.lower(column).in_(folded(address))
    ranges = [] if connection.dialect.name != "sqlite" else _beginnings(address)
    return and_(fits, or_(*(and_(column >= first, column < behind) for first, behind in ranges))) if ranges else fits


def codes_near(code: str) -> list[str]:
    """Every code that is `code` but for one sign, or for two neighbours that changed places."""
    signs = [place for place, sign in enumerate(code) if sign != "-"]
    found = {code[:place] + other + code[place + 1 :] for place in signs for other in CODE_ALPHABET}
    for one, two in pairwise(signs):
        changed = list(code)
        changed[one], changed[two] = changed[two], changed[one]
        found.add("".join(changed))
    return sorted(found - {code})


def _beginnings(text: str) -> list[tuple[str, str]]:
    """Ranges that hold every spelling of `text`: as many of its first letters, large and small, as a few allow."""
    letters: list[tuple[str, ...]] = []
    number = 1
    for letter in text:
        both = tuple(sorted({letter.lower(), letter.upper()}))
        if not letter.isascii() or number * len(both) > _MOST_BEGINNINGS:
            break
        number *= len(both)
        letters.append(both)
    found = ("".join(one) for one in product(*letters)) if letters else ()
    return [(one, one[:-1] + chr(ord(one[-1]) + 1)) for one in found]
