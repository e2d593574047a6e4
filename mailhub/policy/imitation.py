"""Names that a message from outside shows beside a foreign address: a leader's, an agency's, the hub's own.

Mail clients on telephones show the name alone. Nothing is refused for it: rules decide (reference/threats § 4, 7).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from mailhub.policy.confusable import ANY, alike, unmarked
from mailhub.policy.lists.lookup import under
from mailhub.text.folding import fold

LEADER = "leader"
HUB = "hub"
AGENCY = "agency"

_WORD = re.compile("[a-z0-9\0]+")
_STATE = ("gov.vn",)
_SURE = 4  # words of an agency's name that say enough even with others around them
_BEGINNING = 3  # … or as the first words: `Sở Y tế tỉnh Lào Cai`
_LONGEST = 400  # characters looked at


def imitates(
    display_name: str,
    address: str,
    leaders: Collection[str],
    hub_names: Collection[str],
    agencies: Collection[str] = (),
) -> frozenset[str]:
    """What the name beside `address`, which is not ours, pretends: `leader`, `hub`, `agency`; empty for nothing.

    `leaders`, `hub_names` and `agencies` are as `name_key` makes them. A leader's name counts whole and in order, with
    or without a post before it; a name of two words (too many people have it) only with nothing else. A state body
    (gov.vn) may be called as one of our agencies is.
    """
    shown = name_key(display_name[:_LONGEST])
    if not shown:
        return frozenset()
    found = set()
    if _has(shown, leaders, sure=3):
        found.add(LEADER)
    if any(_within(shown, name) for name in hub_names):
        found.add(HUB)
    if not under(address.rpartition("@")[2].lower(), _STATE) and _has(shown, agencies, sure=_SURE):
        found.add(AGENCY)
    return frozenset(found)


def name_key(name: str) -> str:
    """A name for comparison: small letters without marks, look-alike letters as Latin ones, words with one blank."""
    text = fold(unmarked(name)) if not name.isascii() else name.lower()
    return " ".join(_WORD.findall(text))


def _has(shown: str, names: Collection[str], *, sure: int) -> bool:
    """Whether one of `names` is all of `shown`, or, with at least `sure` words, a part of it."""
    if shown in names:
        return True
    if ANY in shown:
        return any(_within(shown, name) for name in names if name.count(" ") + 1 >= sure)
    words = shown.split()
    if any(" ".join(words[:end]) in names for end in range(_BEGINNING, len(words))):
        return True
    # Its parts are looked up, so that many names cost no more than one.
    spans = ((start, end) for start in range(len(words)) for end in range(start + sure, len(words) + 1))
    return any(" ".join(words[start:end]) in names for start, end in spans)


def _within(shown: str, name: str) -> bool:
    if ANY not in shown and ANY not in name:  # nearly always
        return f" {name} " in f" {shown} "
    words, length = shown.split(), name.count(" ") + 1
    return any(alike(" ".join(words[at : at + length]), name) for at in range(len(words) - length + 1))
