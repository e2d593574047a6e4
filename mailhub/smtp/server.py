"""The server side of an SMTP session (RFC 5321): what may follow what, and what is asked of the door when.

A command costs no task switch: those of a pipelined group (RFC 2920) are taken from the buffer one after the other,
and their replies leave in one write. `connection.py` says what is used of aiosmtpd.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from mailhub.smtp import auth, commands
from mailhub.smtp.connection import Connection, Pace
from mailhub.smtp.data import DataReader
from mailhub.smtp.door import Client, Door, Reply, Transaction
from mailhub.smtp.errors import CommandError, SessionEnd
from mailhub.smtp.incoming import Incoming, fault

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

OK = Reply(250, "2.0.0", "OK")
GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
NOT_SMTP = Reply(554, "5.5.0", "This is an SMTP server")
EARLY = Reply(554, "5.5.1", "You spoke before the greeting")
SHUTTING_DOWN = Reply(421, "4.3.2", "May chu dang dung. Xin ket noi lai sau")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Qua nhieu lenh sai")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Qua nhieu lenh ma khong gui thu")
TOO_MANY_LOGINS = Reply(421, "4.7.0", "Qua nhieu lan dang nhap sai")

TLS_HELLO = 0x16  # the first octet of a TLS handshake record, RFC 8446 § 5.1
BAD_COMMANDS = frozenset({500, 501, 502, 503, 504, 530, 538, 555})
BEFORE_TLS = frozenset({"EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "HELP", "QUIT"})
SMALL_CHUNK = 1024  # octets; smaller ones count as commands that bring no mail


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one client may take. 0 = no limit."""

    message_bytes: int = 50 * 2**20
    recipients: int = 1000
    command_seconds: float = 300.0  # for one whole command line
    data_idle_seconds: float = 180.0
    data_rate_bytes_per_minute: float = 12_000.0  # after a minute of grace
    errors: int = 20  # commands that were none, before 421
    commands_without_mail: int = 100  # between two accepted messages, RCPT and DATA not counted
    header_bytes: int = 65_536
    auth_attempts: int = 5  # wrong ones on a connection
    connections: int = 1000
    connections_per_network: int = 100  # from one IPv4 /24 or IPv6 /64


class SMTPServer(Connection):
    """One session with one client, on behalf of `door`."""

    def __init__(
        self,
        door: Door,
        limits: ServerLimits,
        *,
        loop: asyncio.AbstractEventLoop,
        tls: ssl.SSLContext | None = None,
        on_close: Callable[[SMTPServer], None] = lambda _: None,
    ) -> None:
        super().__init__(loop, tls, limits.command_seconds)
        self.door = door
        self.limits = limits
        self.client = Client("", 0, 0)
        self._on_close = on_close
        self._tx: Transaction | None = None
        self._incoming: Incoming | None = None
        self._pace = Pace(0, 0)
        self._chunks_refused = False
        self._authenticated = False
        self._draining = False
        self._errors = self._idle_commands = self._failed_logins = 0

    @property
    def receiving(self) -> bool:
        """Whether a message is coming in."""
        return self._incoming is not None

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
        if self.unread:
            self._check_before_waiting()
            if self.door.refuse_early_talkers:
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
            obey = _VERBS.get(verb)
            if obey is None:
                raise _unknown_verb(verb)
            self._count(verb)
            if self.door.require_tls and self.client.tls_version is None and verb not in BEFORE_TLS:
                raise CommandError(530, "5.7.0", "Can bat STARTTLS truoc (must issue STARTTLS first)")
            await obey(self, argument)
        except CommandError as error:
            self._answer(error.reply)
            self._count_error(error.reply)

    def _check_before_waiting(self) -> None:
        if self._draining and self._tx is None:
            raise SessionEnd(SHUTTING_DOWN)
        if self.unread and self._buffer[self._position] == TLS_HELLO:
            raise SessionEnd

    def _count(self, verb: str) -> None:
        if self._tx is not None and verb in ("RCPT", "DATA", "BDAT"):
            return
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
            raise CommandError(*reply) from None

    async def _reset(self) -> None:
        """Forget the transaction (RFC 5321 § 4.1.1.5)."""
        incoming, self._incoming, self._tx, self._chunks_refused = self._incoming, None, None, False
        if incoming is not None:
            await incoming.refuse(OK)

    def _note_tls(self) -> None:
        layer = self.tls
        if layer is not None:
            cipher = layer.cipher()
            self.client.tls_version = layer.version()
            self.client.tls_cipher = cipher[0] if cipher else None

    # -- commands

    async def _ehlo(self, argument: str) -> None:
        await self._hello(argument, esmtp=True)

    async def _helo(self, argument: str) -> None:
        await self._hello(argument, esmtp=False)

    async def _hello(self, argument: str, *, esmtp: bool) -> None:
        if not argument or len(argument) > 255 or " " in argument or not argument.isascii():
            raise CommandError(501, "5.5.4", "Say your host's name")
        await self._reset()
        client = self.client
        client.helo, client.esmtp = argument, esmtp
        reply = await self._ask(self.door.helo(client), "helo")
        if reply is not None and not reply.ok:
            client.helo = ""
            self._answer(reply)
        else:
            name = self.door.banner.split(" ", 1)[0]
            self.say(Reply(250, "", "\n".join([name, *self._extensions()]) if esmtp else name))

    def _extensions(self) -> list[str]:
        encrypted = self.client.tls_version is not None
        size = self._size_limit()
        found = ["PIPELINING", f"SIZE {size}" if size else "SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN"]
        found.append("ENHANCEDSTATUSCODES")
        if self.tls_context is not None and not encrypted:
            found.append("STARTTLS")
        if self.door.auth and encrypted:
            found.append("AUTH PLAIN LOGIN")
        return found

    async def _starttls(self, argument: str) -> None:
        """RFC 3207 § 4."""
        if argument:
            raise CommandError(501, "5.5.4", "STARTTLS takes no argument")
        if self.client.tls_version is not None:
            raise CommandError(503, "5.5.1", "TLS is on already")
        if self.tls_context is None:
            raise CommandError(502, "5.5.1", "STARTTLS is not offered")
        await self._reset()
        self.say(Reply(220, "2.0.0", "Ready to start TLS"))
        await self.start_tls()
        self.client.helo, self.client.esmtp = "", False  # § 4.2: what was said in clear was not said
        self._note_tls()

    async def _auth(self, argument: str) -> None:
        """RFC 4954 § 4."""
        if not self.door.auth:
            raise CommandError(502, "5.5.1", "AUTH is not offered")
        if self.client.tls_version is None:
            raise CommandError(538, "5.7.11", "Can bat ma hoa TLS truoc khi dang nhap")
        self._need_hello()
        if self._authenticated or self._tx is not None:
            raise CommandError(503, "5.5.1", "Not now")
        login, password = await auth.credentials(self, argument)
        await self.flush()
        reply = await self._ask_secret(login, password)
        self._authenticated = reply.ok
        self._answer(reply)
        if reply.code // 100 == 5:
            self._failed_logins += 1
            if self.limits.auth_attempts and self._failed_logins >= self.limits.auth_attempts:
                raise SessionEnd(TOO_MANY_LOGINS)

    async def _ask_secret(self, login: str, password: str) -> Reply:
        try:
            return await self.door.authenticate(self.client, login, password)
        except Exception as error:
            log.error("door: authenticate failed: %s", type(error).__name__)  # noqa: TRY400 - its text may hold secrets
            return Reply(454, "4.7.0", "Loi tam thoi, xin thu lai sau")

    async def _mail(self, argument: str) -> None:
        self._need_hello()
        if self._tx is not None:
            raise CommandError(503, "5.5.1", "Nested MAIL")
        if self.door.require_auth and not self._authenticated:
            raise CommandError(530, "5.7.0", "Can dang nhap truoc khi gui thu")
        client = self.client
        mail = commands.read_mail(argument, esmtp=client.esmtp, size_limit=self._size_limit(), auth=self.door.auth)
        reply = await self._ask(self.door.mail(client, mail), "mail")
        if reply.ok:
            self._tx = Transaction(mail)
        self._answer(reply)

    async def _rcpt(self, argument: str) -> None:
        tx = self._tx
        if tx is None or self._incoming is not None:
            raise CommandError(503, "5.5.1", "MAIL first" if tx is None else "BDAT is under way")
        if self.limits.recipients and len(tx.recipients) >= self.limits.recipients:
            raise CommandError(452, "4.5.3", "Qua nhieu nguoi nhan trong mot lan gui. Xin gui tiep lan sau")
        rcpt = commands.read_rcpt(argument, esmtp=self.client.esmtp, utf8=tx.mail.utf8)
        reply = await self._ask(self.door.rcpt(self.client, tx, rcpt), "rcpt")
        if reply.ok:
            tx.recipients.append(rcpt)
        self._answer(reply)

    async def _data(self, argument: str) -> None:
        if argument:
            raise CommandError(501, "5.5.4", "DATA takes no argument")
        if self._incoming is not None or self._chunks_refused:
            raise CommandError(503, "5.5.1", "BDAT is under way")
        incoming = await self._open_body()
        self.say(GO_AHEAD)
        reader = DataReader()
        while not reader.done:
            content = reader.feed(await self.read_piece(self._pace))
            if content:
                await incoming.take(content, bare=reader.bare)
        self.unread_piece(reader.rest)
        await self._complete(incoming, bare=reader.bare)

    async def _bdat(self, argument: str) -> None:
        """RFC 3030 § 2. The octets of a refused chunk are read as well: they are no commands."""
        try:
            size, last = commands.read_bdat(argument)
        except CommandError as error:
            raise SessionEnd(error.reply) from error  # nobody knows where the next command begins
        if size < SMALL_CHUNK and not last:
            self._idle_commands += 1
        incoming, refusal = self._incoming, None
        if incoming is None:
            try:
                incoming = await self._open_body()
            except CommandError as error:
                incoming, refusal = None, error
        await self._read_chunk(size, incoming)
        if incoming is not None:
            await self._end_chunk(incoming, size, last=last)
        elif refusal is not None:
            await self._reset_after_refused_chunk(last=last)
            raise refusal

    async def _read_chunk(self, size: int, incoming: Incoming | None) -> None:
        wasted = 0
        while size:
            piece = await self.read_piece(self._pace, size)
            size -= len(piece)
            if incoming is not None:
                content = incoming.chunks.feed(piece)
                await incoming.take(content, bare=incoming.chunks.bare)
            else:
                wasted += len(piece)
                if self.limits.message_bytes and wasted > 2 * self.limits.message_bytes:
                    raise SessionEnd

    async def _end_chunk(self, incoming: Incoming, size: int, *, last: bool) -> None:
        if not last and incoming.refusal is None:
            self.say(Reply(250, "2.0.0", f"{size} octets"))
        elif not last:
            self._incoming, self._chunks_refused = None, True
            self._answer(incoming.refusal or OK)
        else:
            rest = incoming.chunks.finish()
            if rest and incoming.size:
                await incoming.take(rest, bare=False)
            await self._complete(incoming, bare=incoming.chunks.bare)

    async def _reset_after_refused_chunk(self, *, last: bool) -> None:
        if last:
            await self._reset()
        else:
            self._chunks_refused = True

    async def _open_body(self) -> Incoming:
        """Ask the door where the content goes.

        Raises:
            CommandError: it does not come to that.
        """
        tx = self._tx
        if tx is None or self._chunks_refused:
            raise CommandError(503, "5.5.1", "MAIL first" if tx is None else "RSET first")
        if not tx.recipients:
            raise CommandError(554, "5.5.1", "No valid recipients")
        body = await self._ask(self.door.data(self.client, tx), "data")
        if isinstance(body, Reply):
            raise CommandError(*body)
        limits = self.limits
        self._pace = Pace(limits.data_idle_seconds, limits.data_rate_bytes_per_minute)
        self._incoming = Incoming(body, size_limit=self._size_limit(), header_limit=limits.header_bytes)
        return self._incoming

    async def _complete(self, incoming: Incoming, *, bare: bool) -> None:
        """The message is here: from the door's 250 on it is ours (RFC 5321 § 6.1)."""
        await self.flush()
        reply = await incoming.finish(bare=bare)
        self._incoming, self._tx, self._chunks_refused = None, None, False
        if reply.ok:
            self._idle_commands = 0
        self._answer(reply)

    async def _rset(self, argument: str) -> None:
        if argument:
            raise CommandError(501, "5.5.4", "RSET takes no argument")
        await self._reset()
        self.say(OK)

    async def _noop(self, _: str) -> None:
        self.say(OK)

    async def _vrfy(self, argument: str) -> None:
        """RFC 5321 § 7.3: who is here is nobody's business."""
        if not argument:
            raise CommandError(501, "5.5.4", "Syntax: VRFY address")
        self.say(Reply(252, "2.1.5", "Send some mail, I will try my best"))

    async def _help(self, _: str) -> None:
        self.say(Reply(214, "2.0.0", "EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT"))

    async def _quit(self, _: str) -> None:
        raise SessionEnd(Reply(221, "2.0.0", "Bye"))

    async def _unimplemented(self, _: str) -> None:
        raise CommandError(502, "5.5.1", "Not implemented")

    def _need_hello(self) -> None:
        if not self.client.helo:
            raise CommandError(503, "5.5.1", "EHLO first")

    def _size_limit(self) -> int:
        own = self.client.size_limit
        return self.limits.message_bytes if own is None else own


_VERBS: dict[str, Callable[[SMTPServer, str], Awaitable[None]]] = {
    "EHLO": SMTPServer._ehlo,
    "HELO": SMTPServer._helo,
    "STARTTLS": SMTPServer._starttls,
    "AUTH": SMTPServer._auth,
    "MAIL": SMTPServer._mail,
    "RCPT": SMTPServer._rcpt,
    "DATA": SMTPServer._data,
    "BDAT": SMTPServer._bdat,
    "RSET": SMTPServer._rset,
    "NOOP": SMTPServer._noop,
    "VRFY": SMTPServer._vrfy,
    "HELP": SMTPServer._help,
    "QUIT": SMTPServer._quit,
    **dict.fromkeys(("EXPN", "ETRN", "TURN", "ATRN", "SEND", "SOML", "SAML"), SMTPServer._unimplemented),
}


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
