"""From a letter's facts (JSON) to words, by what they are: moments, days, yes and no, lists, words of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from mailhub.accounts.action_words import plain_who
from mailhub.clock import local_time
from mailhub.i18n import Texts
from mailhub.mail.notice_facts import one_line

MOST_LISTED = 50
_LONGEST = 500
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
# An int between these is a moment (2001-09-09 to 2100); others are numbers, of rows for example.
_MOMENTS = range(1_000_000_000_000, 4_102_444_800_000)
# As the audit log names who acted; officials read the address alone.
_ACTORS = {"by", "asked_by", "decided_by", "closed_by"}
# What callers call it as well, where the texts have one name for it.
ALIASES = {
    "person": ("name",),
    "former_agency": ("old_agency",),
    "agency": ("new_agency",),
    "ended_on": ("on",),
    "order": ("because",),
    "because": ("reason",),
    "basis": ("because",),
    "by": ("asked_by",),
    "kept_until": ("retained_until",),
    "request": ("code",),
    "what": ("kind",),
}


def words_of(facts: Mapping[str, Any], words: Texts) -> dict[str, str]:
    """Every fact that says something, as text; what is empty is left out."""
    named = {**facts, "sends": facts.get("right") == "send"}
    for key, others in ALIASES.items():
        if named.get(key) in (None, ""):
            named[key] = next((facts[other] for other in others if other in facts), "")
    found = {key: _word(key, value, words) for key, value in named.items()}
    until = facts.get("until")
    if isinstance(until, int) and until in _MOMENTS:
        found["until_day"] = day_text(local_time(until).date(), words)
    return {key: text for key, text in found.items() if text}


def _word(key: str, value: object, words: Texts) -> str:
    if value is None or value == "":
        return ""
    known = _known(key, value, words)
    if known is not None:
        return known
    if isinstance(value, bool):
        return ""
    if key in _ACTORS:
        return one_line(plain_who(str(value)), _LONGEST)
    if isinstance(value, int):
        return time_text(value, words) if value in _MOMENTS else str(value)
    if isinstance(value, list | tuple):
        return _listed(value, words)
    return _text(str(value), words)


def _known(key: str, value: object, words: Texts) -> str | None:
    ident = f"letter.{key}.{str(value).lower()}"
    return words(ident) if ident in words.ids() else None


def _text(value: str, words: Texts) -> str:
    day = _ISO_DAY.fullmatch(value)
    if day is not None:
        return words("letter.day", day=day[3], month=day[2], year=day[1])
    return one_line(value, _LONGEST)


def _listed(values: list[object] | tuple[object, ...], words: Texts) -> str:
    return shortened([f"– {one_line(str(value), _LONGEST)}" for value in values], words)


def shortened(lines: list[str], words: Texts) -> str:
    """The first lines, and how many more there are."""
    shown = lines[:MOST_LISTED]
    if len(lines) > MOST_LISTED:
        shown.append(words.count("letter.more", len(lines) - MOST_LISTED))
    return "\n".join(shown)


def time_text(at_ms: int, words: Texts) -> str:
    """`16 giờ 30 ngày 24/11/2026`."""
    moment = local_time(at_ms)
    day = {"day": f"{moment:%d}", "month": f"{moment:%m}", "year": f"{moment:%Y}"}
    return words("notice.time", hour=f"{moment:%H}", minute=f"{moment:%M}", **day)


def until_text(at_ms: int, words: Texts, ident: str = "letter.end-of-day") -> str:
    """A deadline: `16 giờ 30 ngày 24/11/2026`; midnight is the end of the day before: `hết ngày 23/11/2026`, and after
    `quá`, by the ident `letter.day-over`, `ngày 23/11/2026`."""
    moment = local_time(at_ms)
    if (moment.hour, moment.minute) != (0, 0):
        return time_text(at_ms, words)
    return words(ident, day=day_text(moment.date() - timedelta(days=1), words))


def day_text(day: date, words: Texts) -> str:
    """`24/11/2026`."""
    return words("letter.day", day=f"{day:%d}", month=f"{day:%m}", year=f"{day:%Y}")
