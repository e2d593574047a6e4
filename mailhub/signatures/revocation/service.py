"""Revocation data as people look at them, have them fetched, and carry them from one network into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.signatures.models import RevocationList, RevokedCertificate
from mailhub.signatures.revocation import sources
from mailhub.signatures.revocation.errors import BadBundle
from mailhub.signatures.revocation.mirror import Bundle, CarriedList, about
from mailhub.signatures.trust import rows
from mailhub.signatures.trust.service import trust_subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How well an issuer's certificates can be asked about. Times in ms, 0 = never; `count`: certificates that its
    list revokes."""

    issuer: str
    subject: str
    ocsp: str
    crl: str
    number: str = ""
    this_update: int = 0
    next_update: int = 0
    fetched_at: int = 0
    source: str = ""
    count: int = 0
    problems: tuple[str, ...] = ()  # of its addresses, "" left out


def freshness(connection: Connection) -> Sequence[Freshness]:
    """Of every pinned issuer that answers anywhere, or of which there is a list."""
    table, lines = RevocationList.__table__.c, RevokedCertificate.__table__.c
    lists = {
        row.issuer: dict(row._mapping)
        for row in connection.execute(
            select(table.issuer, table.number, table.this_update, table.next_update, table.fetched_at, table.source)
        )
    }
    counted = select(lines.issuer, func.count().label("number")).group_by(lines.issuer)
    counts = {row.issuer: row.number for row in connection.execute(counted)}
    troubles = {one.url: one.problem for one in sources.every(connection) if one.failures}
    found = []
    for one in rows.in_force(connection):
        if not (one.ocsp or one.crl or one.sha256 in lists):
            continue
        problems = tuple(f"{url}: {troubles[url]}" for url in (one.ocsp, one.crl) if url in troubles)
        values = {"issuer": one.sha256, **lists.get(one.sha256, {}), "count": counts.get(one.sha256, 0)}
        found.append(Freshness(subject=one.subject, ocsp=one.ocsp, crl=one.crl, problems=problems, **values))
    return found


def show_freshness(connection: Connection, actor: Actor) -> Sequence[Freshness]:
    """The same, for people.

    Raises:
        NotAllowed
    """
    subject = trust_subject(connection, "revocation")
    if not may(actor, Action.TRUST_READ, subject):
        raise refusal(actor, Action.TRUST_READ, subject.name)
    return freshness(connection)


def begin_fetch(connection: Connection, actor: Actor, *, at: int | None = None) -> None:
    """Write down that somebody has all lists fetched now; the fetching itself follows (`refreshing.py`).

    Raises:
        NotAllowed
    """
    with act(connection, actor, at=at) as acting:
        acting.check(Action.REVOCATION_CARRY, trust_subject(connection, "revocation"))
        acting.after = {"do": "fetch"}


def begin_key(connection: Connection, actor: Actor, *, at: int | None = None) -> None:
    """Write down that this hub is to be a mirror, whose bundles others may believe (`mirror_key.py`).

    Raises:
        NotAllowed
    """
    with act(connection, actor, at=at) as acting:
        acting.check(Action.REVOCATION_CARRY, trust_subject(connection, "revocation"))
        acting.after = {"do": "mirror key"}


def begin_import(connection: Connection, actor: Actor, bundle: Bundle, *, at: int | None = None) -> None:
    """Write down that a mirror's bundle is brought in, and that nothing older of that mirror ever will be; its lists
    are taken one by one afterwards (`carrying.py`), and can be again.

    Raises:
        NotAllowed. BadBundle: a newer one of the same mirror came in before.
    """
    with act(connection, actor, at=at) as acting:
        acting.check(Action.REVOCATION_CARRY, trust_subject(connection, "revocation"))
        url = mirror_url(bundle.key)
        before = sources.source_of(connection, url)
        if before is not None and before.answered_at > bundle.made_at:
            raise BadBundle("a newer bundle of this mirror was brought in before: this one is not taken")
        sources.note(connection, url, bundle.made_at)
        acting.after = {"do": "import", **about(bundle)}


def begin_export(connection: Connection, actor: Actor, *, reason: str, at: int | None = None) -> Sequence[CarriedList]:
    """Every list that is kept, for a bundle to be carried elsewhere.

    Raises:
        NotAllowed, ReasonMissing
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        acting.check(Action.REVOCATION_CARRY, trust_subject(connection, "revocation"))
        table = RevocationList.__table__.c
        query = select(table.issuer, table.source, table.fetched_at, table.der).order_by(table.issuer)
        found = [CarriedList(**dict(row._mapping)) for row in connection.execute(query)]
        acting.after = {"do": "export", "lists": [one.issuer for one in found]}
        return found


def mirror_url(key: str) -> str:
    """What a mirror is called where other sources have their address."""
    return f"mirror:{key}"
