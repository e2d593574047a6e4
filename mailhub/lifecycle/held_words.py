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
from mailhub.queue.askings import DESK
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
    found = {"to": _addresses(facts, language), "why": _why(facts, language), "others": _others(facts, language)}
    found["papers"] = _papers(facts, language)
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


def _others(facts: Mapping[str, Any], language: str) -> str:
    """Who gets it all the same: `Ngoài ra, thư đã được gửi đến ttb@tinh.gov.vn và 7 người khác.`"""
    others, words = facts.get("others"), texts(language)
    if not isinstance(others, dict):
        return ""
    to = [str(one) for one in others.get("to") or ()][:1]
    if not to:
        return words("letter.others.none")
    members = members_told(others, to[0])
    first = _named(_LINK.sub(words("letter.link"), one_line(to[0], 320)), members, language)
    more = int(others.get("sent") or 0) - max(members, 1)
    return words.count("letter.others.more", more, first=first) if more > 0 else words("letter.others.one", first=first)


def _papers(facts: Mapping[str, Any], language: str) -> str:
    """The documents that a message brings, for who has to decide about it."""
    papers = facts.get("papers")
    found = [str(one) for one in papers] if isinstance(papers, list) else []
    return _LINK.sub(texts(language)("letter.link"), one_line(", ".join(found), 500))


def _why(facts: Mapping[str, Any], language: str) -> str:
    """The reason with the article that it stands on; without the full stop, which the sentence has. A desk reads which
    rule it is: what the rule says is advice to who wrote the message."""
    said = facts.get("title") if facts.get("asked") == DESK else ""
    why = _LINK.sub(texts(language)("letter.link"), one_line(str(said or facts.get(language) or ""), _LONGEST))
    return with_article(why, str(facts.get(f"because_{language}") or ""))


def with_article(why: str, article: str) -> str:
    """`Lý do (Điều 7 Quy chế)`; brackets that the article has itself stand in no others."""
    why, article = why.rstrip(" ."), one_line(article, 300).rstrip(" .")
    if article.startswith("(") and article.endswith(")") and article.count("(") == 1:
        article = article[1:-1].strip()
    if not why or not article:
        return why or article
    return f"{why}; {article}" if "(" in article else f"{why} ({article})"
