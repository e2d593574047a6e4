"""The timeline's words about copies that are filed in the Sent of a shared mailbox."""

from __future__ import annotations

from typing import Any

from mailhub.queue.models import EventKind, Purpose

_UNFILED = {
    EventKind.DEFERRED: "Chưa lưu được vào Thư đã gửi (Sent)",
    EventKind.EXPIRED: "Không lưu được vào Thư đã gửi (Sent)",
}


def filing_words(kind: EventKind, facts: dict[str, Any]) -> str | None:
    """A copy that cannot be filed is no mail that did not arrive; None for everything else."""
    return _UNFILED.get(kind) if facts.get("purpose") == Purpose.SENT_COPY else None


def sent_for(facts: dict[str, Any]) -> list[str]:
    """Who sent it for whom, when it was sent from a shared mailbox; and what it was written as, after a merger."""
    told = [f"{facts.get('account')} gửi từ hộp thư {', '.join(facts['as'])}"] if facts.get("as") else []
    former = ", ".join(facts.get("former", ()))
    return [*told, f"Viết với địa chỉ cũ {former}, gửi đi với địa chỉ hiện nay"] if former else told
