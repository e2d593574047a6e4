"""The words of the hub's letters about accounts: Vietnamese first, English below (wording.md § 2.4, § 2.6).

In a text «A {x}|B» stands for A when all its facts are known, else for B (or nothing): callers know more or less of
what happened, and a letter is written in any case. No links: one types the known address (wording § 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from mailhub.accounts.life.letters import LetterKind
from mailhub.i18n import LANGUAGES, Texts, texts
from mailhub.lifecycle.fact_words import shortened, words_of
from mailhub.lifecycle.held_words import HOLDING, held_words, waiting_items
from mailhub.mail.notice_facts import one_line

MOTHER_TONGUE = "vi"
LONGEST_SUBJECT = 200
_GROUP = re.compile("«([^«»|]*)(?:\\|([^«»]*))?»")
# Facts whose value chooses another text: `letter.request-decided.refused`, `letter.delegated.true` (it has ended).
_VARIANTS = ("decided", "done", "state", "act", "ended", "by", "asked", "word", "back", "outside")
# Whose code, in the last line, is that of the message that they are about.
_OF_A_MESSAGE = ("policy-", "word-", "signature-")
_MISSING = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """What a letter is made of. `name` is the reader's; `office` when that is no person's; `code` is the mail's own."""

    kind: LetterKind
    facts: Mapping[str, Any]
    name: str = ""
    office: bool = False
    code: str
    support: str
    host: str


def sender_name() -> str:
    """The name that letters come from."""
    return texts(MOTHER_TONGUE)("letter.from")


def subject_line(letter: LetterText) -> str:
    """The subject, in Vietnamese."""
    words = texts(MOTHER_TONGUE)
    known = _known(letter, MOTHER_TONGUE)
    return one_line(fill(words.forms(f"{_ident(letter, words)}.subject")[0], known), LONGEST_SUBJECT)


def whole_text(letter: LetterText) -> str:
    """What people read, lines parted by "\\n"."""
    rule = "\n" + "-" * 40 + "\n\n"
    return rule.join(_in_language(letter, language) for language in LANGUAGES)


def body_text(letter: LetterText, language: str) -> str:
    """What it says, between the greeting and the last line."""
    return fill(texts(language).forms(_ident(letter, texts(language)))[0], _known(letter, language))


def _in_language(letter: LetterText, language: str) -> str:
    words = texts(language)
    body = body_text(letter, language)
    about = letter.facts.get("code") if letter.kind.startswith(_OF_A_MESSAGE) else None
    closing = words("notice.closing", code=one_line(str(about or letter.code), 20), support=letter.support)
    return "\n".join([_greeting(letter, words), "", body, "", closing, ""])


def _greeting(letter: LetterText, words: Texts) -> str:
    name = one_line(letter.name, 100)
    if not name:
        return words("letter.greeting.unnamed")
    return words("letter.greeting.office", name=name) if letter.office else words("notice.greeting", name=name)


def _ident(letter: LetterText, words: Texts) -> str:
    for key in _VARIANTS:
        ident = f"letter.{letter.kind}.{str(letter.facts.get(key)).lower()}"
        if f"{ident}.subject" in words.ids():
            return ident
    return f"letter.{letter.kind}"


def _known(letter: LetterText, language: str) -> dict[str, str]:
    words = texts(language)
    known = {"support": letter.support, "host": letter.host} | words_of(letter.facts, words)
    if letter.kind in (*HOLDING, LetterKind.POLICY_WARNED, LetterKind.SIGNATURE_INVALID):
        known |= held_words(letter.facts, language)
        item = words.forms("letter.held-digest.item")[0]
        items = [fill(item, words_of(one, words) | held_words(one, language)) for one in waiting_items(letter.facts)]
        if items:
            known["waiting"] = shortened(items, words)
    return known


def fill(text: str, known: Mapping[str, str]) -> str:
    """The text with its facts in it. Lines of which nothing is left go."""
    parts, end = [], 0
    for group in _GROUP.finditer(text):
        parts.append(_filled(text[end : group.start()], known))
        chosen = group[1] if _names(group[1]) <= known.keys() else group[2] or ""
        parts.append(_filled(chosen, known))
        end = group.end()
    parts.append(_filled(text[end:], known))
    lines = (line.strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _filled(text: str, known: Mapping[str, str]) -> str:
    return text.format_map({name: known.get(name, _MISSING) for name in _names(text)})


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
