"""The services that look at and change the rules for sending and receiving: the province's, whoever asks."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts.rights import Action, Actor
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import Exemption
from mailhub.screening.rehearsal import trial
from mailhub.screening.rules import editing, versions
from tests.accounts.matrix.cases import Row, of_mail
from tests.accounts.matrix.of_tree import ONE
from tests.accounts.matrix.world import ROOT, Spot
from tests.screening.policy_texts import PRIVATE, exception, rule


def in_force(c: Connection, spot: Spot) -> None:
    """A version with an exception for the place's official, and one before it."""
    versions.activate(c, ROOT, rule(stage="shadow"), reason="x")
    versions.activate(c, ROOT, rule() + exception(spot.box), reason="x")


def end_exception(c: Connection, a: Actor, s: Spot) -> None:
    editing.end_exception(c, a, rule=PRIVATE, who=s.box, reason="x")


MADE = Exemption(rule=PRIVATE, who="snv", to="*", why="x", until=date(2099, 1, 1), by="GĐ")
A = Action
RULE_ROWS: dict[Any, list[Row]] = {
    versions.activate: [
        Row(action=A.POLICY_CHANGE, places=ONE, call=lambda c, a, s: versions.activate(c, a, rule(), reason="x")),
    ],
    versions.back: [
        Row(action=A.POLICY_CHANGE, places=ONE, prepare=in_force,
            call=lambda c, a, s: versions.back(c, a, reason="x")),
    ],
    versions.list_versions: [
        Row(action=A.POLICY_READ, places=ONE, prepare=in_force, call=lambda c, a, s: versions.list_versions(c, a),
            sees=lambda found, s: len(found) == 2),
    ],
    versions.find_version: [
        Row(action=A.POLICY_READ, places=ONE, prepare=in_force, call=lambda c, a, s: versions.find_version(c, a)),
    ],
    versions.book_in_force: [
        Row(action=A.POLICY_READ, places=ONE, prepare=in_force, call=lambda c, a, s: versions.book_in_force(c, a),
            sees=lambda book, s: bool(book.rules)),
    ],
    versions.changes_to: [
        Row(action=A.POLICY_READ, places=ONE, prepare=in_force,
            call=lambda c, a, s: versions.changes_to(c, a, read_book(rule(), "x"))),
    ],
    versions.warnings_about: [
        Row(action=A.POLICY_READ, places=ONE,
            call=lambda c, a, s: versions.warnings_about(c, a, read_book(rule(), "x"))),
    ],
    editing.add_exception: [
        Row(action=A.POLICY_CHANGE, places=ONE, prepare=in_force,
            call=lambda c, a, s: editing.add_exception(c, a, MADE)),
    ],
    editing.end_exception: [Row(action=A.POLICY_CHANGE, places=ONE, prepare=in_force, call=end_exception)],
    editing.list_exceptions: [
        # Everybody may know them, but for those of a block.
        Row(action=A.POLICY_READ, prepare=in_force, expect=of_mail(A.POLICY_READ),
            call=lambda c, a, s: editing.list_exceptions(c, a),
            sees=lambda found, s: any(one.who == s.box for one in found)),
    ],
    trial.check_may_explain: [
        # What an explanation tells of people is what a trace tells.
        Row(action=A.TRACE_READ, expect=of_mail(A.TRACE_READ),
            call=lambda c, a, s: trial.check_may_explain(c, a, [s.box, "ai@gmail.com"])),
    ],
}  # fmt: skip
