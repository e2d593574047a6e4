"""Keeps what authorities answered, once a child has vouched for it: nothing older takes the place of what is newer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import islice

from sqlalchemy import Connection, delete, insert, select, update

from mailhub.files.signed.answers import CrlFacts, RevokedLine, revoked_lines
from mailhub.files.signed.facts import RevocationAnswer, Status
from mailhub.signatures.models import OcspAnswer, RevocationList, RevokedCertificate
from mailhub.signatures.revocation.errors import NotBelieved, OlderList
from mailhub.store.database import Database

LINES_A_TURN = 5_000  # others write meanwhile: mail goes on while a long list comes in
HOLD = "certificate_hold"
_SERIAL_DIGITS, _REASON_LETTERS = 48, 40
_HEXADECIMAL = frozenset("0123456789abcdef")


def keep_answer(connection: Connection, answer: RevocationAnswer, der: bytes, *, at: int) -> bool:
    """Keep what OCSP said of one certificate; False when a newer answer is kept already, or a revocation for good."""
    table = OcspAnswer.__table__.c
    this = (table.issuer == answer.issuer) & (table.serial == answer.serial)
    old = connection.execute(select(table.this_update, table.status, table.reason).where(this)).one_or_none()
    if old is not None:
        final = old.status == Status.REVOKED and old.reason != HOLD and answer.status is not Status.REVOKED
        if final or old.this_update > answer.this_update:
            return False
    values = {
        "status": answer.status.value, "revoked_at": answer.revoked_at, "reason": answer.reason[:_REASON_LETTERS],
        "this_update": answer.this_update, "next_update": answer.next_update, "fetched_at": at, "der": der,
    }  # fmt: skip
    if old is None:
        connection.execute(insert(OcspAnswer).values(issuer=answer.issuer, serial=answer.serial, **values))
    else:
        connection.execute(update(OcspAnswer).where(this).values(**values))
    return True


def keep_list(database: Database, issuer: str, facts: CrlFacts, der: bytes, *, source: str, at: int) -> int:
    """Keep an issuer's list; gives how many certificates it revokes.

    New lines come first, in turns, each of them true by itself; that the list is complete is said last. What an older
    list revoked for good stays revoked: authorities leave out what has expired (RFC 5280 § 3.3).

    Raises:
        OlderList: a newer one is kept. NotBelieved: its lines are not what they should be.
    """
    lines = _lines_of(facts)
    with database.read() as connection:
        check_newer(connection, issuer, facts)
        kept = _kept(connection, issuer)
    fresh = (one for one in lines.values() if kept.get(one.serial) != (one.at, one.reason))
    while turn := list(islice(fresh, LINES_A_TURN)):
        with database.write() as connection:
            _put(connection, issuer, turn, kept)
    with database.write() as connection:
        check_newer(connection, issuer, facts)
        _drop_held(connection, issuer, lines, kept)
        _put_list(connection, issuer, facts, der, source=source, at=at)
    return len(lines)


def check_newer(connection: Connection, issuer: str, facts: CrlFacts) -> None:
    """Whether the list is at least as new as the one that is kept, by its own date and number (RFC 5280 § 5.2.3).

    Raises:
        OlderList
    """
    table = RevocationList.__table__.c
    old = connection.execute(select(table.this_update, table.number).where(table.issuer == issuer)).one_or_none()
    if old is None:
        return
    backwards = old.number and facts.number and int(facts.number) < int(old.number)
    if facts.this_update < old.this_update or backwards:
        raise OlderList("older than the list that is kept")


def _lines_of(facts: CrlFacts) -> Mapping[str, RevokedLine]:
    """The lines by serial number. The child that split them is believed no farther than this.

    Raises:
        NotBelieved
    """
    found: dict[str, RevokedLine] = {}
    try:
        for one in revoked_lines(facts):
            if not (0 < len(one.serial) <= _SERIAL_DIGITS and _HEXADECIMAL.issuperset(one.serial)):
                raise NotBelieved("a line without a serial number")
            if not 0 <= one.at < 2**62 or len(one.reason) > _REASON_LETTERS:
                raise NotBelieved("a line without a time")
            found[one.serial] = one
    except ValueError:
        raise NotBelieved("lines that are none") from None
    if len(found) > facts.count:
        raise NotBelieved("more lines than were counted")
    return found


def _kept(connection: Connection, issuer: str) -> dict[str, tuple[int, str]]:
    table = RevokedCertificate.__table__.c
    query = select(table.serial, table.revoked_at, table.reason).where(table.issuer == issuer)
    return {row.serial: (row.revoked_at, row.reason) for row in connection.execute(query)}


def _put(connection: Connection, issuer: str, turn: list[RevokedLine], kept: Mapping[str, tuple[int, str]]) -> None:
    """Enter new lines, and replace those that say something else now."""
    table = RevokedCertificate.__table__.c
    changed = [one.serial for one in turn if one.serial in kept]
    for part in _parts(changed):
        connection.execute(delete(RevokedCertificate).where(table.issuer == issuer, table.serial.in_(part)))
    values = [{"issuer": issuer, "serial": one.serial, "revoked_at": one.at, "reason": one.reason} for one in turn]
    connection.execute(insert(RevokedCertificate), values)


def _drop_held(
    connection: Connection, issuer: str, lines: Mapping[str, RevokedLine], kept: Mapping[str, tuple[int, str]]
) -> None:
    """A certificate that was on hold and is not named any more is good again (RFC 5280 § 5.3.1)."""
    table = RevokedCertificate.__table__.c
    released = [serial for serial, (_, reason) in kept.items() if reason == HOLD and serial not in lines]
    for part in _parts(released):
        connection.execute(delete(RevokedCertificate).where(table.issuer == issuer, table.serial.in_(part)))


def _put_list(connection: Connection, issuer: str, facts: CrlFacts, der: bytes, *, source: str, at: int) -> None:
    values = {
        "number": facts.number[:48], "this_update": facts.this_update, "next_update": facts.next_update,
        "fetched_at": at, "source": source[:500], "sha256": hashlib.sha256(der).hexdigest(), "der": der,
    }  # fmt: skip
    moved = connection.execute(
        update(RevocationList).where(RevocationList.__table__.c.issuer == issuer).values(**values)
    )
    if not moved.rowcount:
        connection.execute(insert(RevocationList).values(issuer=issuer, **values))


def _parts(serials: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(serials), 500):
        yield serials[begin : begin + 500]
