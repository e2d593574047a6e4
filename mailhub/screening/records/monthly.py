"""Documents that come from private mailboxes are evidence against who issued them: each agency hears of it monthly.

Rule 2 of the catalogue. The counts are `PrivateMailUse.issued`: the issuer was read in the document itself, the sender
proved to be at a provider of private mail (record.py). Nobody is named, neither the sender nor who got it.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Agency
from mailhub.accounts.tree import path_of, unit_address
from mailhub.screening.models import PrivateMailUse


def tell_agencies(connection: Connection, today: date, *, at: int) -> list[str]:
    """Tell each agency of the month before `today`, once; the codes of those that were told now.

    The letter goes to the agency's unit address (or the next one's above); without one nobody is told, until there is.
    """
    last = today.replace(day=1) - timedelta(days=1)
    told = []
    for agency_id, providers in _issued(connection, last.replace(day=1), last).items():
        to = _unit_of(connection, agency_id, at=at)
        if not to:
            continue
        agency = connection.execute(select(Agency.code, Agency.name).where(Agency.id == agency_id)).one()
        facts = {
            "agency": agency.name,
            "month": f"{last:%m/%Y}",
            "documents": sum(providers.values()),
            "providers": [f"{provider}: {number}" for provider, number in providers.items()],
        }
        about = f"private-senders/{agency_id}/{last:%Y-%m}"
        if tell(connection, LetterKind.PRIVATE_SENDERS, to, facts, about=about, at=at):
            told.append(agency.code)
    return told


def _unit_of(connection: Connection, agency_id: int, *, at: int) -> str:
    """The agency's unit address, or the next one's above; for what lies in a block, none from above that block."""
    path = path_of(connection, agency_id)
    inside = next((number for number, step in enumerate(path) if step.block), None)
    if inside is None:
        return unit_address(connection, agency_id, at=at)
    return next((step.unit_address for step in path[: inside + 1] if step.unit_address), "")


def _issued(connection: Connection, since: date, until: date) -> dict[int, dict[str, int]]:
    """By agency and provider, most first: how many of its documents came from there."""
    number = func.sum(PrivateMailUse.issued)
    query = select(PrivateMailUse.agency_id, PrivateMailUse.provider, number.label("number"))
    query = query.where(PrivateMailUse.day >= since, PrivateMailUse.day <= until, PrivateMailUse.issued > 0)
    query = query.group_by(PrivateMailUse.agency_id, PrivateMailUse.provider)
    found: dict[int, dict[str, int]] = {}
    for row in connection.execute(query.order_by(PrivateMailUse.agency_id, number.desc(), PrivateMailUse.provider)):
        found.setdefault(row.agency_id, {})[row.provider] = int(row.number)
    return found
