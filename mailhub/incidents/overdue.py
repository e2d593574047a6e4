"""Incidents whose deadline passed without a report: the officers hear of it each day until there is one."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.life.models import Letter
from mailhub.clock import local_time
from mailhub.incidents.models import Incident, IncidentState
from mailhub.incidents.officers import incident_subject, officers
from mailhub.settings import Settings
from mailhub.store.database import Database

_MOST = 100


def count_unreported(connection: Connection, *, at: int) -> tuple[int, int]:
    """How many incidents nobody has reported yet, and how many of them are overdue at that moment (ms)."""
    query = select(func.count()).select_from(Incident).where(Incident.state == IncidentState.OPEN)
    every = connection.execute(query).scalar_one()
    return every, connection.execute(query.where(Incident.deadline_at <= at)).scalar_one()


def tell_overdue(database: Database, settings: Settings, *, at: int) -> int:
    """Enter the letters of the day that are not entered yet; how many.

    Raises:
        StoreUnavailable
    """
    late = (
        select(Incident.id, Incident.number, Incident.code, Incident.agency_id, Incident.deadline_at)
        .where(Incident.state == IncidentState.OPEN, Incident.deadline_at <= at)
        .order_by(Incident.id)
        .limit(_MOST)
    )
    with database.read() as connection:
        waiting = []
        for row in connection.execute(late).all():
            subject = incident_subject(connection, row.number, row.agency_id)
            for address in officers(connection, settings, subject, at=at):
                about = f"incident-overdue/{row.id}/{local_time(at).date()}/{address}"[:200]
                if connection.execute(select(Letter.id).where(Letter.about == about)).first() is None:
                    facts = {"number": row.number, "code": row.code, "deadline": row.deadline_at}
                    waiting.append((address, facts, about))
    if not waiting:
        return 0
    with database.write() as connection:
        return sum(
            tell(connection, LetterKind.INCIDENT_OVERDUE, address, facts, about=about, at=at)
            for address, facts, about in waiting
        )
