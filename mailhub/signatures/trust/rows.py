"""The pinned certificates as rows: read and written inside the acts of `service.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailhub.files.signed.trusted import Part
from mailhub.signatures.models import TrustCertificate
from mailhub.signatures.trust.errors import NoSuchCertificate
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy
from mailhub.text.fingerprints import digits_of

_table = TrustCertificate.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRow:
    """One of them, with its history. Times in ms."""

    pinned: Pinned
    added_at: int
    added_by: str
    confirmed_at: int | None
    confirmed_by: str
    ended_at: int | None
    ended_by: str

    @property
    def in_force(self) -> bool:
        """Nobody has ended it."""
        return self.ended_at is None

    @property
    def waits(self) -> bool:
        """Only its fingerprint is known."""
        return not self.pinned.der


def in_force(connection: Connection) -> tuple[Pinned, ...]:
    """Those that are believed now, the waiting ones among them."""
    query = select(_table).where(_table.c.ended_at.is_(None)).order_by(_table.c.sha256)
    return tuple(_read(row).pinned for row in connection.execute(query).mappings())


def every(connection: Connection) -> Sequence[TrustRow]:
    """All rows: roots before what they complete, within that by name."""
    query = select(_table).order_by(_table.c.hierarchy, _table.c.part.desc(), _table.c.subject, _table.c.sha256)
    return [_read(row) for row in connection.execute(query).mappings()]


def find(connection: Connection, sha256: str) -> TrustRow:
    """The certificate whose fingerprint is, or begins with, `sha256` (at least 8 digits).

    Raises:
        NoSuchCertificate: there is none, or there are several.
    """
    wanted = digits_of(sha256)
    if len(wanted) < 8 or not set(wanted) <= set("0123456789abcdef"):
        raise NoSuchCertificate(f"{sha256!r} is no fingerprint: give at least 8 of its digits")
    query = select(_table).where(_table.c.sha256.startswith(wanted, autoescape=True)).limit(2)
    rows = connection.execute(query).mappings().all()
    if len(rows) != 1:
        raise NoSuchCertificate(f"{'several certificates begin' if rows else 'no certificate begins'} with {wanted}")
    return _read(rows[0])


def get(connection: Connection, sha256: str) -> TrustRow | None:
    """The certificate with exactly this fingerprint."""
    row = connection.execute(select(_table).where(_table.c.sha256 == sha256)).mappings().one_or_none()
    return None if row is None else _read(row)


def put(connection: Connection, pinned: Pinned, *, by: str, at: int, confirmed_by: str = "") -> None:
    """Enter it, or bring one that had ended back."""
    values = asdict(pinned) | {"added_at": at, "added_by": by[:320], "ended_at": None, "ended_by": ""}
    values |= {"confirmed_at": at if confirmed_by else None, "confirmed_by": confirmed_by[:700]}
    moved = connection.execute(update(TrustCertificate).where(_table.c.sha256 == pinned.sha256).values(**values))
    if not moved.rowcount:
        connection.execute(insert(TrustCertificate).values(**values))


def change(connection: Connection, sha256: str, **values: Any) -> None:
    """Set these columns of one of them; the caller has checked who may."""
    connection.execute(update(TrustCertificate).where(_table.c.sha256 == sha256).values(**values))


def _read(row: Mapping[Any, Any]) -> TrustRow:
    values = dict(row)
    history = {key: values.pop(key) for key in TrustRow.__dataclass_fields__ if key != "pinned"}
    values |= {"der": bytes(values["der"]), "part": Part(values["part"]), "hierarchy": Hierarchy(values["hierarchy"])}
    return TrustRow(pinned=Pinned(**values), **history)
