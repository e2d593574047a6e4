"""Plain values that go into the queue and come out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from mailhub.queue.models import Door, EventKind, Purpose, RecipientState
from mailhub.registry.records import Sighting
from mailhub.store.spool import Location, StagedBody

Cuts = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Somebody's word is needed: of the mailbox `owner_id`, whose address is `owner`, until the moment `until`.

    `facts` are what the letter tells (`lifecycle` has its words): why in vi and en, who else must agree.
    """

    owner_id: int
    owner: str
    rule: str
    until: int
    reason_needed: bool
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What the rules say of one recipient's copy. `state` is QUEUED, HELD (then `asking`, or `HeldFor.FAULT` when that
    is None), REFUSED or DESTROYED. `destination` and `address` are those of a desk that gets it instead."""

    state: RecipientState = RecipientState.QUEUED
    rule: str = ""
    folder: str = ""
    asking: Asking | None = None
    address: str = ""
    destination: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecipient:
    """Somebody who is to get a message. `destination` is a key of `delivery/routes.py`."""

    address: str
    destination: str
    original: str | None = None
    notify: str = ""
    purpose: Purpose = Purpose.MAIL
    sent_by: str = ""
    # The groups whose moderators may let it go; empty: it waits for none.
    held_about: tuple[int, ...] = ()
    fate: Fate | None = None  # by the rules; None: not judged, or nothing to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderating:
    """A message waits for a moderator of a group, until the moment `until`; `tell` are the moderators' addresses."""

    group_id: int
    group: str
    until: int
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspecting:
    """A message is to be held until its files have been read, or until the moment `until`; `what` says why."""

    until: int
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message about to be committed, with its staged bytes."""

    id: int
    code: str
    door: Door
    received_at: int
    sender: str
    sender_verified: bool
    account_id: int | None
    client: str
    message_id: str
    subject: str
    body: StagedBody
    prefix: bytes
    cuts: Cuts
    body_hash: bytes
    utf8: bool
    eight_bit: bool
    dsn_ret: str | None
    dsn_envid: str | None
    fingerprint: bytes | None
    junk: bool
    derived_from: int | None
    recipients: tuple[NewRecipient, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    local_prefix: bytes = b""
    inspecting: Inspecting | None = None
    moderating: tuple[Moderating, ...] = ()
    # What was read in its files, for the timeline; empty when it has none.
    inspected: dict[str, Any] = field(default_factory=dict)
    sightings: tuple[Sighting, ...] = ()
    # What the rules said, for the timeline; empty when none fits.
    judged: dict[str, Any] = field(default_factory=dict)
    # What is written in the same transaction, once the message is taken: records, letters. Not when it is a repetition.
    also: tuple[Callable[[Connection], None], ...] = ()
    # The same, but mail goes before it: what cannot be written of it is left out, and the log says so.
    records: tuple[Callable[[Connection], None], ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """The answer to a commit: the code to tell the client; `repeated` when the message was here already.

    `closed`: nothing was taken, because the account that sends it was closed meanwhile.
    """

    code: str
    repeated: bool
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """What a worker needs to know of a message to deliver it."""

    id: int
    code: str
    door: Door
    received_at: int
    sender: str
    sender_verified: bool
    account_id: int | None
    message_id: str
    subject: str
    size: int
    location: Location
    prefix: bytes
    local_prefix: bytes
    cuts: Cuts
    body_hash: bytes
    dkim: bytes | None
    utf8: bool
    eight_bit: bool
    dsn_ret: str | None
    dsn_envid: str | None
    junk: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One recipient that this worker holds the lease of."""

    id: int
    message: StoredMessage
    address: str
    original: str | None
    notify: str
    destination: str
    attempts: int
    delay_notified: bool
    purpose: Purpose = Purpose.MAIL
    sent_by: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an attempt for one recipient, to be written by `service.settle`.

    `due_at` is null for a final state. `event` says what the timeline shows; None writes no line.
    """

    recipient: Claimed
    state: RecipientState
    due_at: int | None
    reply: str
    event: EventKind | None
    facts: dict[str, Any]
    delay_notified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A line of the timeline."""

    at: int
    message_id: int | None
    code: str
    recipient: str | None
    kind: EventKind
    facts: dict[str, Any]
