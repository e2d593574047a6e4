"""What a signed CMS encloses (RFC 8551 § 3.5.2): the parts of a mail, or one file of any kind, as members."""

from __future__ import annotations

import re

from mailhub.files.budget import Budget
from mailhub.files.facts import Unreadable
from mailhub.files.members import Contents, Member
from mailhub.files.message import read_message
from mailhub.files.signed.facts import Problem

# How a MIME entity begins; any header of a mail may come first.
_ENTITY = re.compile(rb"(?i)[\r\n]{0,4}(?:content-[a-z-]{1,40}|mime-version|from|to|subject|date|received):")


def read_enclosed(data: memoryview, *, budget: Budget) -> Contents:
    """The members of an opaque signature. Raises nothing but MemoryError."""
    from mailhub.files.signed.content import read_content
    from mailhub.files.signed.signerinfo import Bad

    if not budget.take_octets(len(data)):
        return Contents(unreadable=Unreadable.TOO_LARGE)
    try:
        content = read_content(data).content
    except Bad as bad:
        sealed = bad.problem is Problem.UNSUPPORTED
        return Contents(unreadable=Unreadable.ENCRYPTED if sealed else Unreadable.DAMAGED)
    if content is None or not len(content):  # certificates only, or a signature of something elsewhere
        return Contents(unreadable=Unreadable.EMPTY if content is not None else None)
    if _ENTITY.match(content):
        return read_message(content, budget=budget)
    if not budget.take_member():
        return Contents(unreadable=Unreadable.TOO_MANY)
    return Contents((Member("", "", bytes(content)),))
