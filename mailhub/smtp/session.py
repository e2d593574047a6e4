"""The frame of a session (RFC 5321 § 3): the greeting, the loop that obeys commands, the faults, the end.

A command costs no task switch: those of a pipelined group (RFC 2920) are taken from the buffer one after the other,
and their replies leave in one write. `connection.py` says what is used of aiosmtpd.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

from mailhub.smtp import commands
from mailhub.smtp.connection import Connection
from mailhub.smtp.door import Client, Door, Reply, Transaction
from mailhub.smtp.errors import CommandError, SessionEnd
from mailhub.smtp.incoming import LOCAL_FAULT, Incoming, fault
from mailhub.smtp.limits import ServerLimits

Answer = TypeVar("Answer")

NOT_SMTP = Reply(554, "5.5.0", "This is an SMTP server")
EARLY = Reply(554, "5.5.1", "You spoke before the greeting")
SHUTTING_DOWN = Reply(421, "4.3.2", "May chu dang dung. Xin ket noi lai sau")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Qua nhieu lenh sai")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Qua nhieu lenh ma khong gui thu")

TLS_HELLO = 0x16  # the first octet of a TLS handshake record, RFC 8446 § 5.1
BAD_COMMANDS = frozenset({500, 501, 502, 503, 504, 530, 538, 555})
BEFORE_TLS = frozenset({"EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "HELP", "QUIT"})


class Session(Connection):
    """One session with one client, on behalf of `door`. Subclasses add commands to `verbs`."""

    verbs: ClassVar[dict[str, Callable[[Any, str], Awaitable[None]]]] = {}

    def __init__(
        self,
        door: Door,
        limits: ServerLimits,
        *,
        loop: asyncio.AbstractEventLoop,
        tls: ssl.SSLContext | None = None,
        on_close: Callable[[Any], None] = lambda _: None,
    ) -> None:
        super().__init__(loop, tls, limits.command_seconds)
        self.door = door
        self.limits = limits
        self.client = Client("", 0, 0)
        self._on_close = on_close
        self._tx: Transaction | None = None
        self._incoming: Incoming | None = None
        self._draining = False
        self._errors = self._idle_commands = 0

    @property
    def receiving(self) -> bool:
        """Whether a message is coming in."""
        return self._incoming is not None

    @property
    def transaction(self) -> Transaction | None:
        """The transaction under way, or None."""
        return self._tx

    def drain(self) -> None:
        """End the session as soon as no transaction is under way."""
        self._draining = True
        self._wake()

    # -- the session

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.client = _client_of(transport)
        super().connection_made(transport)

    async def _handle_client(self) -> None:
        """aiosmtpd's task for the connection."""
        try:
            await self._greet()
            while True:
                line = await self.read_line(commands.LONGEST_AUTH)
                await self._obey(line)
        except SessionEnd as end:
            if end.reply is not None:
                self.say(end.reply)
        except Exception as error:
            fault(error, "session")
            self.say(Reply(421, "4.3.0", "Loi tam thoi, xin gui lai sau"))
        finally:
            await self._leave()

    async def _greet(self) -> None:
        self._note_tls()
        reply = await self._ask(self.door.connect(self.client), "connect", end=True)
        if reply is not None and not reply.ok:
            raise SessionEnd(reply)
        if self.door.refuse_early_talkers and self.unread:
            raise SessionEnd(EARLY)
        self.say(Reply(220, "", self.door.banner))

    async def _leave(self) -> None:
        try:
            await self._reset()
            await self._ask(self.door.disconnect(self.client), "disconnect")
        except CommandError:
            pass  # logged by _ask
        finally:
            self.hang_up()
            self._on_close(self)

    async def _obey(self, line: bytes | None) -> None:
        try:
            if line is None or (len(line) > commands.LONGEST_COMMAND and line[:5].upper() != b"AUTH "):
                raise CommandError(500, "5.5.2", "Line too long")
            if line[0] == TLS_HELLO:
                raise SessionEnd
            verb, argument = commands.split_command(line)
            obey = self.verbs.get(verb)
            if obey is None:
                raise _unknown_verb(verb)
            self._count(verb)
            if self.door.require_tls and self.client.tls_version is None and verb not in BEFORE_TLS:
                raise CommandError(
                    530, "5.7.0", "Can bat STARTTLS truoc (must issue STARTTLS first)", kind="tls-required"
                )
            await obey(self, argument)
        except CommandError as error:
            reply = error.reply
            if error.kind:
                reply = self.door.refused(error.kind, self.client, self._tx, reply)
            self._answer(reply)
            self._count_error(reply)

    def _check_before_waiting(self) -> None:
        if self._draining and self._tx is None:
            raise SessionEnd(SHUTTING_DOWN)
        if self.unread and self._buffer[self._position] == TLS_HELLO:
            raise SessionEnd

    def _count(self, verb: str) -> None:
        if self._tx is not None and verb in ("RCPT", "DATA", "BDAT"):
            return
        self._count_idle()

    def _count_idle(self) -> None:
        self._idle_commands += 1
        if self.limits.commands_without_mail and self._idle_commands > self.limits.commands_without_mail:
            raise SessionEnd(TOO_MANY_COMMANDS)

    def _count_error(self, reply: Reply) -> None:
        if reply.code not in BAD_COMMANDS:
            return
        self._errors += 1
        if self.limits.errors and self._errors >= self.limits.errors:
            raise SessionEnd(TOO_MANY_ERRORS)

    def _answer(self, reply: Reply) -> None:
        """Say what a door said; after its 421 the session is over (RFC 5321 § 3.8)."""
        if reply.code == 421:
            raise SessionEnd(reply)
        self.say(reply)

    async def _ask(self, question: Awaitable[Answer], act: str, *, end: bool = False) -> Answer:
        """The door's answer. Whatever it raises becomes a 451, or with `end` the end of the session."""
        try:
            return await question
        except Exception as error:
            reply = fault(error, act)
            if end:
                raise SessionEnd(Reply(421, reply.enhanced, reply.text)) from None
            raise CommandError(*reply, kind="local-fault") from None

    async def _reset(self) -> None:
        """Forget the transaction (RFC 5321 § 4.1.1.5)."""
        incoming, self._incoming, self._tx = self._incoming, None, None
        if incoming is not None:
            await incoming.refuse(LOCAL_FAULT)

    def _note_tls(self) -> None:
        layer = self.tls
        if layer is not None:
            cipher = layer.cipher()
            self.client.tls_version = layer.version()
            self.client.tls_cipher = cipher[0] if cipher else None


def _unknown_verb(verb: str) -> Exception:
    if commands.is_foreign(verb):
        return SessionEnd(NOT_SMTP)
    return CommandError(500, "5.5.1", "Command not recognised")


def _client_of(transport: asyncio.BaseTransport) -> Client:
    peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    if isinstance(peer, tuple):
        return Client(peer[0].removeprefix("::ffff:"), peer[1], own[1])
    client = Client("", 0, 0)
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family == socket.AF_UNIX:
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        client.uid = struct.unpack("3i", credentials)[1]
    return client
