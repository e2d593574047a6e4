"""What the letters about held mail say besides the plain facts: to whom, why by which article, how to answer.

Strangers' subjects stand in them, so links are taken out: letters of the hub carry none (wording § 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailhub.accounts.life.letters import LetterKind
from mailhub.i18n import texts
from mailhub.lifecycle.fact_words import until_text
from mailhub.mail.notice_facts import one_line
from mailhub.queue.written import members_told

# Letters that one may answer by a word: they come from the address that takes it (smtp/word.py).
ANSWERABLE = frozenset({
    LetterKind.POLICY_ASKED, LetterKind.POLICY_WAITS, LetterKind.HELD_DIGEST, LetterKind.WORD_UNCLEAR,
})  # fmt: skip
HOLDING = ANSWERABLE | {LetterKind.WORD_TAKEN, LetterKind.WORD_LAPSED}
_MOST_NAMED = 3  # addresses in a sentence
_LONGEST = 1_000
_LINK = re.compile(r"(?:\b[a-z]{2,10}://|\bwww\.)\S*", re.IGNORECASE)


def held_words(facts: Mapping[str, Any], language: str) -> dict[str, str]:
    """The words in a language; what is not known is left out."""
    words = texts(language)
    found = {"to": _addresses(facts, language), "why": _why(facts, language)}
    if "reason_needed" in facts:
        found["answers"] = words("letter.answers.with-reason" if facts["reason_needed"] else "letter.answers.plain")
    if isinstance(facts.get("until"), int):
        found["until"] = until_text(facts["until"], words, "letter.day-over")
    for key in ("subject", "sender", "said"):
        if facts.get(key):
            found[key] = _LINK.sub(words("letter.link"), one_line(str(facts[key]), 200))
    return {key: text for key, text in found.items() if text}


def waiting_items(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages that a digest lists."""
    found = facts.get("items")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _addresses(facts: Mapping[str, Any], language: str) -> str:
    """`x@gmail.com, y@gmail.com và 7 địa chỉ khác`."""
    given = facts.get("to")
    if not isinstance(given, list) or not given:
        return ""
    link = texts(language)("letter.link")
    named = [_named(_LINK.sub(link, one_line(str(one), 320)), members_told(facts, one), language) for one in given]
    named = named[:_MOST_NAMED]
    count = facts.get("recipients")
    total = max(len(given), count if isinstance(count, int) else 0)
    first = ", ".join(named)
    return texts(language).count("letter.to.more", total - len(named), first=first) if total > len(named) else first


def _named(address: str, members: int, language: str) -> str:
    """A group with how many it has: who they are is not told."""
    return texts(language).count("letter.to.group", members, address=address) if members else address


def _why(facts: Mapping[str, Any], language: str) -> str:
    """The reason with the article that it stands on; without the full stop, which the sentence has."""
    why = _LINK.sub(texts(language)("letter.link"), one_line(str(facts.get(language) or ""), _LONGEST)).rstrip(" .")
    article = one_line(str(facts.get(f"because_{language}") or ""), 300).rstrip(" .")
    return f"{why} ({article})" if why and article else why or article
