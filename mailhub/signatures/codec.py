"""Verdicts to JSON and back, as they lie in rows: strictly, by `files/values.py`.

A reason is a `Problem` or a `Reason`; their values are distinct (tests/signatures/test_codec.py).
"""

from __future__ import annotations

import json
from dataclasses import replace

from mailhub.files.signed.facts import Problem
from mailhub.files.values import BadAnswer, decode, encode
from mailhub.signatures.verdict import JudgedDocument, JudgedSignature, Reason, Word

_WORDS: dict[str, Word] = {word.value: word for kind in (Problem, Reason) for word in kind}


def judged_to_json(judged: JudgedDocument) -> str:
    """Fields that have their default are left out."""
    return json.dumps(encode(judged), ensure_ascii=False, separators=(",", ":"))


def judged_from_json(text: str) -> JudgedDocument:
    """What `judged_to_json` wrote.

    Raises:
        BadAnswer: it did not.
    """
    try:
        row = json.loads(text)
        reasons, signatures = row.pop("reasons", []), row.pop("signatures", [])
        found = decode(JudgedDocument, row)
        return replace(found, reasons=_words(reasons), signatures=tuple(_signature(one) for one in signatures))
    except (ValueError, TypeError, AttributeError):
        raise BadAnswer("no verdict") from None


def _signature(row: dict[str, object]) -> JudgedSignature:
    reasons = row.pop("reasons", [])
    return replace(decode(JudgedSignature, row), reasons=_words(reasons))


def _words(values: object) -> tuple[Word, ...]:
    if not isinstance(values, list) or not all(isinstance(one, str) and one in _WORDS for one in values):
        raise BadAnswer("no reason")
    return tuple(_WORDS[one] for one in values)
