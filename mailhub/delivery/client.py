"""An SMTP and LMTP client connection: greeting, capabilities, STARTTLS, then one transaction after another.

Own, because smtplib's LMTP knows no reply a recipient, aiosmtplib no pipelining, and both write their own idea of
line ends. Transport security is opportunistic (RFC 7435): a certificate is not verified unless the caller's
context does it, and a failed handshake is followed by one attempt in clear, unless TLS is required.
"""

from __future__ import annotations

import logging
import ssl

from mailhub.delivery.errors import ConnectFailed, ConnectionLost, HopFailed, TLSFailed
from mailhub.delivery.link import Link
from mailhub.delivery.outgoing import Outgoing, RecipientResult, Target, Timeouts
from mailhub.delivery.replies import Reply
from mailhub.delivery.transaction import Transaction

log = logging.getLogger(__name__)


def opportunistic_context() -> ssl.SSLContext:
    """TLS 1.2 or later without verification: still better than clear (RFC 7435). Costly: make it once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Connection:
    """A session with one hop, open for transactions while `usable`. Made by `open`."""

    def __init__(self, target: Target, link: Link, limits: Timeouts) -> None:
        self.target = target
        self.capabilities: dict[str, str] = {}
        self.messages = 0
        self.tls_failure = ""  # why this session is in clear although TLS was offered
        self._link = link
        self._limits = limits

    @classmethod
    async def open(
        cls,
        target: Target,
        *,
        helo: str,
        limits: Timeouts | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Connection:
        """Connect, and come as far as MAIL. `helo` is our own host name; without a context there is no TLS.

        Raises:
            HopFailed: the hop cannot be used now: ConnectFailed, TLSFailed, ConnectionLost, HopTimeout,
                ProtocolViolation.
        """
        limits = limits or Timeouts()
        try:
            return await cls._open(target, helo, limits, ssl_context)
        except TLSFailed as failure:
            if target.tls == "required":
                raise
            log.warning("%s [%s]: %s; sending in clear", target.host, target.peer, failure)
            connection = await cls._open(target, helo, limits, None)
            connection.tls_failure = str(failure)
            return connection

    @classmethod
    async def _open(cls, target: Target, helo: str, limits: Timeouts, ssl_context: ssl.SSLContext | None) -> Connection:
        link = await Link.connect(target, limits.connect)
        connection = cls(target, link, limits)
        try:
            await connection._greet(helo)
            await connection._secure(helo, ssl_context)
        except BaseException:
            link.abort()
            raise
        return connection

    @property
    def tls(self) -> str | None:
        """`TLSv1.3`, or None in clear."""
        return self._link.tls

    @property
    def usable(self) -> bool:
        """Whether another transaction may be tried. A hop that closed or spoke unasked has ended the session."""
        return not self._link.interrupted

    async def deliver(self, outgoing: Outgoing) -> list[RecipientResult]:
        """One transaction; a result a recipient, in order, whatever the hop does.

        Raises:
            NotStarted: the hop went away before it answered MAIL, so that another connection may be tried at once.
        """
        self.messages += 1
        try:
            return await Transaction(self._link, self.target, self.capabilities, self._limits, outgoing).run()
        except BaseException:  # cancelled, or a fault of ours: the other side must not see a finished message
            self._link.abort()
            raise

    async def close(self) -> None:
        """QUIT if the session still stands, and close."""
        await self._link.quit(self._limits.quit)

    # ------------------------------------------------------------------ before the first MAIL

    async def _greet(self, helo: str) -> None:
        await self._expect_greeting()
        await self._say_hello(helo)

    async def _expect_greeting(self) -> None:
        greeting = await self._reply(self._limits.greeting)
        if greeting.code != 220:
            # A refusal here is about us or this host, not about the message: another hop may serve (RFC 5321 § 3.1).
            raise ConnectFailed(
                f"{self.target.host} greets with {greeting.code} {greeting.text}",
                enhanced=_as_temporary(greeting),
                code=greeting.code,
            )

    async def _say_hello(self, helo: str) -> None:
        verbs = ("LHLO",) if self.target.lmtp else ("EHLO", "HELO")
        for verb in verbs:
            reply = await self._ask(f"{verb} {helo}\r\n".encode())
            if reply.ok:
                self.capabilities = _capabilities(reply) if verb != "HELO" else {}
                return
        raise ConnectFailed(
            f"{self.target.host} refuses {verbs[-1]}: {reply.code} {reply.text}",
            enhanced=_as_temporary(reply),
            code=reply.code,
        )

    async def _secure(self, helo: str, context: ssl.SSLContext | None) -> None:
        target = self.target
        if target.tls == "never" or context is None or "STARTTLS" not in self.capabilities:
            if target.tls == "required":
                raise TLSFailed(f"{target.host} offers no STARTTLS", enhanced="4.7.4")
            return
        reply = await self._ask(b"STARTTLS\r\n")
        if reply.code != 220:
            if target.tls == "required":
                raise TLSFailed(f"{target.host} refuses STARTTLS: {reply.code} {reply.text}", enhanced="4.7.4")
            self.tls_failure = f"STARTTLS refused: {reply.code} {reply.text}"
            return
        await self._link.start_tls(context, target.name, self._limits.command)
        try:
            await self._say_hello(helo)  # what was said in clear does not count (RFC 3207 § 4.2)
        except ConnectionLost as error:
            # With TLS 1.3 the client is done first: the server's refusal comes as an alert behind its own finish.
            raise TLSFailed(f"closed after the TLS handshake: {error}") from error

    async def _ask(self, command: bytes) -> Reply:
        self._link.send(command, 1)
        return await self._reply(self._limits.command)

    async def _reply(self, seconds: float) -> Reply:
        await self._link.wait_replies(1, seconds)
        try:
            return self._link.take()
        except HopFailed as failure:
            raise type(failure)(
                f"{self.target.host}: {failure}", enhanced=failure.enhanced, code=failure.code
            ) from failure


def _capabilities(reply: Reply) -> dict[str, str]:
    """EHLO keywords, upper-case, with their parameters (RFC 5321 § 4.1.1.1); the first line is the greeting."""
    found: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line.decode("ascii", "replace").strip().partition(" ")
        found[keyword.upper()] = parameters.strip()
    return found


def _as_temporary(reply: Reply) -> str:
    return "4" + reply.enhanced[1:] if not reply.enhanced.endswith(".0.0") else "4.3.2"
