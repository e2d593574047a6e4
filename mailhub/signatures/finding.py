"""Which files have a verdict of some kind, for whoever may read verdicts: a filter for documents."""

from __future__ import annotations

from sqlalchemy import Connection, Select, select

from mailhub.accounts.rights import Action, Actor
from mailhub.registry.access import scope_of, sightings_within
from mailhub.registry.tables import attachment_table, document_table
from mailhub.signatures.keeping import table
from mailhub.signatures.verdict import Verdict


def files_judged(connection: Connection, actor: Actor, verdict: Verdict) -> Select[tuple[bytes]]:
    """A query for the SHA-256 of files of which this was said in a message that the actor may know of; for
    `registry.Search.files`.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.VERDICT_READ)
    found = select(table.c.sha256).where(table.c.verdict == verdict.value)
    if verdict is Verdict.VALID:
        # Most that is signed is valid: asked document by document the first page is there at once, while a set of all
        # of them is not; the other verdicts are few.
        found = found.where(table.c.sha256 == document_table.c.sha256).correlate(document_table)
    within = sightings_within(scope)
    if within:
        here = (attachment_table.c.message_id == table.c.message_id, attachment_table.c.sha256 == table.c.sha256)
        found = found.where(select(attachment_table.c.id).where(*here, *within).exists())
    return found
