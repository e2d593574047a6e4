"""The services of the rules: figures, rehearsals."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, insert

from mailhub.accounts.rights import Action, Actor
from mailhub.clock import now_ms
from mailhub.ids import new_id
from mailhub.policy.rules.rule import RuleBook
from mailhub.reports import rule_counts
from mailhub.screening.models import PolicyDecision, PrivateMailUse
from mailhub.screening.records import lately, usage
from mailhub.screening.rehearsal import simulation
from mailhub.store.database import Database
from tests.accounts.matrix.cases import Row, listed
from tests.accounts.matrix.world import Spot

A = Action
DAY = date(2026, 11, 2)
FACTS = json.dumps({"at": 0, "m": {}, "s": {}, "r": []})


def used(c: Connection, spot: Spot) -> None:
    row = {"day": DAY, "account_id": spot.box_id, "agency_id": spot.agency_id, "provider": "gmail.com", "sent": 1}
    c.execute(insert(PrivateMailUse).values(row))


def decided(c: Connection, spot: Spot) -> None:
    row = {"message_id": new_id(), "code": "7K4-QW2-M9", "version": 1, "agency_id": spot.agency_id}
    c.execute(insert(PolicyDecision).values(row | {"facts": FACTS, "outcome": "{}"}))


def ruled(c: Connection, spot: Spot) -> None:
    """A rule of the place's own held something there just now."""
    did = {"rule": f"giu-{spot.code}", "stage": "hold", "effect": "hold", "recipients": 1}
    told = {"effect": "hold", "rules": [did]}
    row = {"message_id": new_id(), "code": "7K4-QW2-M9", "version": 1, "agency_id": spot.agency_id}
    c.execute(insert(PolicyDecision).values(row | {"facts": FACTS, "outcome": json.dumps(told)}))


def rehearsed(c: Connection, actor: Actor, _spot: Spot) -> simulation.Rehearsal:
    database = cast("Database", SimpleNamespace(read=lambda: nullcontext(c)))
    nothing = simulation.Book(RuleBook(()))
    return simulation.rehearse(database, actor, nothing, nothing, days=7)


POLICY_ROWS: dict[Any, list[Row]] = {
    usage.figures: [
        Row(action=A.USE_READ, prepare=used, call=lambda c, a, s: usage.figures(c, a, DAY, DAY),
            sees=lambda found, s: any(one.key == s.code for one in found)),
        Row(action=A.USE_PEOPLE, prepare=used, call=lambda c, a, s: usage.figures(c, a, DAY, DAY, by="person"),
            sees=lambda found, s: any(one.key == s.box for one in found)),
    ],
    lately.decided_lately: [
        Row(action=A.TRACE_READ, prepare=ruled, expect=listed(A.TRACE_READ),
            call=lambda c, a, s: lately.decided_lately(c, a, f"giu-{s.code}"), sees=lambda found, s: bool(found)),
    ],
    rule_counts.rule_counts: [
        Row(action=A.USE_READ, prepare=ruled,
            call=lambda c, a, s: rule_counts.rule_counts(c, a, days=2, at=now_ms()),
            sees=lambda found, s: f"giu-{s.code}" in found),
    ],
    simulation.rehearse: [
        Row(action=A.USE_READ, prepare=decided, call=rehearsed,
            sees=lambda found, s: any(one.code == s.code for one in found.agencies)),
    ],
}  # fmt: skip
