"""A document that its agency had sealed lies in two files, the one that the clerk sent and the one with the seal on it.

Lists show the sealed one and say so; the other is kept, and found from it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, exists, select

from mailhub.accounts.tree import Scope
from mailhub.registry.access import in_own_messages
from mailhub.registry.tables import agency_table, attachment_table, document_table, seal_act
from mailhub.store.chunks import chunks

_sealed_copy = document_table.alias("sealed_copy")


def not_replaced(scope: Scope) -> ColumnElement[bool]:
    """The condition that no sealed copy stands for a document, among what an actor may see: who knows the first file
    only, goes on seeing it. What a person corrected stays, too: the answer holds for those octets alone."""
    took_over = exists().where(
        seal_act.c.original == document_table.c.sha256,
        _sealed_copy.c.sha256 == seal_act.c.sealed,
        _sealed_copy.c.id != document_table.c.id,
        *_within(scope),
    )
    return ~took_over.correlate(document_table) | document_table.c.corrected_at.is_not(None)


def first_mail_of_a_sealed_one() -> ColumnElement[bool]:
    """The condition that a file was seen in a mail in whose place a sealed one went: it reached nobody."""
    return exists().where(seal_act.c.message_id == attachment_table.c.message_id, seal_act.c.sealed_code != "")


def sealed_among(connection: Connection, hashes: Iterable[bytes]) -> frozenset[bytes]:
    """Those of these files that carry their agency's seal, put on by this hub."""
    found: set[bytes] = set()
    for some in chunks(sorted(set(hashes))):
        found |= {
            bytes(one) for one in connection.scalars(select(seal_act.c.sealed).where(seal_act.c.sealed.in_(some)))
        }
    return frozenset(found)


def other_files(connection: Connection, sha256: bytes) -> dict[int, str]:
    """The documents in the files before and after sealing, by number: `unsealed` or `sealed`."""
    found: dict[int, str] = {}
    for here, there, kind in (
        (seal_act.c.original, seal_act.c.sealed, "sealed"),
        (seal_act.c.sealed, seal_act.c.original, "unsealed"),
    ):
        query = select(document_table.c.id).join(seal_act, there == document_table.c.sha256).where(here == sha256)
        found |= dict.fromkeys(connection.scalars(query.limit(50)), kind)
    return found


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if scope.agencies is not None:
        passed = agency_table.c.document_id == _sealed_copy.c.id
        found.append(exists().where(passed, agency_table.c.agency_id.in_(scope.agencies)))
    if scope.account_id is not None:
        seen = attachment_table.c.document_id == _sealed_copy.c.id
        found.append(exists().where(seen, in_own_messages(scope.account_id)))
    return found
