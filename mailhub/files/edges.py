"""Where the text of page headers and footers belongs.

It stands on every page and is nobody's title, so it comes after the body. Two things are of the letter itself though:
a letterhead set as page header, and marks (secrecy, urgency, draft) that are drawn there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailhub.text.folding import fold

_MOTTO = ("cong hoa xa hoi chu nghia", "doc lap - tu do", "dang cong san viet nam")
_MARKS = frozenset(
    ("mat", "toi mat", "tuyet mat", "hoa toc", "hoa toc hen gio", "thuong khan", "khan", "du thao", "ban thao")
)  # fmt: skip
_NUMBERS_ONLY = re.compile(r"[\W\d_]*")


def placed(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines of one header or footer as (before the body, after it). Page numbers and rules are left out."""
    kept = [line for line in lines if not _NUMBERS_ONLY.fullmatch(line)]
    if any(words in fold(" ".join(kept)) for words in _MOTTO):
        return kept, []
    before = list(dict.fromkeys(line for line in kept if fold(line).strip(" .:*-[]()") in _MARKS))
    return before, [line for line in kept if line not in before]
