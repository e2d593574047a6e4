"""What people are to be told, entered in the transaction of the act it tells of; lifecycle/post.py sends it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from mailhub.accounts.life.models import Letter
from mailhub.clock import now_ms
from mailhub.ids import new_id


class LetterKind(StrEnum):
    """The mails of the hub's own about accounts. Each has its words in lifecycle/words (wording § 2)."""

    REQUEST_MADE = "request-made"  # to those who decide
    REQUEST_DECIDED = "request-decided"  # to who asked
    WELCOME = "welcome"  # to the new mailbox itself
    ENDING = "ending"  # 30, 7 and 1 days before
    ENDED = "ended"  # to the unit, with what becomes of the mailbox
    SUSPENDED = "suspended"  # to the unit
    RESTORED = "restored"
    MOVED = "moved"
    LEAVE_BEGINS = "leave-begins"  # to the acting person
    LEAVE_OVER = "leave-over"
    IDLE_SOON = "idle-soon"
    IDLE_CLOSED = "idle-closed"
    REVIEW_OPENED = "review-opened"
    REVIEW_REMINDER = "review-reminder"
    REVIEW_SUSPENDED = "review-suspended"
    PASSWORD_EXPIRES = "password-expires"  # noqa: S105
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    RECOVERY_CODE = "recovery-code"
    NEW_DEVICE = "new-device"
    SECOND_FACTOR = "second-factor"
    DELEGATED = "delegated"
    ROLE_HELD = "role-held"
    MODERATION = "moderation"  # to a group's moderators
    MODERATION_REFUSED = "moderation-refused"  # to who wrote to it
    PROPOSAL = "proposal"  # to those who may be the second person
    PROPOSAL_DECIDED = "proposal-decided"  # to the first one, who can go on now, or cannot
    DOMAIN_ENDING = "domain-ending"
    AUDIT_HEAD = "audit-head"
    POLICY_WARNED = "policy-warned"  # delivered, but against a rule that is in "Nhắc"
    POLICY_REFUSED = "policy-refused"  # an RFC 3464 notice (wording § 2.1)
    POLICY_ASKED = "policy-asked"  # a word is needed (wording § 2.2)
    POLICY_WAITS = "policy-waits"  # to the sender, when somebody else is asked
    WORD_TAKEN = "word-taken"  # it was sent, or withdrawn
    WORD_UNCLEAR = "word-unclear"  # the reply could not be understood, or came too late
    WORD_LAPSED = "word-lapsed"  # nobody answered in time: it comes back
    HELD_DIGEST = "held-digest"  # 08:00
    SECRET_REFUSED = "secret-refused"  # noqa: S105  to the sender (wording § 2.3)
    INCIDENT = "incident"  # to the security officers
    INCIDENT_OVERDUE = "incident-overdue"
    PRIVATE_SENDERS = "private-senders"  # to an agency, monthly: its documents come from private mailboxes
    IMITATED = "imitated"  # somebody outside pretends to be you
    SENDING_STOPPED = "sending-stopped"  # to the owner and the help desk: a box that may be in strange hands
    SIGNATURE_INVALID = "signature-invalid"  # to who has the mail: what could not be told at first is no good
    MAILBOX_OPENED = "mailbox-opened"  # to its owner, unless the order says otherwise
    REPORT = "report"  # with the files, to who asked for it (reports/mailing/sending.py)


def tell(
    connection: Connection,
    kind: LetterKind,
    to_address: str,
    facts: Mapping[str, Any],
    *,
    about: str | None = None,
    at: int | None = None,
) -> bool:
    """Enter a letter in the caller's transaction; False when one `about` the same was entered before.

    `facts` become JSON and stay in the database: no passwords, no codes.
    """
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(Letter)
    row = {"id": new_id(), "kind": kind.value, "to_address": to_address, "about": about}
    told = json.dumps(dict(facts), ensure_ascii=False, default=str)  # strangers' subjects may have lone surrogates
    row |= {"facts": told.encode("utf-8", "replace").decode(), "entered_at": at or now_ms()}
    entered = insert.values(row).on_conflict_do_nothing(index_elements=["about"]).returning(Letter.id)
    return connection.execute(entered).first() is not None


def forget_letters(connection: Connection, *, before: int, limit: int = 5_000) -> int:
    """Delete letters that were sent before that moment; how many went."""
    old = select(Letter.id).where(Letter.sent_at < before).limit(limit)
    return connection.execute(delete(Letter).where(Letter.id.in_(old))).rowcount
