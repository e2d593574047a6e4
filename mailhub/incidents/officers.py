"""Who hears of incidents: the security officers, and whom `[secrets] officers` names."""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailhub.accounts.addresses import fold
from mailhub.accounts.control.grants import holders_over
from mailhub.accounts.models import Address, Mailbox
from mailhub.accounts.rights import Role, Subject
from mailhub.accounts.tree import agency_subject, root_agency
from mailhub.settings import Settings

_NOBODY_ELSE = (Role.SYSTEM_ADMIN,)  # where no officer is named, somebody has to hear of it


def officers(connection: Connection, settings: Settings, subject: Subject, *, at: int) -> list[str]:
    """The addresses that letters about this incident go to."""
    named = holders_over(connection, (Role.SECURITY_OFFICER,), subject, at=at, but=None)
    found = list(dict.fromkeys([*settings.secrets.officers, *named]))
    return (
        found
        or [*holders_over(connection, _NOBODY_ELSE, subject, at=at, but=None)]
        or [f"postmaster@{settings.hub.domain}"]
    )


def incident_subject(connection: Connection, number: str, agency_id: int | None) -> Subject:
    """An incident as `may()` looks at it; without an agency it is the province's own."""
    agency = root_agency(connection) if agency_id is None else agency_id
    if agency is None:
        return Subject(kind="incident", name=number)
    return agency_subject(connection, "incident", number, agency)


def agency_of(connection: Connection, account_id: int | None, addresses: tuple[str, ...]) -> int | None:
    """Whose incident it is: the sender's agency; of mail from outside that of its first recipient of ours."""
    if account_id is not None:
        query = select(Mailbox.agency_id).where(Mailbox.id == account_id)
        if (found := connection.execute(query).scalar_one_or_none()) is not None:
            return found
    for number in mailboxes_of(connection, addresses):
        return connection.execute(select(Mailbox.agency_id).where(Mailbox.id == number)).scalar_one()
    return root_agency(connection)


def mailboxes_of(connection: Connection, addresses: tuple[str, ...]) -> list[int]:
    """The mailboxes of those addresses that are ours, in their order."""
    wanted = [fold(address) for address in addresses[:500]]
    query = select(Address.address, Address.mailbox_id).where(
        Address.address.in_(wanted), Address.mailbox_id.is_not(None)
    )
    found = {row.address: row.mailbox_id for row in connection.execute(query)}
    return list(dict.fromkeys(found[address] for address in wanted if address in found))


def secret_contact(settings: Settings) -> str:
    """Whom an official calls about a secret: a number, or a name; the same in every text. "" while nobody is named."""
    return settings.secrets.phone or settings.secrets.contact or settings.hub.support
