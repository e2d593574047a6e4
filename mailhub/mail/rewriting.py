"""A former address in the fields that name the author, written as the one of today.

When provinces merge, officials' clients go on saying the old address for months. Mail clients answer to what they
see, so what leaves names the new one (reference/organisation § 6, case 12). Whole fields are replaced: the old one
is left out, the new one stands above; the body and every other octet stay. Before DKIM signs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailhub.mail.headers import Field

# Those that readers take for the author, or answer to (RFC 5322 § 3.6.2; RFC 8098 § 2.1).
AUTHOR_FIELDS = frozenset((b"from", b"sender", b"reply-to", b"disposition-notification-to", b"return-receipt-to"))


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The ranges of the fields that are left out, and what stands above instead."""

    cuts: tuple[tuple[int, int], ...] = ()
    above: bytes = b""


def rewritten(fields: Sequence[Field], renamed: Mapping[str, str]) -> Rewriting:
    """What to do so that each author's field names an address of `renamed` by its new name.

    Both sides are plain `local@domain` in ASCII, the old one in lower case; letter case in the message does not
    matter. A name beside the address that repeats it is renamed as well.
    """
    if not renamed:
        return Rewriting()
    words = b"|".join(re.escape(old.encode("ascii")) for old in renamed if old.isascii())
    pattern = re.compile(rb"(?<![\w.+'-])(?:" + words + rb")(?![\w-]|\.\w)", re.IGNORECASE)

    def new_name(match: re.Match[bytes]) -> bytes:
        return renamed[match[0].decode("ascii").lower()].encode("ascii")

    cuts, above = [], b""
    for field in fields:
        if field.name.lower() in AUTHOR_FIELDS and (raw := pattern.sub(new_name, field.raw)) != field.raw:
            cuts.append((field.start, field.end))
            above += raw
    return Rewriting(tuple(cuts), above)
