"""Files that messages brought become records, within the transaction in which the messages are accepted.

Few statements a batch, whatever its size. What is known already costs a row of `attachment` and no more, unless it
reached an agency for the first time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mailhub.accounts.models import Address, Mailbox
from mailhub.ids import new_id
from mailhub.registry.answers import answered
from mailhub.registry.contents import Documents
from mailhub.registry.linking import link_within
from mailhub.registry.readings import Reading, readings_of, trust_of, write_readings
from mailhub.registry.records import Kept, Sighting
from mailhub.registry.secret import holds_secret
from mailhub.registry.tables import attachment_table, file_table, recipient
from mailhub.registry.values import storable
from mailhub.store.chunks import chunks
from mailhub.store.statements import Prepared

_ranks = select(file_table.c.sha256, file_table.c.rank, file_table.c.trust).where(
    file_table.c.sha256.in_(bindparam("hashes", expanding=True))
)
_receivers = (
    select(recipient.c.message_id, Mailbox.agency_id)
    .join(Address, Address.address == recipient.c.address)
    .join(Mailbox, Mailbox.id == Address.mailbox_id)
    .where(recipient.c.message_id.in_(bindparam("messages", expanding=True)))
    .distinct()
)
_senders = select(Mailbox.id, Mailbox.agency_id).where(Mailbox.id.in_(bindparam("accounts", expanding=True)))


def keep(connection: Connection, sightings: Sequence[Sighting]) -> list[Kept]:
    """Write down the files that messages brought; the rows of those messages and their recipients are there already.

    The same file in the same message may be told again, after it was read better. Answers hold a line for each
    sighting, and one for each document among its members.
    """
    readings = [reading for sighting in _answered(connection, sightings) for reading in readings_of(sighting)]
    if not readings:
        return []
    before = _known_ranks(connection, readings)
    better = [r for r in readings if _is_better(r, before.get(r.sha256))]
    write_readings(connection, better)
    _forget_names(connection, [r.sha256 for r in better if holds_secret(r.facts)])
    documents = Documents(connection, {r.sha256 for r in readings})
    documents.take(better)
    agencies = _agencies_of(connection, [r.sighting for r in readings if r.sha256 in documents])
    _write_attachments(connection, readings, documents, agencies)
    documents.seen_by(_desks_and_agencies(readings, documents, agencies))
    documents.keep_text(r for r in readings if r.sighting.desk_agency_id is not None)
    documents.write()
    link_within(connection, _by_message(readings, documents))
    return [
        Kept(r.sighting.message_id, r.path, r.sha256, documents.number_of(r.sha256), r.sha256 not in before)
        for r in readings
    ]


def _answered(connection: Connection, sightings: Sequence[Sighting]) -> list[Sighting]:
    """The sightings with people's answers in their facts, whatever reading they were told from."""
    found = answered(connection, [(sighting.sha256, sighting.facts) for sighting in sightings])
    return [replace(sighting, facts=facts) for sighting, facts in zip(sightings, found, strict=True)]


def _is_better(reading: Reading, before: tuple[int, str] | None) -> bool:
    """Better than what is there, or as good by other trust data."""
    rank, trust = before or (-1, "")
    return reading.rank > rank or (reading.rank == rank and trust_of(reading.facts) != trust)


def _known_ranks(connection: Connection, readings: Sequence[Reading]) -> dict[bytes, tuple[int, str]]:
    hashes = sorted({reading.sha256 for reading in readings})
    found: dict[bytes, tuple[int, str]] = {}
    for chunk in chunks(hashes):
        rows = connection.execute(_ranks, {"hashes": chunk})
        found |= {bytes(row.sha256): (row.rank, row.trust) for row in rows}
    return found


def _forget_names(connection: Connection, hashes: Sequence[bytes]) -> None:
    """What was seen before under some name turns out to hold a secret: the names go, whatever message had them."""
    if hashes:
        where = attachment_table.c.sha256.in_(list(hashes))
        connection.execute(update(attachment_table).where(where).values(names="[]"))


class _Parties:
    """The agencies of each message's sender and recipients."""

    def __init__(self, senders: Mapping[int, int], receivers: Mapping[int, set[int]]) -> None:
        self._senders = senders
        self._receivers = receivers

    def sender_of(self, sighting: Sighting) -> int | None:
        return None if sighting.account_id is None else self._senders.get(sighting.account_id)

    def of(self, sighting: Sighting) -> set[int]:
        sender = self.sender_of(sighting)
        desk = sighting.desk_agency_id
        more = {number for number in (sender, desk) if number is not None}
        return self._receivers.get(sighting.message_id, set()) | more


def _agencies_of(connection: Connection, sightings: Sequence[Sighting]) -> _Parties:
    receivers: dict[int, set[int]] = defaultdict(set)
    messages = sorted({sighting.message_id for sighting in sightings})
    for chunk in chunks(messages):
        for row in connection.execute(_receivers, {"messages": chunk}):
            receivers[row.message_id].add(row.agency_id)
    accounts = sorted({s.account_id for s in sightings if s.account_id is not None})
    senders: dict[int, int] = {}
    for some in chunks(accounts):
        rows = connection.execute(_senders, {"accounts": some})
        senders |= {row.id: row.agency_id for row in rows}
    return _Parties(senders, receivers)


def _write_attachments(
    connection: Connection, readings: Sequence[Reading], documents: Documents, parties: _Parties
) -> None:
    rows = {
        (reading.sighting.message_id, reading.path): _attachment_row(reading, documents, parties, position)
        for position, reading in enumerate(readings)
    }
    _attachments.execute_many(connection, list(rows.values()))


def _attachment_row(reading: Reading, documents: Documents, parties: _Parties, position: int) -> dict[str, Any]:
    sighting = reading.sighting
    names = () if documents.is_secret(reading.sha256) else reading.names
    return {
        "id": new_id(),
        "message_id": sighting.message_id,
        "code": sighting.code,
        "path": reading.path,
        "position": position,
        "names": json.dumps([storable(name)[:500] for name in names[:5]], ensure_ascii=False),
        "declared": storable(sighting.declared)[:100],
        "sha256": reading.sha256,
        "at": sighting.at,
        "account_id": sighting.account_id,
        "sender_agency_id": parties.sender_of(sighting),
        "desk_agency_id": sighting.desk_agency_id,
        "document_id": documents.number_of(reading.sha256),
    }


def _desks_and_agencies(
    readings: Sequence[Reading], documents: Documents, parties: _Parties
) -> dict[int, dict[int, bool]]:
    """Document → agency → whether it passed that agency's desk."""
    found: dict[int, dict[int, bool]] = defaultdict(dict)
    for reading in readings:
        number = documents.number_of(reading.sha256)
        if number is None:
            continue
        for agency in parties.of(reading.sighting):
            desk = agency == reading.sighting.desk_agency_id
            found[number][agency] = found[number].get(agency, False) or desk
    return found


def _by_message(readings: Sequence[Reading], documents: Documents) -> Iterable[list[Mapping[str, Any]]]:
    found: dict[int, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for reading in readings:
        row = documents.row_of(reading.sha256)
        if row is not None:
            found[reading.sighting.message_id][row["id"]] = row
    return [list(rows.values()) for rows in found.values() if len(rows) > 1]


def _upsert() -> Any:
    fresh = upsert(attachment_table)
    again = {name: fresh.excluded[name] for name in ("names", "document_id", "desk_agency_id")}
    return fresh.on_conflict_do_update(index_elements=["message_id", "path"], set_=again)


_attachments = Prepared(_upsert())
