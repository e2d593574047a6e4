"""MAIL and RCPT commands as a given hop can take them, and which recipients it cannot take at all. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from mailhub.delivery.outgoing import Outgoing, To

_PLAIN_PATH = re.compile(r'[^\x00-\x20\x7f\ud800-\udfff<>"]*')
_QUOTED_PATH = re.compile(
    r'"(?:[^\x00-\x1f\x7f\ud800-\udfff"\\]|\\[^\x00-\x1f\x7f\ud800-\udfff])*"@[^\x00-\x20\x7f\ud800-\udfff<>"]+'
)
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_NOTIFY = re.compile(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*")
_ORCPT = re.compile(r"[A-Za-z0-9-]{1,30};")


class Refusal(NamedTuple):
    """Why this hop cannot be offered it, ever."""

    enhanced: str
    text: str


NO_SMTPUTF8 = Refusal("5.6.7", "the next server does not offer SMTPUTF8, which this message or address needs")


class Envelope:
    """`outgoing` in the words of a hop that offers `capabilities` (EHLO keywords, upper-case, to their parameters).

    `final`: the hop is our own mailbox store. Nobody behind it has to understand anything, so it gets
    internationalised mail as it is, whether it knows of SMTPUTF8 or not: Dovecot 2.3 keeps the bytes.
    """

    def __init__(self, outgoing: Outgoing, capabilities: Mapping[str, str], *, final: bool = False) -> None:
        self._outgoing = outgoing
        self._can = capabilities
        self._final = final
        content = outgoing.content
        self._utf8 = content.utf8 or not outgoing.sender.isascii()
        self.dsn = "DSN" in capabilities

    def refusal(self) -> Refusal | None:
        """Why nobody gets the message over this hop; never downgraded (RFC 6531 § 3.2)."""
        if not _sound(self._outgoing.sender):
            return Refusal("5.1.7", "the sender's address cannot be written in SMTP")
        if self._utf8 and not self._final and "SMTPUTF8" not in self._can:
            return NO_SMTPUTF8
        limit = self._can.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < self._outgoing.content.size:
            return Refusal("5.3.4", f"the next server takes messages of at most {int(limit)} bytes")
        return None

    def recipient_refusal(self, to: To) -> Refusal | None:
        """Why this recipient cannot be offered to the hop."""
        if not to.address or not _sound(to.address):
            return Refusal("5.1.3", "the recipient's address cannot be written in SMTP")
        if not to.address.isascii() and "SMTPUTF8" not in self._can:
            return NO_SMTPUTF8
        return None

    def mail(self) -> bytes:
        """The MAIL command. 8-bit content to a hop without 8BITMIME goes as it is, never re-encoded."""
        content = self._outgoing.content
        command = f"MAIL FROM:<{self._outgoing.sender}>"
        if "SIZE" in self._can:
            command += f" SIZE={content.size}"
        if (content.eight_bit or content.utf8) and "8BITMIME" in self._can:
            command += " BODY=8BITMIME"
        if "SMTPUTF8" in self._can and (
            self._utf8 or not all(to.address.isascii() for to in self._outgoing.recipients)
        ):
            command += " SMTPUTF8"
        if self.dsn:
            if content.ret in ("FULL", "HDRS"):
                command += f" RET={content.ret}"
            if content.envid and len(envid := _xtext(content.envid)) <= 100:
                command += f" ENVID={envid}"
        return command.encode() + b"\r\n"

    def rcpt(self, to: To) -> bytes:
        """The RCPT command of one recipient."""
        command = f"RCPT TO:<{to.address}>"
        if self.dsn:
            if _NOTIFY.fullmatch(to.notify):
                command += f" NOTIFY={to.notify}"
            if to.orcpt and (kind := _ORCPT.match(to.orcpt)) and len(to.orcpt) <= 500:
                command += f" ORCPT={kind[0]}{_xtext(to.orcpt[kind.end() :])}"
        return command.encode() + b"\r\n"


def _sound(path: str) -> bool:
    """Whether a path can stand between `<` and `>` without ending the command or adding parameters to it."""
    return _PLAIN_PATH.fullmatch(path) is not None or _QUOTED_PATH.fullmatch(path) is not None


def _xtext(value: str) -> str:
    """`value` in the xtext of RFC 3461 § 4; what is xtext already stays as it is."""
    if _XTEXT.fullmatch(value):
        return value
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}" for octet in value.encode()
    )
