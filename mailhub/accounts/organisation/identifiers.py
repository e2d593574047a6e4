"""How agencies are identified between systems: the form in force and the one before it.

QĐ 20/2020/QĐ-TTg: `H40.01.02`, level 1 first: a letter A to Y and two characters, then groups, at most 35 characters.
QCVN 102:2016/BTTTT: `000.01.02.H40`, level 1 last, with zeros for the levels that are not reached; shorter forms exist
(`01.02.G22`). Both live side by side (reference/exchange § 4). One is never computed from the other: the groups of
the new code were given out anew, and "convert old→new only through a table". Mergers closed codes (QĐ 09/2025/QĐ-TTg),
which stay with the closed agency.
"""

from __future__ import annotations

import re

from mailhub.accounts.errors import InvalidValue

_LONGEST = 35
_NEW = re.compile(r"[A-Y][0-9A-Z]{2}(?:\.[0-9A-Z]+)*")
_OTHER = re.compile(r"Z[0-9A-Z]*(?:\.[0-9A-Z]+)*")  # a group that begins with Z: bodies outside the list
_FORMER = re.compile(r"(?:[0-9]{3}\.)?[0-9]{2}\.[0-9]{2}\.[A-Z][0-9A-Z]{2}")
_LEVEL_ONE_LAST = re.compile(r"(?:[0-9]{2,3}\.)+[A-Y][0-9A-Z]{2}")


def read_identifier(text: str) -> str | None:
    """An identifier by QĐ 20/2020/QĐ-TTg as we store it; None for ''.

    Raises:
        InvalidValue: it is none; the message says so when it is one of the former form.
    """
    code = _tidy(text)
    if not code:
        return None
    if _LEVEL_ONE_LAST.fullmatch(code) is not None:
        raise InvalidValue(f"{code} has the form of QCVN 102:2016, level 1 last: enter it as the former identifier")
    if len(code) > _LONGEST or not (_NEW.fullmatch(code) or _OTHER.fullmatch(code)):
        raise InvalidValue(f"an identifier looks like H40.01.02 (QĐ 20/2020/QĐ-TTg), not {text[:40]!r}")
    return code


def read_former_identifier(text: str) -> str | None:
    """An identifier by QCVN 102:2016 as we store it; None for ''.

    Raises:
        InvalidValue: it is none; the message says so when it is one of the form in force.
    """
    code = _tidy(text)
    if not code:
        return None
    if _FORMER.fullmatch(code) is None:
        if _NEW.fullmatch(code) is not None:
            raise InvalidValue(f"{code} has the form of QĐ 20/2020/QĐ-TTg: enter it as the identifier")
        raise InvalidValue(f"a former identifier looks like 000.01.02.H40 (QCVN 102:2016), not {text[:40]!r}")
    return code


def level_one(code: str) -> str:
    """The code of the body at the top (`H40`), of either form."""
    groups = code.split(".")
    return groups[0] if _NEW.fullmatch(code) else groups[-1]


def _tidy(text: str) -> str:
    return "".join(text.split()).upper().strip(".")
