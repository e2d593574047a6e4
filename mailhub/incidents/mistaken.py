"""Secrets that were none: two people said so, and the same octets are judged by the other rules from then on.

What is remembered is the keyed hash of what bore the mark, as for any incident: no words, no names.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from mailhub.incidents.fingerprints import clearing_fingerprints
from mailhub.incidents.models import IncidentCopy, IncidentFingerprint
from mailhub.mail.body_text import BodyText
from mailhub.store.sealing import Sealer


def is_mistaken(
    connection: Connection,
    sealer: Sealer,
    *,
    found_in: frozenset[str],
    subject: str,
    body: BodyText | None,
    file_hashes: tuple[bytes, ...],
) -> bool:
    """Whether all that bears a mark in a message is known to be no secret."""
    wanted = clearing_fingerprints(sealer, found_in=found_in, subject=subject, body=body, file_hashes=file_hashes)
    query = select(func.count()).select_from(IncidentFingerprint)
    query = query.where(IncidentFingerprint.fingerprint.in_(wanted), IncidentFingerprint.mistaken.is_(True))
    return bool(wanted) and connection.execute(query).scalar_one() == len(wanted)


def remember_mistaken(connection: Connection, incident_id: int) -> int:
    """Flag what the incident is known by, and have no more copies looked for; how many fingerprints."""
    prints = update(IncidentFingerprint).where(IncidentFingerprint.incident_id == incident_id).values(mistaken=True)
    searched = (IncidentCopy.incident_id == incident_id, IncidentCopy.mailbox_id.is_not(None))
    connection.execute(update(IncidentCopy).where(*searched).values(due_at=None, message_id=""))
    return connection.execute(prints).rowcount
