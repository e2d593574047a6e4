"""The server side of SMTP (RFC 5321): the commands that carry mail, and the table of all of them.

`connection.py` moves bytes and says what is used of aiosmtpd, `session.py` runs the loop, `hello.py` learns who is
there. What a command means is for the door to decide (`door.py`).
"""

from __future__ import annotations

from mailhub.smtp import commands
from mailhub.smtp.connection import Pace
from mailhub.smtp.data import DataReader
from mailhub.smtp.door import Reply, Transaction
from mailhub.smtp.errors import CommandError, SessionEnd
from mailhub.smtp.hello import IntroducedSession
from mailhub.smtp.incoming import Incoming
from mailhub.smtp.limits import ServerLimits

__all__ = ["SMTPServer", "ServerLimits"]

OK = Reply(250, "2.0.0", "OK")
GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
SMALL_CHUNK = 1024  # octets; smaller ones count as commands that bring no mail


class SMTPServer(IntroducedSession):
    """One session with one client: `SMTPServer(door, limits, loop=..., tls=..., on_close=...)`."""

    _pace: Pace  # of the message that comes in
    _chunks_refused = False

    async def _reset(self) -> None:
        self._chunks_refused = False
        await super()._reset()

    async def _mail(self, argument: str) -> None:
        self._need_hello()
        if self._tx is not None:
            raise CommandError(503, "5.5.1", "Nested MAIL")
        if self.door.require_auth and not self._authenticated:
            raise CommandError(530, "5.7.0", "Can dang nhap truoc khi gui thu", kind="auth-required")
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
            text = "Qua nhieu nguoi nhan trong mot lan gui. Xin gui tiep lan sau"
            raise CommandError(452, "4.5.3", text, kind="too-many-recipients")
        try:
            rcpt = commands.read_rcpt(argument, esmtp=self.client.esmtp, utf8=tx.mail.utf8)
        except CommandError:
            self._count_idle()
            raise
        reply = await self._ask(self.door.rcpt(self.client, tx, rcpt), "rcpt")
        if reply.ok:
            tx.recipients.append(rcpt)
        self._answer(reply)
        if reply.code >= 500:
            self._count_idle()  # or one transaction could try every name there is

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
        limits = self.limits
        self._pace = Pace(limits.data_idle_seconds, limits.data_rate_bytes_per_minute)
        tx = self._tx
        if tx is None or self._chunks_refused:
            raise CommandError(503, "5.5.1", "MAIL first" if tx is None else "RSET first")
        if not tx.recipients:
            raise CommandError(554, "5.5.1", "No valid recipients")
        body = await self._ask(self.door.data(self.client, tx), "data")
        if isinstance(body, Reply):
            raise CommandError(*body)
        self._incoming = Incoming(
            body,
            size_limit=self._size_limit(),
            header_limit=limits.header_bytes,
            note=lambda kind, reply: self.door.refused(kind, self.client, tx, reply),
        )
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


SMTPServer.verbs = {
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
