"""What is known of a person besides the name, on the way in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from mailhub.accounts.addresses import fold, split
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.models import Employment, Rank
from mailhub.mail.path import parse_path
from mailhub.text.plain import plain_line

_PHONE = re.compile(r"\+?[0-9]{3,15}")
_BETWEEN = re.compile(r"[\s.()\-]+")
_OLDEST = 1900


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person to be entered. `rank` None = as the title says; `consent` = agreed to keep the recovery address.

    `identifier_digest` is what `people.identity.identifier_digest` gave: the number itself goes no further.
    """

    title: str = ""
    rank: Rank | None = None
    employment: Employment = Employment.UNKNOWN
    birth_date: date | None = None
    identifier_digest: bytes | None = field(default=None, repr=False)
    phone: str = ""
    recovery_address: str = field(default="", repr=False)
    consent: bool = False


def read_phone(text: str) -> str:
    """The telephone number as we store it: digits, perhaps behind a `+`; '' for none.

    Raises:
        InvalidValue
    """
    number = _BETWEEN.sub("", text)
    if number and _PHONE.fullmatch(number) is None:
        raise InvalidValue(f"not a telephone number: {text[:40]!r}")
    return number


def read_title(text: str) -> str:
    """A post as we store it.

    Raises:
        InvalidValue: more than 200 characters.
    """
    title = plain_line(" ".join(text.split()))
    if len(title) > 200:
        raise InvalidValue("a post has at most 200 characters")
    return title


def read_birth_date(day: date | None, *, today: date) -> date | None:
    """A day of birth that somebody who works may have.

    Raises:
        InvalidValue: before 1900, or less than 15 years ago (the Labour Code's least age, BLLĐ 2019 Điều 143).
    """
    if day is not None and not _OLDEST <= day.year <= today.year - 15:
        raise InvalidValue(f"nobody who works here was born on {day.isoformat()}")
    return day


def read_recovery(text: str, *, consent: bool, own: frozenset[str]) -> str:
    """A private address for recovery, '' for none. `own` are the domains that are ours.

    Raises:
        InvalidValue: no address; without consent; or one of ours, to which somebody who is locked out cannot log in.
    """
    address = fold(text.strip())
    if not address:
        return ""
    if parse_path(address) is None or not split(address)[1]:
        raise InvalidValue("the recovery address is not an address")
    if split(address)[1] in own:
        raise InvalidValue("the recovery address lies outside the province's mail: here nobody could log in to read it")
    if not consent:
        raise InvalidValue("a private address is kept only with the person's consent")
    return address
