"""Who did it, and to whom somebody wrote, as the timeline says it."""

from __future__ import annotations

from typing import Any

from mailhub.i18n import Texts
from mailhub.queue.written import members_told


def who_words(actor: str, words: Texts) -> str:
    """An actor's name without what only the audit log needs: `nva@… (console:root)` → `nva@…`."""
    name = actor.partition(" (")[0]
    if name.startswith("mailhub:"):
        return words("telling.who.system")
    return words("telling.who.console") if name.startswith("console:") else name


def written_names(facts: dict[str, Any], words: Texts) -> list[str]:
    """The addresses that a line tells of as the sender wrote them; a group with its number, not its members."""
    told = [str(one) for one in facts.get("to", [])]
    named = [
        words.count("telling.group", number, address=one) if (number := members_told(facts, one)) else one
        for one in told
    ]
    count = facts.get("recipients")
    more = count - len(named) if isinstance(count, int) else 0
    if not named or more <= 0:
        return named
    return [*named[:-1], words.count("telling.more", more, first=named[-1])]


def known(words: Texts, stem: str, value: object) -> str:
    """The text `stem.value`; the value itself where nobody has words for it."""
    ident = f"{stem}.{str(value).lower().replace(' ', '-')}"
    return words(ident) if ident in words.ids() else str(value)
