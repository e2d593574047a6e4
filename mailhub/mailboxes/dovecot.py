"""Dovecot as a child: its command, whether it serves, who is logged in, and ending sessions."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from mailhub.mail.login_name import STAR
from mailhub.mailboxes.errors import DovecotError, MailboxesError
from mailhub.mailboxes.install import install
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.mailboxes.tools import doveadm, find_program

END_SECONDS = 4.0  # the promise is five, counted from the commit
# A mailbox that is closed to its owner still receives: mail that is being put into it is nobody's session.
_DELIVERY = "lmtp"


class Session(NamedTuple):
    """One line of `doveadm who`."""

    user: str
    service: str
    pid: int
    ip: str


class Dovecot:
    """One Dovecot instance. `program` is its executable; its tools are found in the usual places."""

    def __init__(self, plan: DovecotPlan, *, program: str = "dovecot") -> None:
        self.plan = plan
        self._program = find_program(program)

    def argv(self) -> list[str]:
        """The command that serves in the foreground; start it as the plan's user, in `tools.ENVIRONMENT`."""
        return [self._program, "-F", "-c", str(self.plan.configuration)]

    def prepare(self) -> None:
        """Write the files and let Dovecot read them. Run as the plan's user, or as root, who hands them over.

        Raises:
            MailboxesError: no Dovecot that we can configure, or it refuses the configuration.
            OSError: a folder or file cannot be written.
        """
        install(self.plan, self._program)

    async def running(self, *, timeout_seconds: float = 2.0) -> bool:
        """Whether mail can be delivered: the LMTP service greets (RFC 2033 § 4.1)."""
        try:
            async with asyncio.timeout(timeout_seconds):
                reader, writer = await asyncio.open_unix_connection(self.plan.lmtp_socket)
                try:
                    return (await reader.readline()).startswith(b"220")
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError):
            return False

    async def reload(self) -> None:
        """Read configuration and certificate again; sessions stay.

        Raises:
            DovecotError: it is not running.
        """
        await doveadm(self.plan, "reload")

    async def sessions(self, user: str = "") -> list[Session]:
        """The sessions of `user`, or of everybody; deliveries are none.

        Raises:
            DovecotError: Dovecot does not answer.
        """
        output = await doveadm(self.plan, "-f", "json", "who", "-1", *([_mask(user)] if user else []))
        try:
            rows = json.loads(output or "[]")
            every = [Session(r["username"], r["service"], int(r["pid"]), r["ip"]) for r in rows]
        except (ValueError, KeyError, TypeError) as error:
            raise DovecotError(f"doveadm who cannot be read: {error}") from error
        return [session for session in every if session.service != _DELIVERY]

    async def end_sessions(self, users: str | Iterable[str], *, timeout_seconds: float = END_SECONDS) -> bool:
        """End them until nobody of `users` is seen twice in a row; False when some were still there at the end.

        Twice, because a login that was verified just before its account closed appears a moment later. Not by
        `doveadm kick`, which also ends a delivery to that mailbox, after the mail may have been stored.

        Raises:
            DovecotError: Dovecot does not answer, or its processes may not be ended.
        """
        wanted = {users} if isinstance(users, str) else set(users)
        deadline = time.monotonic() + timeout_seconds
        empty = 0
        while empty < 2:
            every = await self.sessions()
            others = {session.pid for session in every if session.user not in wanted}
            present = {session.pid for session in every if session.user in wanted}
            empty = 0 if present else empty + 1
            for pid in present - others:
                _end(pid)
            if empty < 2:
                if time.monotonic() > deadline:
                    return False
                await asyncio.sleep(0.1)
        return True


def _end(pid: int) -> None:
    if pid <= 1:  # to kill(2) 0 and less are groups of processes, our own among them
        raise DovecotError(f"doveadm who names the process {pid}, which can be nobody's session")
    try:
        os.kill(pid, signal.SIGTERM)  # as `doveadm kick` does: the client is told "* BYE"
    except ProcessLookupError:  # it has gone by itself
        pass
    except PermissionError as error:
        raise DovecotError(f"Dovecot's process {pid} may not be ended: it runs as another user") from error


def _mask(user: str) -> str:
    """doveadm reads `*` and `?` in a user's name as wildcards; no address of ours has them, but SHARED*PERSON has.

    A `?` stands for that one star, so that nobody else's session fits.
    """
    if not user or user.startswith("-") or any(c in user for c in "?\\") or not user.isprintable():
        raise MailboxesError(f"{user!r} is not a mailbox")
    if user.count(STAR) > 1 or user.startswith(STAR) or user.endswith(STAR):
        raise MailboxesError(f"{user!r} is not a mailbox")
    return user.replace(STAR, "?")
