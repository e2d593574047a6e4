"""postmaster@ and abuse@ of every domain: they always exist and always reach somebody (RFC 5321 § 4.5.1, RFC 2142)."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts.act import act
from mailhub.accounts.addresses import claim, lookup, read_domain
from mailhub.accounts.errors import NoSuchAgency, Protected
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.models import Address, AddressKind, Mailbox, MailboxKind
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import root_agency
from mailhub.ids import new_id

SYSTEM_LOCALS = ("postmaster", "abuse")


def ensure_system_addresses(
    connection: Connection, actor: Actor, domain: str, *, admin: str = "", at: int | None = None
) -> None:
    """Make sure that the domain has postmaster@ and abuse@; with `admin`, lead them to that mailbox.

    Raises:
        NoSuchDomain, NoSuchAccount (admin), NotAllowed. Protected: `admin` takes no mail.
    """
    domain = read_domain(domain)
    with act(connection, actor, at=at) as acting:
        acting.check(Action.SYSTEM_ADDRESS, Subject(kind="domain", name=domain))
        create_system_addresses(connection, domain, at=acting.at)
        if admin:
            mailbox = find_mailbox(connection, admin)
            if not mailbox.takes_mail:
                raise Protected(f"{admin} takes no mail, so it cannot be the postmaster")
            for local in SYSTEM_LOCALS:
                connection.execute(
                    update(Address)
                    .where(Address.address == f"{local}@{domain}", Address.kind == AddressKind.ALIAS)
                    .values(mailbox_id=mailbox.id)
                )
        acting.after = {"domain": domain, "admin": admin}


def create_system_addresses(connection: Connection, domain: str, *, at: int) -> None:
    """Inside an act: enter the addresses that are missing, as other names of the hub's system mailbox."""
    mailbox_id = _system_mailbox(connection, domain, at=at)
    for local in SYSTEM_LOCALS:
        address = f"{local}@{domain}"
        if lookup(connection, address) is None:
            claim(connection, address, AddressKind.ALIAS, mailbox_id=mailbox_id, protected=True)


def guard(connection: Connection, mailbox_id: int) -> None:
    """Refuse to close a mailbox that a protected address leads to.

    Raises:
        Protected
    """
    query = select(Address.address).where(Address.mailbox_id == mailbox_id, Address.protected.is_(True)).limit(1)
    address = connection.execute(query).scalar_one_or_none()
    if address is not None:
        raise Protected(f"{address} leads to this mailbox and must reach somebody: point it elsewhere first")


def _system_mailbox(connection: Connection, domain: str, *, at: int) -> int:
    query = select(Mailbox.id).where(Mailbox.kind == MailboxKind.SYSTEM).order_by(Mailbox.id).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    if found is not None:
        return found
    agency_id = root_agency(connection)
    if agency_id is None:
        raise NoSuchAgency("there is no agency yet: enter the province itself first")
    number, address = new_id(), f"hub-admin@{domain}"
    connection.execute(
        insert(Mailbox).values(
            id=number,
            address=address,
            kind=MailboxKind.SYSTEM,
            name="Quản trị thư điện tử",
            agency_id=agency_id,
            may_login=False,
            created_at=at,
        )
    )
    claim(connection, address, AddressKind.MAILBOX, mailbox_id=number, protected=True)
    return number
