"""The services of the agencies' signatures: desks that seal, what was sealed, sealing by command."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from mailhub.accounts.rights import Action
from mailhub.clock import now_ms
from mailhub.sealing import acts, commanding, switching
from mailhub.sealing.acts import Clerk, Wanted
from tests.accounts.matrix.cases import Row
from tests.accounts.matrix.world import ROOT, Spot

A = Action


def on(c: Connection, spot: Spot) -> None:
    """The place's desk seals."""
    switching.switch_on(c, ROOT, spot.desk)


def asked(c: Connection, spot: Spot) -> None:
    """Somebody had something sealed there."""
    desk = switching.switch_on(c, ROOT, spot.desk)
    wanted = Wanted(desk=desk, clerk=Clerk(address=spot.other), path="a.pdf", kind="main", original=b"h" * 32)
    acts.begin(c, wanted, at=now_ms())


SEAL_ROWS: dict[Any, list[Row]] = {
    switching.switch_on: [
        Row(action=A.SEAL_SWITCH, call=lambda c, a, s: switching.switch_on(c, a, s.desk)),
    ],
    switching.switch_off: [
        Row(action=A.SEAL_SWITCH, prepare=on, call=lambda c, a, s: switching.switch_off(c, a, s.desk, reason="x")),
    ],
    switching.list_desks: [
        Row(action=A.SEAL_READ, prepare=on, call=lambda c, a, s: switching.list_desks(c, a),
            sees=lambda found, s: any(row.desk == s.desk for row in found)),
    ],
    acts.list_acts: [
        Row(action=A.SEAL_READ, prepare=asked, call=lambda c, a, s: acts.list_acts(c, a),
            sees=lambda found, s: any(row.desk == s.desk for row in found)),
    ],
    commanding.wanted_by: [
        Row(action=A.SEAL, prepare=on, call=lambda c, a, s: commanding.wanted_by(c, a, s.desk, "a.pdf", b"x")),
    ],
}  # fmt: skip
