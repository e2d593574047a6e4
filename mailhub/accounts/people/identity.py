"""The personal identifier, as a digest: equal people are found by it, and the database cannot tell it.

Twelve digits (CCCD, thẻ căn cước: Luật Căn cước 2023) or nine (CMND, until 31 December 2024). One person may have
entered life with nine and now have twelve; nothing derives one from the other, so that those are found by name and
birth date alone.
"""

from __future__ import annotations

import re
from datetime import date

from mailhub.accounts.errors import InvalidValue
from mailhub.store.sealing import Sealer

_PURPOSE = "person-identifier"
_BETWEEN = re.compile(r"[\s.\-'\u00a0\u200b]+")
_CCCD = re.compile(r"0(?:0[1-9]|[1-8][0-9]|9[0-6])[0-9]{9}")  # begins with the code of a province, 001 to 096
_CMND = re.compile(r"[0-9]{9}")


def read_identifier(text: str) -> str:
    """The digits of a CCCD or CMND.

    Raises:
        InvalidValue: it is neither. The message never holds the number.
    """
    digits = _BETWEEN.sub("", text)
    if _CCCD.fullmatch(digits) is None and _CMND.fullmatch(digits) is None:
        raise InvalidValue(
            "a personal identifier has 12 digits (CCCD, beginning with 001 to 096) or 9 (CMND); "
            f"this one has {sum(map(str.isdigit, digits))}"
        )
    return digits


def identifier_digest(sealer: Sealer, text: str) -> bytes:
    """What is stored of an identifier, and compared.

    Raises:
        InvalidValue: as `read_identifier`.
    """
    return sealer.digest(_PURPOSE, read_identifier(text))


def agrees(text: str, birth_date: date) -> bool:
    """Whether a CCCD names this year of birth (digits 4 to 6: century with sex, year); a CMND says nothing: True.

    Raises:
        InvalidValue: as `read_identifier`.
    """
    digits = read_identifier(text)
    if len(digits) == 9:
        return True
    century = 1900 + 100 * (int(digits[3]) // 2)
    return century + int(digits[4:6]) == birth_date.year
