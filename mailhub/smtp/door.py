"""What stands behind the protocol: a door decides, `server.py` only talks.

The server asks in the order of a session: connect, helo, authenticate, mail, rcpt, data, disconnect. A door may
raise: whatever it raises becomes 451 4.3.0, never a refusal for good and never the error's own words.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

LONGEST_TEXT = 480  # of a reply line of 512 octets with its codes and CRLF, RFC 5321 § 4.5.3.1.5


class Reply(NamedTuple):
    """An SMTP reply: basic code (RFC 5321 § 4.2), enhanced code (RFC 3463; "" = none), ASCII text.

    A line feed in the text makes a reply of several lines.
    """

    code: int
    enhanced: str
    text: str

    def line(self) -> str:
        """The reply as it is sent, without the last CRLF. What is not printable ASCII shows as `?`."""
        code, enhanced, text = self
        if text.isascii() and text.isprintable() and len(text) <= LONGEST_TEXT:
            return f"{code} {enhanced} {text}" if enhanced else f"{code} {text}"
        lines = [_printable(line) for line in text.split("\n")]
        if enhanced:
            lines = [f"{enhanced} {line}" for line in lines]
        return "\r\n".join([*(f"{code}-{line}" for line in lines[:-1]), f"{code} {lines[-1]}"])

    @property
    def ok(self) -> bool:
        """Whether the command was obeyed (2yz)."""
        return self.code // 100 == 2


def _printable(text: str) -> str:
    return "".join(c if " " <= c <= "~" else "?" for c in text[:LONGEST_TEXT])


@dataclass(slots=True)
class Client:
    """Who is at the other end. `ip` is "" for a Unix socket, whose peer's user is then in `uid`."""

    ip: str
    port: int
    local_port: int
    helo: str = ""
    esmtp: bool = False
    tls_version: str | None = None
    tls_cipher: str | None = None
    uid: int | None = None
    account: object | None = None  # set by Door.authenticate
    logged_in_at: int = 0  # ms, when the secret was given; set with `account`
    facts: dict[str, object] = field(default_factory=dict)  # the door's own
    size_limit: int | None = None  # octets a message; None: the server's limit


@dataclass(slots=True)
class MailCommand:
    """MAIL (RFC 5321 § 4.1.1.2). `sender` is "" for the null reverse-path; `envid` and `auth` are decoded xtext."""

    sender: str
    size: int | None = None
    body: str = "7BIT"
    utf8: bool = False
    ret: str | None = None
    envid: str | None = None
    auth: str | None = None


@dataclass(slots=True)
class RcptCommand:
    """RCPT (RFC 5321 § 4.1.1.3, RFC 3461 § 4). `address` is `postmaster` for the one without a domain;
    `notify` is "" when absent; `orcpt` is decoded xtext: `rfc822;x@y`."""

    address: str
    notify: str = ""
    orcpt: str | None = None


@dataclass(slots=True)
class Transaction:
    """A mail transaction: the sender and the recipients accepted so far."""

    mail: MailCommand
    recipients: list[RcptCommand] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)


class Body(Protocol):
    """Where the content of one message goes, piece by piece, dots already unstuffed."""

    def write(self, chunk: bytes) -> Awaitable[None] | None:
        """Take the next piece (up to about 64 KiB). An awaitable is awaited before more is read."""

    async def finish(self) -> Reply:
        """The message is whole: commit it, or refuse it. Runs to its end even when the client hangs up."""
        ...

    async def abort(self) -> None:
        """There will be no message. Also called when `write` or `finish` raised."""


class Door(Protocol):
    """Decides about the commands of a session; see the module's words on errors."""

    auth: bool  # AUTH is offered, inside TLS
    require_auth: bool  # MAIL is refused before AUTH
    require_tls: bool  # nearly everything is refused before STARTTLS
    refuse_early_talkers: bool  # who speaks before the greeting is sent away

    @property
    def banner(self) -> str:
        """What the greeting says; the first word is the host's name."""
        ...

    async def connect(self, client: Client) -> Reply | None:
        """Asked before the greeting. A 4yz or 5yz reply takes its place and ends the session."""

    async def helo(self, client: Client) -> Reply | None:
        """Asked at HELO and EHLO, with `client.helo` set. A refusal is sent instead of the usual reply."""

    async def authenticate(self, client: Client, login: str, password: str) -> Reply:
        """235, with `client.account` set, or a refusal. The door itself delays those who guess."""
        ...

    async def mail(self, client: Client, mail: MailCommand) -> Reply:
        """May this sender write?"""
        ...

    async def rcpt(self, client: Client, tx: Transaction, rcpt: RcptCommand) -> Reply:
        """May it go to this recipient? A 2yz reply adds it to `tx.recipients`."""
        ...

    async def data(self, client: Client, tx: Transaction) -> Body | Reply:
        """Where the content goes, or a refusal. Asked before 354, and at the first BDAT."""
        ...

    def refused(self, kind: str, client: Client, tx: Transaction | None, reply: Reply) -> Reply:
        """The server refuses something by itself, of which `kind` is the name: the reply to give in its place."""
        ...

    async def disconnect(self, client: Client) -> None:
        """The session is over."""
