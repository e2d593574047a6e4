"""What a notice is made of: plain values, filled in by the queue's worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailhub.mail.encoded import decode_text


class NoticeKind(StrEnum):
    """What a notice says. One notice says one thing."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"  # asked for by NOTIFY=SUCCESS (RFC 3461 § 4.1)
    REFUSED = "refused"  # by a rule of ours: not sent at all


class Action(StrEnum):
    """RFC 3464 § 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"  # to a server that does not do DSN
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRecipient:
    """One recipient that the notice is about. Times are milliseconds since the epoch."""

    address: str
    action: Action
    status: str  # enhanced code, RFC 3463: "5.1.1"
    original: str | None = None  # ORCPT, its xtext decoded: "rfc822;a+b@c.vn"
    host: str = ""  # who answered; "" when nobody did
    reply: str = ""  # what it answered: "550 5.1.1 No such user"
    last_attempt: int | None = None
    retry_until: int | None = None
    suggestion: str = ""  # a near address that exists; for 5.1.6 the unit to write to
    rule: str = ""  # of ours that refused it: its id, for programs
    article: str = ""  # on which that stands, in ASCII


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule:
    """A rule that refused some recipients, in people's words: `why` and `because` by language. `members`: how many
    somebody has written to by an address that is a group's."""

    title: str
    addresses: tuple[str, ...]
    why: Mapping[str, str]
    because: Mapping[str, str]
    members: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """All that a notice is made of. Times are milliseconds since the epoch.

    `original` is the message as stored, or only its beginning; `whole` says that it is complete and is to be
    returned complete (RET=FULL). `utf8`: the notice will travel as SMTPUTF8 (RFC 6531), which it has to when
    `to` is not ASCII.
    """

    kind: NoticeKind
    to: str
    name: str = ""  # of the person; "" when unknown
    host: str
    domain: str  # postmaster@ of it signs
    support: str = ""  # whom to call; "" shows the postmaster's address
    code: str  # of the message, for people
    at: int
    received_at: int
    subject: str
    message_id: str = ""
    envid: str | None = None  # xtext decoded
    recipients: tuple[NoticeRecipient, ...]
    reached: int = 0  # other recipients who have the message
    waiting: int = 0  # other recipients still being tried
    others: int = 0  # other recipients, whom a refusal does not touch
    rules: tuple[NoticeRule, ...] = ()  # with `NoticeKind.REFUSED`
    original: bytes
    whole: bool = False
    utf8: bool = False


def one_line(text: str, limit: int = 1000) -> str:
    """A stranger's text on one line, without control characters. Encoded words are read as such."""
    return decode_text(text.encode("utf-8", "replace"), limit=limit)
