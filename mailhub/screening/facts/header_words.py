"""What a header says that rules ask for: the author shown, the names beside recipients, whether it is an answer.

A field that cannot be read surely says nothing; nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mailhub.accounts.addresses import fold
from mailhub.mail.address import AmbiguousAddress, HeaderAddress, addresses_of
from mailhub.mail.headers import Field, unfold
from mailhub.text.folding import fold as fold_text

MOST_FIELDS = 50  # To and Cc fields looked at
_FORWARD = re.compile(r"(?:fwd?|chuyen tiep)\s?:")


def author(fields: Sequence[Field]) -> HeaderAddress | None:
    """Who the message says it is from; None when there is no one clear author."""
    found = [field for field in fields if field.name.lower() == b"from"]
    if len(found) != 1:
        return None
    try:
        authors = addresses_of(unfold(found[0].raw))
    except AmbiguousAddress:
        return None
    return authors[0] if len(authors) == 1 else None


def shown_names(fields: Sequence[Field]) -> Mapping[str, str]:
    """The names beside the folded addresses of To and Cc, as people see them; those without one are left out."""
    names: dict[str, str] = {}
    for field in [field for field in fields if field.name.lower() in (b"to", b"cc")][:MOST_FIELDS]:
        try:
            listed = addresses_of(unfold(field.raw), groups=True)
        except AmbiguousAddress:
            continue
        for one in listed:
            if one.display:
                names.setdefault(fold(one.text), one.display)
    return names


def is_reply(fields: Sequence[Field]) -> bool:
    """In-Reply-To or References (RFC 5322 § 3.6.4)."""
    return any(field.name.lower() in (b"in-reply-to", b"references") and unfold(field.raw) for field in fields)


def says_forward(subject: str) -> bool:
    """Whether a subject says that the message is passed on."""
    return _FORWARD.match(fold_text(subject[:40])) is not None
