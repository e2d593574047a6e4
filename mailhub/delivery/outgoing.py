"""What is given to the client, and what comes back: plain values, no I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol

TLSUse = Literal["opportunistic", "never", "required"]


@dataclass(frozen=True, slots=True)
class Target:
    """One place to connect to. `host` is for people and notices, `name` for SNI ("" = none)."""

    host: str
    address: tuple[str, int] | str  # an IP address and a port, or the path of a Unix socket
    lmtp: bool = False
    tls: TLSUse = "opportunistic"
    name: str = ""

    @property
    def peer(self) -> str:
        """`192.0.2.1:25`, `[2001:db8::1]:25` or a path."""
        if isinstance(self.address, str):
            return self.address
        ip, port = self.address
        return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one connection, in seconds (RFC 5321 § 4.5.3.2). Data is judged by its progress, not its total."""

    connect: float = 30.0
    greeting: float = 300.0
    command: float = 300.0  # each reply; also the TLS handshake
    data_idle: float = 180.0  # no byte taken for so long
    data_rate: int = 12_000  # bytes a minute; 0 = off
    data_grace: float = 60.0  # how long data may go slower than that
    final: float = 600.0  # from the dot to its reply; LMTP: each reply
    quit: float = 5.0


class To(NamedTuple):
    """A recipient with its DSN parameters (RFC 3461), `orcpt` as the client gave it (`rfc822;x@y`)."""

    address: str
    notify: str = ""
    orcpt: str | None = None


class Content(Protocol):
    """A message to send. `chunks` is asked afresh for each attempt, and may raise a MailhubError on a local fault."""

    @property
    def size(self) -> int:
        """Octets that `chunks` will give (SIZE, RFC 1870). Fewer are taken for a damaged spool: nothing is sent."""

    @property
    def utf8(self) -> bool:
        """It may only go to a hop with SMTPUTF8 (RFC 6531)."""

    @property
    def eight_bit(self) -> bool:
        """It holds octets above 127 (RFC 6152)."""

    @property
    def ret(self) -> str | None:
        """`FULL` or `HDRS` (RFC 3461)."""

    @property
    def envid(self) -> str | None:
        """The sender's envelope identifier (RFC 3461)."""

    def chunks(self) -> AsyncIterator[bytes] | Iterator[bytes]:
        """The octets, not stuffed, lines ending in CRLF."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to some recipients of one destination. `sender` "" is the null reverse-path."""

    sender: str
    recipients: Sequence[To]
    content: Content


class Outcome(StrEnum):
    """How it ended for a recipient."""

    DELIVERED = "delivered"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """What became of one recipient, in the order of `Outgoing.recipients`."""

    address: str
    outcome: Outcome
    code: int  # the hop's reply code; 0 = the words are ours
    enhanced: str  # RFC 3463, always there
    text: str  # one printable line of at most 500 characters
    host: str = ""
    peer: str = ""
    tls: str | None = None  # "TLSv1.3"; None = in clear
    dsn_passed: bool = False  # the hop took over the duty to notify (RFC 3461 § 5.2.2)
    uncertain: bool = False  # lost after the dot, before its reply: the hop may have the message
    crowded: bool = False  # refused only as one recipient too many for one transaction (RFC 5321 § 4.5.3.1.10)
