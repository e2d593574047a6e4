"""A verdict as people and scripts read it (contract: architecture § 11). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from mailhub.clock import iso_time, time_words
from mailhub.files.signed.facts import Form, Problem
from mailhub.i18n import Texts, texts
from mailhub.signatures.verdict import (
    Caution,
    Hierarchy,
    JudgedDocument,
    JudgedSignature,
    Reason,
    TimeSource,
    Verdict,
    Word,
)
from mailhub.signatures.words import Told, by_weight, heading, main_word, slug, told

# What scripts compare with: the three words of the contract, and the one that must never be mistaken for them.
KINDS = {
    Hierarchy.OFFICIAL: "chuyên dùng công vụ",
    Hierarchy.PUBLIC: "công cộng",
    Hierarchy.TEST: "thử nghiệm",
    Hierarchy.OTHER: "khác",
}


def as_object(judged: JudgedDocument) -> dict[str, Any]:
    """For `--json`: verdict, reasons, warnings, signatures; then more. Times are ISO 8601, null where not known."""
    word = main_word(judged)
    return {
        "verdict": judged.verdict.value,
        "reasons": [reason.value for reason in judged.reasons],
        "warnings": [warning.value for warning in judged.warnings],
        "signatures": [_signature(one) for one in judged.signatures],
        "level": judged.level.value,
        "complete": judged.complete,
        "said": {
            language: {"verdict": heading(judged, language).short, "reason": told(word, language).short if word else ""}
            for language in ("vi", "en")
        },
        "trust": judged.trust,
        "judged_at": iso_time(judged.judged_at) if judged.judged_at else None,
        "detail": dict(judged.detail),
    }


def _signature(one: JudgedSignature) -> dict[str, Any]:
    return {
        "signer": one.signer.name,
        "kind": KINDS[one.hierarchy],
        "chain": list(one.chain),
        "time": iso_time(one.at) if one.at else None,
        "revocation": one.revocation,
        "covers": one.covers,
        "changes": one.changes,
        "verdict": one.verdict.value,
        "reasons": [reason.value for reason in one.reasons],
        "warnings": [warning.value for warning in one.warnings],
        "time_source": one.at_source.value,
        "revoked_at": iso_time(one.revoked_at) if one.revoked_at else None,
        "subscriber": one.signer.subscriber.value,
        "organisation": one.signer.organisation,
        "email": one.signer.email,
        "serial": one.signer.serial,
        "certificate": one.signer.certificate,
        "agency": one.signer.agency or None,
        "confirmed": one.signer.confirmed,
        "field": one.field_name,
        "form": one.form,
    }


def as_lines(judged: JudgedDocument, language: str = "vi", *, hub: bool = False) -> Iterator[str]:
    """The heading, one reason, one thing to do; then each signature in two lines, and what else is worth knowing.
    `hub`: whether one's answers were there to judge by."""
    words = texts(language)
    whole, word = heading(judged, language), main_word(judged)
    yield whole.short.upper()
    if word is None:
        yield f"  {whole.meaning}"
        yield f"  {words('signature.label.do')}: {whole.do}"
    else:
        said = _told_here(word, language, hub=hub)
        label = words("signature.label.reason") if judged.reasons else words("signature.label.remark")
        yield f"  {label}: {said.short}. {said.meaning}"
        yield f"  {words('signature.label.do')}: {said.do}"
    if judged.verdict is Verdict.NOT_SIGNED:
        return
    yield f"  {words('signature.label.signatures')}: {words(f'signature.complete.{judged.complete}')}"
    first = 1
    for lines, same in groupby(judged.signatures, lambda one: tuple(_lines_of(one, words, language))):
        # Number, date and seal are three signatures by one certificate: said once.
        last = first + sum(1 for _ in same) - 1
        number = f"{first}." if first == last else f"{first}–{last}."
        yield f"  {number} {lines[0]}"
        yield from (f"     {line}" for line in lines[1:])
        first = last + 1
    others = [told(caution, language).short for caution in by_weight(judged) if caution is not word]
    if others:
        yield f"  {words('signature.label.more')}: {'; '.join(others)}"


def _told_here(word: Word | Caution, language: str, *, hub: bool) -> Told:
    """As `told`, but that a command asks nobody again by itself."""
    said, words = told(word, language), texts(language)
    if word is not Reason.REVOCATION_UNKNOWN:
        return said
    which = "hub" if hub else "alone"
    return replace(said, meaning=words(f"signature.asked.{which}.meaning"), do=words(f"signature.asked.{which}.do"))


def _lines_of(one: JudgedSignature, words: Texts, language: str) -> Iterator[str]:
    who = one.signer.name or "?"
    kind = words(f"signature.subscriber.{one.signer.subscriber.value}")
    if one.form == Form.PDF_TIMESTAMP:
        kind = words("signature.label.timestamp")
    yield f"{who} ({kind}): {_verdict(one, language)}"
    if one.signer.organisation and one.signer.organisation != who:
        yield one.signer.organisation
    yield f"{words('signature.label.certificate')}: {words(f'signature.hierarchy.{one.hierarchy.value}')}"
    yield f"{words('signature.label.time')}: {when(one, words)}"
    yield f"{words('signature.label.revocation')}: {_revocation(one, words)}"
    if Problem.CHANGED not in one.reasons:  # "nothing was added" beside "it was changed" would only confuse
        yield f"{words('signature.label.changes')}: {words(f'signature.changes.{slug(one.changes)}')}"


def when(one: JudgedSignature, words: Texts) -> str:
    """The moment of signing, and whether it is proven."""
    if one.at_source is TimeSource.NONE or not one.at:
        return words("signature.time.none")
    return words(f"signature.time.{one.at_source.value}", time=time_words(one.at))


def _revocation(one: JudgedSignature, words: Texts) -> str:
    if one.revocation == "revoked":
        return words("signature.revocation.revoked", time=time_words(one.revoked_at))
    return words(f"signature.revocation.{slug(one.revocation)}")


def _verdict(one: JudgedSignature, language: str) -> str:
    first = texts(language)(f"signature.verdict.{slug(one.verdict.value)}.short")
    reasons = [told(reason, language).short for reason in one.reasons]
    return f"{first} – {reasons[0]}" if reasons else first
