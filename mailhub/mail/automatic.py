"""Whether a machine wrote: what it says by the standard, and what programs say that do not know the standard. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailhub.mail.headers import Field, unfold

_NO = re.compile(rb"\s*no\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)
_OTHER_SIGNS = {b"precedence": (b"bulk", b"junk", b"list", b"auto_reply"), b"x-autoreply": (), b"x-autorespond": ()}


def is_auto_submitted(fields: Sequence[Field]) -> bool:
    """Auto-Submitted with anything but `no` (RFC 3834 § 5)."""
    return any(field.name.lower() == b"auto-submitted" and _NO.fullmatch(unfold(field.raw)) is None for field in fields)


def is_by_machine(fields: Sequence[Field]) -> bool:
    """Whether a machine answers: Auto-Submitted, and what programs without it say instead."""
    for field in fields:
        name, value = field.name.lower(), unfold(field.raw).strip().lower()
        if name in _OTHER_SIGNS and (not _OTHER_SIGNS[name] or value in _OTHER_SIGNS[name]):
            return True
        if name == b"content-type" and value.startswith((b"multipart/report", b"message/disposition-notification")):
            return True
    return is_auto_submitted(fields)
