"""An event of the queue told to people: when, how it stands, a sentence, and the details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailhub.clock import local_time
from mailhub.i18n import texts
from mailhub.incidents.reading import Named
from mailhub.mail.notice_words import reason_for
from mailhub.queue.models import EventKind, HeldFor, Purpose
from mailhub.queue.moderation import REFUSED_WORD
from mailhub.queue.timeline import Line
from mailhub.telling.files import INSPECTION, held_for, inspected_parts, words_for
from mailhub.telling.people import known, who_words
from mailhub.telling.rules import rule_words, rules_named, secret_words, titles_named
from mailhub.telling.seals import SEALED, seal_parts, signature_parts, verified_words
from mailhub.telling.values import Mark, Told

_MARKS = {
    EventKind.DEFERRED: Mark.WARN,
    EventKind.BOUNCED: Mark.BAD,
    EventKind.EXPIRED: Mark.BAD,
    EventKind.HELD: Mark.WAIT,
    EventKind.ASKED: Mark.WAIT,
    EventKind.WITHDRAWN: Mark.WARN,
    EventKind.REFUSED: Mark.BAD,
    EventKind.DESTROYED: Mark.BAD,
}
_STANDING = {  # what a line was for, where that says more than its kind
    HeldFor.SENDER_CLOSED.value: "telling.for.sender-closed",
    REFUSED_WORD: "telling.for.moderation-refused",
    "sender-restored": "telling.for.sender-restored",
}
_UNFILED = (EventKind.DEFERRED, EventKind.EXPIRED)
_NOT_ARRIVED = (EventKind.DEFERRED, EventKind.BOUNCED, EventKind.EXPIRED)
_STRONG = {"hold": Mark.WARN, "refuse": Mark.BAD, "secret": Mark.BAD}


def tell(line: Line, language: str, *, named: Named | None = None) -> Told:
    """The line in the words of a language. `named`: the incident that it tells of, for who may know."""
    words, facts = texts(language), line.facts
    sentence, *details = rule_words(line.kind, facts, words) or _usual(line, language)
    details += secret_words(line.kind, facts, named, words)
    codes = tuple(str(facts[key]) for key in ("sealed_as", "derived_from") if facts.get(key))
    return Told(
        key=f"e{line.id}",
        at=line.at,
        message=line.message,
        mark=mark_of(line.kind, facts),
        sentence=sentence,
        recipient=line.recipient or "",
        details=tuple(details),
        reply=str(facts.get("reply") or ""),
        rules=rules_named(facts),
        codes=codes,
        titles=titles_named(facts),
    )


def mark_of(kind: EventKind, facts: dict[str, Any]) -> Mark:
    """What stands before the line."""
    if kind is EventKind.JUDGED:
        effects = [str(one.get("effect")) for one in facts.get("rules", []) if not one.get("exempted")]
        found = {_STRONG[one] for one in effects if one in _STRONG}
        if facts.get("failed") or Mark.BAD in found:
            return Mark.BAD
        return Mark.WARN if found else Mark.DONE
    if kind is EventKind.INSPECTED:
        return Mark.WARN if _is_odd(facts) else Mark.DONE
    if kind is EventKind.SEALED:
        missed = any(str(one.get("outcome") or "") not in (SEALED, "") for one in facts.get("files", []))
        return Mark.WARN if missed else Mark.DONE
    return _MARKS.get(kind, Mark.DONE)


def _is_odd(facts: dict[str, Any]) -> bool:
    files = facts.get("files", [])
    odd = any(one.get("dangers") or one.get("problems") or one.get("unreadable") for one in files)
    return odd or facts.get("malware") == "found" or bool(facts.get("unreadable"))


def _usual(line: Line, language: str) -> list[str]:
    kind, facts, words = line.kind, line.facts, texts(language)
    if kind is EventKind.VERIFIED:
        return [verified_words(facts, words), *signature_parts(facts, words, language)]
    return [_sentence(kind, facts, language), *_details(kind, facts, language)]


def _sentence(kind: EventKind, facts: dict[str, Any], language: str) -> str:
    words = texts(language)
    if special := words_for(kind, facts, words):
        return special
    if kind in _UNFILED and facts.get("purpose") == Purpose.SENT_COPY:  # a copy is no mail that did not arrive
        return words(f"telling.unfiled.{kind.value}")
    return words(_STANDING.get(str(facts.get("for")), f"telling.event.{kind.value}"))


def _details(kind: EventKind, facts: dict[str, Any], language: str) -> Iterator[str]:
    words = texts(language)
    if kind is EventKind.INSPECTED:
        yield from inspected_parts(facts, words)
        yield from signature_parts(facts, words, language)
        return
    if kind is EventKind.SEALED:
        yield from seal_parts(facts, words, language)
        return
    if facts.get("for") == INSPECTION:
        for what in facts.get("what", []):
            yield held_for(what, words)
        return
    if kind in (EventKind.RECEIVED, EventKind.REPEATED):
        yield from _came(facts, language)
    if facts.get("for") in (HeldFor.MODERATION.value, REFUSED_WORD):
        yield words("telling.for.group", group=facts.get("group"))
    if kind in _NOT_ARRIVED and facts.get("reply"):
        yield words("telling.because", reason=words(f"reason.{_why(kind, str(facts['reply']))}"))
    if following := facts.get("next"):
        yield words("telling.next", time=f"{local_time(int(following)):%H:%M:%S}")
    if kind in (EventKind.HELD, EventKind.RELEASED, EventKind.WITHDRAWN, EventKind.RETRIED) and facts.get("actor"):
        yield words("telling.by", who=who_words(str(facts["actor"]), words))
    if reason := facts.get("reason"):
        yield words("telling.reason", reason=reason)


def _why(kind: EventKind, reply: str) -> str:
    """As the notice tells it to the sender: what a server said is for those who can read it."""
    gave_up = kind is not EventKind.DEFERRED
    status = next((word for word in reply.split()[:2] if word.count(".") == 2), "5.0.0" if gave_up else "4.0.0")
    return reason_for(status, gave_up=gave_up)


def _came(facts: dict[str, Any], language: str) -> Iterator[str]:
    words = texts(language)
    door = known(words, "telling.door", facts.get("door"))
    yield words("telling.from", sender=facts.get("sender") or "<>", door=door, client=facts.get("client"))
    if isinstance(facts.get("recipients"), int):
        size = f"{int(facts.get('size') or 0):,}".replace(",", ".")
        yield words.count("telling.size", facts["recipients"], size=size)
    if facts.get("as"):
        yield words("telling.sent-for", account=facts.get("account"), mailbox=", ".join(facts["as"]))
    if former := ", ".join(facts.get("former", ())):
        yield words("telling.former", addresses=former)
