"""The mail with its sealed files, as a new message: durable before its row is written, inspected like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailhub.clock import now_ms
from mailhub.ids import new_code, new_id
from mailhub.intake.inspection import Inspection
from mailhub.intake.telling import document_fields, timeline_facts
from mailhub.mail.dkim import BodyHasher
from mailhub.mail.headers import header_end
from mailhub.mail.replacing import Untouchable, replaced
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body
from mailhub.queue.models import Door
from mailhub.queue.records import NewMessage, StoredMessage
from mailhub.queue.successors import Successor
from mailhub.store.spool import Spool, StagedBody

# Of the first line of the message that it takes the place of: who sent it, and as whom.
_CAME_WITH = ("account", "as", "tls", "former")


def octets_of(data: bytes, paths: Sequence[str]) -> dict[str, bytes]:
    """What the files at these parts' paths of the mail `data` hold."""
    parts = {part.path: part for part in read_structure(data).files}
    return {path: decode_body(data, parts[path])[0] for path in paths}


def with_files(data: bytes, contents: Mapping[str, bytes]) -> bytes | Untouchable:
    """The mail `data` with these contents at these parts' paths; only those parts' encoded octets change."""
    for path, content in contents.items():
        found = replaced(data, read_structure(data), path, content)
        if isinstance(found, Untouchable):
            return found
        data = found
    return data


def successor_of(
    spool: Spool,
    before: StoredMessage,
    data: bytes,
    inspection: Inspection,
    *,
    first_line: Mapping[str, Any],
    told: dict[str, Any],
) -> Successor:
    """A message that takes the place of `before`, whose octets are `data`; they are durable when this returns.

    Its header is the first one's, so that what is left out of it and put above it at delivery stays as it was.

    Raises:
        StoreUnavailable: the disk does not take it.
    """
    body = spool.stage()
    try:
        body.write(data)
        body.set_apart()
        body.sync()
        message = _message_like(before, data, body, inspection, first_line)
        return Successor(message=message, location=spool.commit([body])[0], told=told)
    finally:
        body.discard()


def _message_like(
    before: StoredMessage, data: bytes, body: StagedBody, inspection: Inspection, first_line: Mapping[str, Any]
) -> NewMessage:
    hasher = BodyHasher()
    hasher.update(data[header_end(data) :])
    return NewMessage(
        id=new_id(),
        code=new_code(),
        door=Door(before.door),
        received_at=now_ms(),
        sender=before.sender,
        sender_verified=before.sender_verified,
        account_id=before.account_id,
        client=str(first_line.get("client") or ""),
        message_id=before.message_id,
        subject=before.subject,
        body=body,
        prefix=before.prefix,
        cuts=before.cuts,
        body_hash=hasher.digest(),
        utf8=before.utf8,
        eight_bit=before.eight_bit,
        dsn_ret=before.dsn_ret,
        dsn_envid=before.dsn_envid,
        fingerprint=None,  # a client that repeats itself repeats the first one
        junk=before.junk,
        derived_from=before.id,
        recipients=(),
        facts={key: first_line[key] for key in _CAME_WITH if key in first_line},
        local_prefix=document_fields(inspection),
        inspected=timeline_facts(inspection),
    )
