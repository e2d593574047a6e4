"""What people are told of a verdict: one heading, one reason, one thing to do (reference/wording, ux).

Every `Verdict`, `Problem`, `Reason` and `Caution` has three texts in the catalogues: what it is in a few words, what it
means, and what the reader should do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailhub.files.signed.facts import Problem
from mailhub.i18n import texts
from mailhub.signatures.levels import MINOR
from mailhub.signatures.verdict import Caution, JudgedDocument, JudgedSignature, Level, Reason, Verdict, Word

_ODD = re.compile(r"[^a-z]+")
# Of several reasons the one that says most comes first: what was done to the document, then whose it is.
_ORDER: tuple[Word, ...] = (
    Problem.CHANGED,
    Problem.WRAPPED,
    Problem.CHANGED_AFTER,
    Problem.LEVEL,
    Problem.NOT_LAST,
    Problem.TRAILING,
    Problem.BYTE_RANGE,
    Problem.FORGED,
    Problem.OTHER_CERTIFICATE,
    *(problem for problem in Problem),
    Reason.REVOKED,
    Reason.CHAIN_BROKEN,
    Reason.EXPIRED,
    *(reason for reason in Reason),
)
_CAUTIONS: tuple[Caution, ...] = (
    Caution.TEST_CA,
    Caution.OTHER_AGENCY,
    Caution.OTHER_SENDER,
    Caution.NUMBER_DIFFERS,
    Caution.NO_AGENCY,
    Caution.NO_PERSON,
    Caution.REVOKED_LATER,
    Caution.PUBLIC_CA,
    *(caution for caution in Caution),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Whole sentences but `short`, which is a heading."""

    short: str
    meaning: str
    do: str


def slug(value: str) -> str:
    """An enum's value as a part of a text's id: `no person's signature` → `no-person-s-signature`."""
    return _ODD.sub("-", value.lower()).strip("-")


def told(word: Word | Caution, language: str = "vi") -> Told:
    """The words for one reason or caution."""
    return _told("caution" if isinstance(word, Caution) else "reason", slug(word.value), language)


def heading(judged: JudgedDocument, language: str = "vi") -> Told:
    """The words for the verdict as a whole."""
    if judged.verdict is not Verdict.VALID:
        return _told("verdict", slug(judged.verdict.value), language)
    if judged.level is Level.CARE:
        return _told("verdict", "care", language)
    # Only both signatures spare the paper (Nghị định 30/2020/NĐ-CP Điều 5); one may be right for a firm, or for mail.
    return _told("verdict", "valid" if judged.complete == "both" else "valid-alone", language)


def main_word(judged: JudgedDocument) -> Word | Caution | None:
    """The one reason that is said: of a good signature the first caution that matters; None when all is well."""
    if judged.reasons:
        return min(judged.reasons, key=_ORDER.index)
    cautions = by_weight(judged)
    return cautions[0] if cautions and cautions[0] not in MINOR else None


def by_weight(judged: JudgedDocument | JudgedSignature) -> tuple[Caution, ...]:
    """The cautions, the gravest first, those that matter little last."""
    return tuple(sorted(judged.warnings, key=lambda caution: (caution in MINOR, _CAUTIONS.index(caution))))


def one_line(judged: JudgedDocument, language: str = "vi") -> str:
    """`Không hợp lệ: nội dung đã bị sửa sau khi ký`, for a trace or a table."""
    first, word = heading(judged, language).short, main_word(judged)
    if word is None:
        return first
    short = told(word, language).short
    return f"{first}: {short if short[:2].isupper() else short[:1].lower() + short[1:]}"


def _told(kind: str, name: str, language: str) -> Told:
    words = texts(language)
    return Told(
        short=words(f"signature.{kind}.{name}.short"),
        meaning=words(f"signature.{kind}.{name}.meaning"),
        do=words(f"signature.{kind}.{name}.do"),
    )
