"""What policy raises when a caller would rather catch than ask."""

from __future__ import annotations

from mailhub.errors import MailhubError
from mailhub.policy.verdict import Refusal


class Refused(MailhubError):
    """A message that policy refuses, thrown through code that cannot return a verdict."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.rule}: {refusal.kind} {refusal.detail!a}")
        self.refusal = refusal
