"""The lines of a trace about the agency's signature on what a desk sent, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailhub.i18n import NoSuchText, texts
from mailhub.sealing.holding import untimed_words, why_words

_DONE = "sealed"


def seal_parts(facts: dict[str, Any]) -> Iterator[str]:
    """Where it goes on or comes from, by whose act, then each file with what became of it."""
    if facts.get("sealed_as"):
        yield f"gửi tiếp bằng thư {facts['sealed_as']}"
    if facts.get("derived_from"):
        yield f"thay cho thư {facts['derived_from']}"
    if facts.get("clerk"):
        yield f"{facts['clerk']} gửi từ {facts.get('desk')} (cơ quan {facts.get('agency')})"
    for file in facts.get("files", []):
        yield f"{file.get('name') or file.get('part')}: {_outcome(file)}"


def _outcome(file: dict[str, Any]) -> str:
    words, outcome = texts("vi"), str(file.get("outcome") or "")
    if outcome == _DONE:
        kind = file.get("kind")
        said = (
            words("seal.done.attachment")
            if kind == "attachment"
            else words("seal.done.main", number=file.get("number") or "?")
        )
        untimed = file.get("untimed")
        return f"{said}, {words('seal.done.untimed')} ({untimed_words(str(untimed), 'vi')})" if untimed else said
    try:
        return words(f"seal.passed.{outcome.replace(' ', '-')}")
    except NoSuchText:
        return f"chưa ký: {why_words(outcome, 'vi')}"
