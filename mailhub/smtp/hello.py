"""How a client introduces itself: HELO and EHLO, STARTTLS (RFC 3207), AUTH (RFC 4954)."""

from __future__ import annotations

import logging

from mailhub.smtp import auth
from mailhub.smtp.door import Reply
from mailhub.smtp.errors import CommandError, SessionEnd
from mailhub.smtp.session import Session

log = logging.getLogger(__name__)

TOO_MANY_LOGINS = Reply(421, "4.7.0", "Qua nhieu lan dang nhap sai")


class IntroducedSession(Session):
    """A session that knows who is at the other end."""

    _authenticated = False
    _failed_logins = 0

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
        welcome = False
        try:
            reply = await self._ask(self.door.helo(client), "helo")
            welcome = reply is None or reply.ok
        finally:
            if not welcome:
                client.helo = ""
        if reply is not None and not welcome:
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
            raise CommandError(538, "5.7.11", "Can bat ma hoa TLS truoc khi dang nhap", kind="tls-required")
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

    def _need_hello(self) -> None:
        if not self.client.helo:
            raise CommandError(503, "5.5.1", "EHLO first")

    def _size_limit(self) -> int:
        own = self.client.size_limit
        return self.limits.message_bytes if own is None else own
