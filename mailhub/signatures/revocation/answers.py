"""What is known of certificates' status without asking anybody: lists and answers that were verified and kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, select, tuple_

from mailhub.clock import HOUR, MINUTE
from mailhub.files.signed.facts import RevocationAnswer, Status
from mailhub.signatures.models import OcspAnswer, RevocationList, RevokedCertificate
from mailhub.signatures.verdict import Wanted

# An authority's clock may be a little ahead of ours; an answer from farther in the future is none yet.
_AHEAD_MS = 10 * MINUTE


def known(connection: Connection, wanted: Iterable[Wanted], at: int) -> tuple[RevocationAnswer, ...]:
    """Every answer that is kept about these certificates, from lists and from OCSP; none for those nobody spoke of.

    A list says `good` of every certificate of its issuer that it does not name (RFC 5280 § 5).
    """
    asked = tuple(dict.fromkeys(wanted))
    if not asked:
        return ()
    found = (*_from_lists(connection, asked), *_from_ocsp(connection, asked))
    return tuple(one for one in found if one.this_update <= at + _AHEAD_MS)


def lacking(
    wanted: Iterable[Wanted], answers: Sequence[RevocationAnswer], at: int, max_age_hours: int
) -> tuple[Wanted, ...]:
    """Those of which no answer is in force at `at`: worth asking about. What is revoked for good stays so."""
    settled = {Wanted(one.issuer, one.serial) for one in answers if in_force(one, at, max_age_hours)}
    return tuple(one for one in dict.fromkeys(wanted) if one not in settled)


def in_force(answer: RevocationAnswer, at: int, max_age_hours: int) -> bool:
    """Whether nobody needs to be asked again yet."""
    if answer.status is Status.REVOKED and answer.reason != "certificate_hold":
        return True
    until = answer.next_update or answer.this_update + max_age_hours * HOUR
    return answer.status is not Status.UNKNOWN and at <= until


def _from_lists(connection: Connection, wanted: Collection[Wanted]) -> Iterable[RevocationAnswer]:
    lists, lines = RevocationList.__table__.c, RevokedCertificate.__table__.c
    query = select(lists.issuer, lists.this_update, lists.next_update)
    dates = {
        row.issuer: row for row in connection.execute(query.where(lists.issuer.in_({one.issuer for one in wanted})))
    }
    pairs = [(one.issuer, one.serial) for one in wanted]
    named = select(lines.issuer, lines.serial, lines.revoked_at, lines.reason)
    revoked = {
        (row.issuer, row.serial): row
        for row in connection.execute(named.where(tuple_(lines.issuer, lines.serial).in_(pairs)))
    }
    for one in wanted:
        line, date = revoked.get((one.issuer, one.serial)), dates.get(one.issuer)
        # The first list of an issuer may still be on its way into the rows: then a line of it is known, good is not.
        if line is None and date is None:
            continue
        yield RevocationAnswer(
            issuer=one.issuer,
            serial=one.serial,
            status=Status.GOOD if line is None else Status.REVOKED,
            this_update=date.this_update if date is not None else line.revoked_at if line is not None else 0,
            next_update=date.next_update if date is not None else 0,
            revoked_at=0 if line is None else line.revoked_at,
            reason="" if line is None else line.reason,
            kind="crl",
        )


def _from_ocsp(connection: Connection, wanted: Collection[Wanted]) -> Iterable[RevocationAnswer]:
    table = OcspAnswer.__table__.c
    pairs = [(one.issuer, one.serial) for one in wanted]
    query = select(
        table.issuer, table.serial, table.status, table.revoked_at, table.reason, table.this_update, table.next_update
    ).where(tuple_(table.issuer, table.serial).in_(pairs))
    for row in connection.execute(query):
        values = dict(row._mapping)
        yield RevocationAnswer(**{**values, "status": Status(values["status"])})
