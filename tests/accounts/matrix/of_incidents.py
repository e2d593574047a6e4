"""The services that act on incidents with state secrets."""

from __future__ import annotations

import atexit
import io
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection

from mailhub.accounts.control import proposals
from mailhub.accounts.rights import Action, Actor
from mailhub.ids import new_code, new_id
from mailhub.incidents import acts, entering, reading, sealing
from mailhub.incidents.models import Kept
from mailhub.incidents.secret_mail import SecretMail
from mailhub.mail.body_text import BodyText
from mailhub.queue.models import Door
from mailhub.settings import Settings
from tests.accounts.matrix.cases import Row
from tests.accounts.matrix.world import NOW, ROOT, SEALER, SECOND, Place, Spot

_SETTINGS = cast(
    Settings,
    SimpleNamespace(
        hub=SimpleNamespace(domain="tinh.gov.vn", regulation="", support=""),
        secrets=SimpleNamespace(report_hours=24, officers=(), contact="", phone=""),
    ),
)
_FOLDER = Path(tempfile.mkdtemp(prefix="mailhub-matrix-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
_PASSPHRASE = "cụm từ dài của cán bộ"
_PEM, _LINE = sealing.make_key(_PASSPHRASE)


def entered(c: Connection, s: Spot, kept: Kept = Kept.DESTROYED, sealed: str = "") -> None:
    """A secret that the spot's official sent; its number is kept."""
    secret = SecretMail(
        code=new_code(), message_number=new_id(), at=NOW, door=Door.SUBMISSION, account_id=s.box_id, sender=s.box,
        client="192.0.2.1", recipients=("x@so.example",), size=1, level="MẬT", found_in=frozenset({"body"}), rule="r",
        version=1, body=BodyText(lines=("MẬT", f"một việc của {s.code} {new_id()}")),
    )  # fmt: skip
    s.kept = entering.enter(c, _SETTINGS, SEALER, secret, kept, sealed).number


def reported(c: Connection, s: Spot) -> None:
    entered(c, s)
    acts.report(c, ROOT, s.kept, "đã báo cáo")


def sealed_away(c: Connection, s: Spot) -> None:
    sealing.install_key(_FOLDER, _LINE)
    key = sealing.officer_key(_FOLDER)
    assert key is not None
    name = f"{new_id()}.sealed"
    sealing.seal(key, b"x", _FOLDER / name)
    entered(c, s, Kept.SEALED, name)


def agreed(c: Connection, s: Spot) -> None:
    sealed_away(c, s)
    code = acts.propose_opening(c, ROOT, s.kept, reason="x")
    proposals.decide(c, SECOND, code, agree=True)
    s.kept = (s.kept, code)


def coded(c: Connection, s: Spot) -> None:
    entered(c, s)
    s.kept = reading.find(c, s.kept)["code"]


def agreed_mistaken(c: Connection, s: Spot) -> None:
    entered(c, s)
    code = acts.propose_mistaken(c, ROOT, s.kept, reason="x")
    proposals.decide(c, SECOND, code, agree=True)
    s.kept = (s.kept, code)


def opened(c: Connection, a: Actor, s: Spot) -> Path:
    number, code = s.kept
    return acts.open_sealed(
        c, a, number, code,
        folder=_FOLDER, key=_PEM, passphrase=_PASSPHRASE, out=io.BytesIO(), reason="x",
    )  # fmt: skip


A = Action
INCIDENT_ROWS: dict[Any, list[Row]] = {
    reading.list_incidents: [
        Row(action=A.INCIDENT_READ, prepare=entered, call=lambda c, a, s: reading.list_incidents(c, a),
            sees=lambda rows, s: any(row.number == s.kept for row in rows)),
    ],
    reading.show: [Row(action=A.INCIDENT_READ, prepare=entered, call=lambda c, a, s: reading.show(c, a, s.kept))],
    acts.report: [Row(action=A.INCIDENT_CHANGE, prepare=entered, call=lambda c, a, s: acts.report(c, a, s.kept, "x"))],
    acts.close: [
        Row(action=A.INCIDENT_CHANGE, prepare=reported, call=lambda c, a, s: acts.close(c, a, s.kept, reason="x")),
    ],
    acts.propose_opening: [
        Row(action=A.INCIDENT_OPEN, prepare=sealed_away,
            call=lambda c, a, s: acts.propose_opening(c, a, s.kept, reason="x")),
    ],
    reading.incidents_named: [
        Row(action=A.INCIDENT_READ, prepare=coded, call=lambda c, a, s: reading.incidents_named(c, a, [s.kept]),
            sees=lambda rows, s: s.kept in rows),
    ],
    acts.propose_mistaken: [
        Row(action=A.INCIDENT_OPEN, prepare=entered,
            call=lambda c, a, s: acts.propose_mistaken(c, a, s.kept, reason="x")),
    ],
    acts.close_mistaken: [
        Row(action=A.INCIDENT_OPEN, prepare=agreed_mistaken,
            call=lambda c, a, s: acts.close_mistaken(c, a, *s.kept, reason="x")),
    ],
    acts.open_sealed: [Row(action=A.INCIDENT_OPEN, prepare=agreed, call=opened)],
    acts.install_key: [
        Row(action=A.INCIDENT_OPEN, places=(Place.ABOVE,), call=lambda c, a, s: acts.install_key(c, a, _FOLDER, _LINE)),
    ],
}  # fmt: skip
