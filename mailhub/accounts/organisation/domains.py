"""The domains that officials send from and receive at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, RowMapping, insert, select, update

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.addresses import read_domain, read_home
from mailhub.accounts.errors import InvalidValue, NameTaken, NoSuchAgency, NoSuchDomain
from mailhub.accounts.models import Domain
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.system import create_system_addresses
from mailhub.accounts.tree import root_agency
from mailhub.clock import local_time, now_ms


def add_domain(
    connection: Connection,
    actor: Actor,
    name: str,
    *,
    official_from: date | None = None,
    official_until: date | None = None,
    alias_of: str | None = None,
    home: str = "",
    relay: bool = False,
    at: int | None = None,
) -> None:
    """Enter a domain of ours, with postmaster@ and abuse@ on it. The first one is the canonical one.

    `alias_of` makes it another name of a domain that is here already; `relay` says that its mailboxes are not
    listed here, so that everything goes on to `home` (smtp://host:port).

    Raises:
        NameTaken, InvalidAddress, InvalidValue, NoSuchDomain (alias_of), NoSuchAgency (no root yet), NotAllowed.
    """
    name, home = read_domain(name), read_home(home)
    if relay and not home:
        raise InvalidValue("a domain whose mailboxes are elsewhere needs its home")
    with act(connection, actor, at=at) as acting:
        acting.check(Action.DOMAIN_ADD, Subject(kind="domain", name=name))
        known = {row.name: row for row in connection.execute(select(Domain.name, Domain.alias_of))}
        if name in known:
            raise NameTaken(f"the domain is here already: {name}")
        if alias_of is not None:
            alias_of = read_domain(alias_of)
            if alias_of not in known or known[alias_of].alias_of is not None:
                raise NoSuchDomain(f"not a domain that can have another name: {alias_of}")
        if root_agency(connection) is None:
            raise NoSuchAgency("enter the province itself as the first agency")
        connection.execute(
            insert(Domain).values(
                name=name,
                canonical=not known,
                official_from=official_from,
                official_until=official_until,
                alias_of=alias_of,
                home=home,
                relay=relay,
            )
        )
        create_system_addresses(connection, name, at=acting.at)
        acting.after = domain_picture(find_domain(connection, name))


def end_domain(
    connection: Connection,
    actor: Actor,
    name: str,
    *,
    reason: str,
    until: date | None = None,
    receives: bool = True,
    at: int | None = None,
) -> None:
    """Say on which day officials last send from the domain (yesterday when left out: it ends now).

    It goes on receiving unless `receives` is false. It stays ours in either case: nobody outside may use it.

    Raises:
        NoSuchDomain, ReasonMissing, NotAllowed. InvalidValue: it is the canonical domain, which cannot end.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        row = _start(connection, acting, Action.DOMAIN_END, name)
        if row["canonical"]:
            raise InvalidValue("the canonical domain cannot end; make another one canonical first")
        last = until or local_time(acting.at).date() - timedelta(days=1)
        connection.execute(
            update(Domain).where(Domain.name == row["name"]).values(official_until=last, receives=receives)
        )
        acting.after = domain_picture(find_domain(connection, name))


def set_domain_home(
    connection: Connection, actor: Actor, name: str, home: str, *, relay: bool | None = None, at: int | None = None
) -> None:
    """Say where the domain's mailboxes live: `here`, or smtp://host:port. `relay` as in `add_domain`.

    Raises:
        NoSuchDomain, InvalidValue, NotAllowed.
    """
    home = read_home(home)
    with act(connection, actor, at=at) as acting:
        row = _start(connection, acting, Action.DOMAIN_HOME, name)
        relays = row["relay"] and bool(home) if relay is None else relay
        if relays and not home:
            raise InvalidValue("a domain whose mailboxes are elsewhere needs its home")
        connection.execute(update(Domain).where(Domain.name == row["name"]).values(home=home, relay=relays))
        acting.after = domain_picture(find_domain(connection, name))


def find_domain(connection: Connection, name: str) -> RowMapping:
    """The domain's row.

    Raises:
        NoSuchDomain: it is not ours.
    """
    row = connection.execute(select(Domain.__table__).where(Domain.name == read_domain(name))).mappings().one_or_none()
    if row is None:
        raise NoSuchDomain(f"not a domain of ours: {name}")
    return row


def list_domains(connection: Connection) -> Sequence[RowMapping]:
    """Every domain, the canonical one first."""
    table = Domain.__table__
    return connection.execute(select(table).order_by(table.c.canonical.desc(), table.c.name)).mappings().all()


def domain_picture(row: RowMapping) -> dict[str, object]:
    """The row as the audit log and `--json` show it: dates as YYYY-MM-DD or null."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}


def is_official(row: RowMapping, *, at: int | None = None) -> bool:
    """Whether officials may send from the domain on that day (today when left out)."""
    today = local_time(now_ms() if at is None else at).date()
    starts, ends = row["official_from"], row["official_until"]
    return (starts is None or starts <= today) and (ends is None or today <= ends)


def _start(connection: Connection, acting: Act, action: Action, name: str) -> RowMapping:
    row = find_domain(connection, name)
    acting.check(action, Subject(kind="domain", name=row["name"]))
    acting.before = domain_picture(row)
    return row
