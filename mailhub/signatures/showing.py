"""What was judged of a document's signatures, for those who may know of it: when it came, and asked again since."""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailhub.accounts.rights import Action, Actor
from mailhub.registry.access import note, scope_of, sightings_within, subject_of
from mailhub.registry.showing import find_document
from mailhub.registry.tables import attachment_table
from mailhub.signatures.keeping import KeptVerdict, kept, table

MOST_SHOWN = 50


def show_verdicts(connection: Connection, actor: Actor, name: str) -> tuple[KeptVerdict, ...]:
    """Every verdict on the file of the document that `name` means (its id, its file's SHA-256, or its number), newest
    first, out of the messages that the actor may know of. Looking at others' is written down.

    Raises:
        NoSuchDocument, AmbiguousDocument.
    """
    line = find_document(connection, actor, name, Action.VERDICT_READ)
    note(connection, actor, Action.VERDICT_READ, subject_of(connection, actor, line.id, str(line.id)))
    scope = scope_of(connection, actor, Action.VERDICT_READ)
    seen = select(attachment_table.c.message_id).where(
        attachment_table.c.document_id == line.id, *sightings_within(scope)
    )
    query = select(table).where(table.c.sha256 == line.sha256, table.c.message_id.in_(seen))
    rows = connection.execute(query.order_by(table.c.at.desc(), table.c.id.desc()).limit(MOST_SHOWN))
    return tuple(kept(row) for row in rows)
