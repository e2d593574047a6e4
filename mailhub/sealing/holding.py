"""A document of ours that cannot be sealed stops the mail: the desk is asked, by a letter that has the way out.

GỬI sends the mail as it is, without the agency's signature; HỦY takes it back (queue/askings.py, queue/words.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mailhub.i18n import LANGUAGES, NoSuchText, texts
from mailhub.mail.notice_facts import one_line
from mailhub.queue.askings import deadline
from mailhub.queue.inspections import Ruling
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate
from mailhub.sealing.reasons import NotSealed
from mailhub.sealing.switching import SealingDesk

RULE = "ky-so-co-quan"  # what the timeline and the letters name where a rule is named
MOST_NAMED = 3  # files in a letter


@dataclass(frozen=True, slots=True)
class Stopped:
    """A file that was not sealed, and why."""

    path: str
    name: str
    why: NotSealed


def why_words(word: str, language: str) -> str:
    """A reason in a language; a word that nobody has words for is told as it is."""
    try:
        return texts(language)(f"seal.why.{word.replace(' ', '-').replace(chr(39), '').lower()}")
    except NoSuchText:
        return texts(language)("seal.why.other", word=word)


def untimed_words(untimed: str, language: str) -> str:
    """Why a signature has no timestamp (`timestamping.py`), in a language."""
    which = {"no authority is set": "none", "no answer": "no-answer"}.get(untimed.partition(":")[0], "not-good")
    return texts(language)(f"seal.untimed.{which}")


def is_over(ruling: Ruling) -> bool:
    """Whether nobody gets it any more, or not before a person looked."""
    return ruling.destroyed is not None or bool(ruling.fault)


def nobody(ruling: Ruling, addresses: Sequence[str]) -> bool:
    """Whether the rules let nobody have it: then nothing is sealed for them."""
    gone = (RecipientState.REFUSED, RecipientState.DESTROYED)
    return all(address in ruling.fates and ruling.fates[address].state in gone for address in addresses)


def held_fates(
    fates: Mapping[str, Fate],
    addresses: Iterable[str],
    stopped: Sequence[Stopped],
    desk: SealingDesk,
    *,
    at: int,
    hours: int,
) -> dict[str, Fate]:
    """The rules' fates with this beside them: who would get the mail waits for the desk's word. Who waits for a word
    by a rule goes on waiting for that one, which then tells both reasons; what a rule refuses stays refused."""
    facts = _facts(stopped)
    asking = Asking(
        owner_id=desk.mailbox_id,
        owner=desk.desk,
        rule=RULE,
        until=deadline(at, hours),
        reason_needed=True,
        facts=facts,
    )
    found = dict(fates)
    for address in addresses:
        before = found.get(address, Fate())
        if before.state is RecipientState.QUEUED:
            found[address] = replace(before, state=RecipientState.HELD, rule=RULE, asking=asking)
        elif before.state is RecipientState.HELD and before.asking is not None:
            found[address] = replace(before, asking=_both(before.asking, facts))
    return found


def _facts(stopped: Sequence[Stopped]) -> dict[str, Any]:
    facts: dict[str, Any] = {"rule": RULE, "asks": "sender"}
    for language in LANGUAGES:
        words = texts(language)
        facts["title"] = facts.get("title") or words("seal.title")
        reasons = [
            words("seal.not", file=one_line(one.name or one.path, 120), why=why_words(one.why.word, language))
            for one in stopped[:MOST_NAMED]
        ]
        facts[language] = " ".join([*reasons, words("seal.way-out")])
        facts[f"because_{language}"] = ""
    return facts


def _both(asking: Asking, facts: Mapping[str, Any]) -> Asking:
    joined = {one: f"{str(asking.facts.get(one) or '').rstrip(' .')}. {facts[one]}".lstrip(". ") for one in LANGUAGES}
    return replace(asking, facts={**asking.facts, **joined})


__all__ = ["RULE", "Stopped", "held_fates", "untimed_words", "why_words"]
