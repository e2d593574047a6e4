"""Which office a role mailbox is, by a free code word: `van-thu`, `mot-cua`, `lanh-dao` … Groups by rule go by it."""

from __future__ import annotations

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.models import MailboxKind
from mailhub.text.folding import word_of

CLERKS = "van-thu"
_LONGEST = 40  # characters, as the column holds


def read_office(text: str, kind: MailboxKind) -> str:
    """The word as it is kept, marks and case folded; '' = none.

    Raises:
        InvalidValue: it is no word, or the mailbox is not an office's.
    """
    office = word_of(text)
    if office and kind is not MailboxKind.ROLE:
        raise InvalidValue("only a role mailbox is an office's")
    if office and (len(office) > _LONGEST or not office.replace("-", "").isalnum() or not office.isascii()):
        raise InvalidValue(f"an office is a word such as van-thu, not {text[:_LONGEST]!r}")
    return office


def office_by_address(address: str) -> str:
    """What an address tells of its office where nobody said it: `vanthu.snv@` is a clerk's office (văn thư)."""
    return CLERKS if address.strip().lower().startswith("vanthu") else ""
