"""The agencies that a reader of reports may choose from."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import scope_of

MOST = 400  # that a page offers; others are typed by their code, or reached through the lines of a report


def report_agencies(connection: Connection, actor: Actor, *, limit: int = MOST) -> Sequence[tuple[str, str]]:
    """Codes and names within the actor's reach, those with units below them first; the order is by code.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.REPORT_READ)
    child = Agency.__table__.alias("child")
    children = select(func.count()).select_from(child).where(child.c.parent_id == Agency.id).scalar_subquery()
    query = select(Agency.code, Agency.name).where(Agency.ends_on.is_(None))
    if scope.agencies is not None:
        query = query.where(Agency.id.in_(scope.agencies))
    rows = connection.execute(query.order_by((children == 0), Agency.code).limit(limit))
    return [(row.code, row.name) for row in rows]
