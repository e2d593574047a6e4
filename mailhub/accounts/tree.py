"""Walking the tree of agencies, whatever its depth."""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.models import Agency


def root_agency(connection: Connection) -> int | None:
    """The number of the province itself, or None before it is entered."""
    query = select(Agency.id).where(Agency.parent_id.is_(None)).order_by(Agency.id).limit(1)
    return connection.execute(query).scalar_one_or_none()


def find_agency(connection: Connection, code: str) -> int:
    """The number of the agency with this code; of the root for ''.

    Raises:
        NoSuchAgency
    """
    if not code:
        number = root_agency(connection)
        if number is None:
            raise NoSuchAgency("there is no agency yet: enter the province itself first")
        return number
    found = connection.execute(select(Agency.id).where(Agency.code == code)).scalar_one_or_none()
    if found is None:
        raise NoSuchAgency(f"no agency has the code {code!r}")
    return found


def agency_path(connection: Connection, agency_id: int) -> tuple[int, ...]:
    """The agency and those above it, up to the root."""
    return tuple(number for number, _ in _upwards(connection, agency_id))


def unit_address(connection: Connection, agency_id: int) -> str:
    """Where the agency's mail goes when a mailbox of its has ended: its own address, or the next one's above."""
    return next((address for _, address in _upwards(connection, agency_id) if address), "")


def subtree(connection: Connection, agency_id: int) -> frozenset[int]:
    """The agency and everything below it."""
    base = select(Agency.id).where(Agency.id == agency_id).cte("below", recursive=True)
    below = base.union(select(Agency.id).join(base, Agency.parent_id == base.c.id))
    return frozenset(connection.execute(select(below.c.id)).scalars())


def _upwards(connection: Connection, agency_id: int) -> list[tuple[int, str]]:
    path: dict[int, str] = {}
    here: int | None = agency_id
    while here is not None and here not in path:
        row = connection.execute(select(Agency.parent_id, Agency.unit_address).where(Agency.id == here)).one()
        path[here] = row.unit_address
        here = row.parent_id
    return list(path.items())
