"""The timeline's words about signatures: the agency's own on what a desk sent, and those on what came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailhub.clock import local_time
from mailhub.files.signed.facts import Problem
from mailhub.i18n import NoSuchText, Texts
from mailhub.sealing.holding import untimed_words, why_words
from mailhub.signatures.verdict import Caution, JudgedDocument, Level, Reason, Subscriber, TimeSource, Verdict, Word
from mailhub.signatures.words import one_line

SEALED = "sealed"
_REASONS: dict[str, Word] = {word.value: word for kind in (Problem, Reason) for word in kind}
_CAUTIONS = {caution.value: caution for caution in Caution}
_KINDS = (Subscriber.PERSON.value, Subscriber.AGENCY.value)


def seal_parts(facts: dict[str, Any], words: Texts, language: str) -> Iterator[str]:
    """Where it goes on or comes from, by whose act, then each file with what became of it."""
    if facts.get("sealed_as"):
        yield words("telling.sealed.as", code=facts["sealed_as"])
    if facts.get("derived_from"):
        yield words("telling.sealed.from", code=facts["derived_from"])
    if facts.get("clerk"):
        yield words("telling.sealed.by", clerk=facts["clerk"], desk=facts.get("desk"), agency=facts.get("agency"))
    for file in facts.get("files", []):
        yield f"{file.get('name') or file.get('part')}: {_outcome(file, words, language)}"


def signature_parts(facts: dict[str, Any], words: Texts, language: str) -> Iterator[str]:
    """`Chữ ký số của tệp qd.pdf: Hợp lệ – Nguyễn Văn A (cá nhân), lúc 08:05 22/11/2026`, one a signed file."""
    for told in facts.get("signatures", []):
        place = words("telling.signature.mail")
        if told.get("file"):
            place = words("telling.signature.file", file=told["file"])
        elif told.get("part"):
            place = words("telling.signature.part", part=told["part"])
        line = words("telling.signature", place=place, verdict=one_line(_judged(told), language))
        signers = "; ".join(_signer(one, words) for one in told.get("signers", []))
        yield f"{line} – {signers}" if signers else line


def verified_words(facts: dict[str, Any], words: Texts) -> str:
    """What a line says that tells of a later answer."""
    return words("telling.verified.unknown" if facts.get("before") == "UNKNOWN" else "telling.event.verified")


def _outcome(file: dict[str, Any], words: Texts, language: str) -> str:
    outcome = str(file.get("outcome") or "")
    if outcome == SEALED:
        attached = file.get("kind") == "attachment"
        number = file.get("number") or "?"
        said = words("seal.done.attachment") if attached else words("seal.done.main", number=number)
        untimed = file.get("untimed")
        if not untimed:
            return said
        return f"{said}, {words('seal.done.untimed')} ({untimed_words(str(untimed), language)})"
    try:
        return words(f"seal.passed.{outcome.replace(' ', '-')}")
    except NoSuchText:
        return words("telling.sealed.not", why=why_words(outcome, language))


def _signer(told: dict[str, Any], words: Texts) -> str:
    named = str(told.get("name") or words("telling.signature.nobody"))
    if (kind := told.get("kind")) in _KINDS:
        named += f" ({words(f'signature.subscriber.{kind}')})"
    if told.get("at"):
        source = TimeSource.TIMESTAMP if told.get("by") == TimeSource.TIMESTAMP.value else TimeSource.CLAIMED
        time = words(f"signature.time.{source.value}", time=f"{local_time(int(told['at'])):%H:%M %d/%m/%Y}")
        named += ", " + words("telling.signature.at", time=time)
    return named


def _judged(told: dict[str, Any]) -> JudgedDocument:
    return JudgedDocument(
        verdict=Verdict(told["verdict"]),
        level=Level(told["level"]),
        reasons=tuple(_REASONS[one] for one in told.get("reasons", []) if one in _REASONS),
        warnings=tuple(_CAUTIONS[one] for one in told.get("warnings", []) if one in _CAUTIONS),
    )
