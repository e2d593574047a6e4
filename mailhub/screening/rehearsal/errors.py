"""What can go wrong with rehearsals, in words; the doors give them codes."""

from __future__ import annotations

from mailhub.accounts.errors import ChangedMeanwhile
from mailhub.errors import MailhubError


class NoSuchTrial(MailhubError):
    """Nobody's trial has this number, or it is another person's."""


class RulesMoved(ChangedMeanwhile):
    """Other rules are in force than those that a trial was held against."""

    def __init__(self, tried: int, now: int) -> None:
        Exception.__init__(self, f"version {now} is in force, and this was tried against {tried}: try it again")
        self.who, self.when = "", 0
