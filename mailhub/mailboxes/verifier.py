"""Answers Dovecot's two questions over a Unix socket: may this person log in, and where does this mailbox live?

One question a connection, one line each way, at most `LINE_BYTES`; every value is hexadecimal UTF-8:

    verify login=HEX secret=HEX service=HEX ip=HEX session=HEX   ->  ok address=HEX home=HEX quota=HEX | no | fault
        (in another's mailbox, address is SHARED*PERSON, and: guest=HEX group=HEX shelf=HEX; shared.py)
    user login=HEX service=HEX                                   ->  ok address=HEX home=HEX quota=HEX | unknown | fault

`fault` becomes a temporary failure in Dovecot: a database that is away must never look like an unknown user, or
mail would bounce. A wrong password waits here, and not in Dovecot, for as long as the verdict says. Each waiting
answer holds one of Dovecot's login workers, hence the bounds of `_Waiting`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from mailhub.mail.login_name import shared_login, split_login
from mailhub.mailboxes.errors import DovecotError
from mailhub.mailboxes.shared import Guest

log = logging.getLogger(__name__)

LINE_BYTES = 16 * 1024
LINE_SECONDS = 10.0
LONGEST_DELAY_SECONDS = 40.0  # render.VERIFY_SECONDS ends the wait at the other side


@dataclass(frozen=True, slots=True)
class UserRow:
    """A mailbox as Dovecot needs it. `address` is its primary address, lower-case, and Dovecot's user name."""

    address: str
    home: str
    quota_mib: int
    may_login: bool = True
    receives: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a login may come in: `user` is None for no, told after `delay_seconds`.

    `guest` is set when it is not the mailbox's owner who comes in; the mailbox then need not take logins itself.
    """

    user: UserRow | None
    delay_seconds: float = 0.0
    guest: Guest | None = None


Authenticate = Callable[[str, str, str, str], Awaitable[Verdict]]  # login, secret, service, ip
Lookup = Callable[[str], Awaitable[UserRow | None]]


class _Waiting:
    """Bounds on the attempts under way. Past them an attempt is not judged at all, so guessing in parallel gains
    nothing, and one network cannot hold every login worker."""

    def __init__(self, per_login: int, per_network: int) -> None:
        self._limits = (per_login, per_network)
        self._held: Counter[tuple[str, ...]] = Counter()

    @contextmanager
    def hold(self, login: str, ip: str) -> Iterator[None]:
        network = _network(ip)
        mailbox, person = split_login(login.casefold())
        keys = ((person or mailbox, network), (network,))  # whose secret is tried, whatever it is to open
        if any(self._held[key] >= limit for key, limit in zip(keys, self._limits, strict=True)):
            raise DovecotError(f"too many logins under way from {network}")
        self._held.update(keys)
        try:
            yield
        finally:
            self._held.subtract(keys)
            for key in keys:
                if not self._held[key]:
                    del self._held[key]


class VerifierServer:
    """The verifier's Unix socket. `async with` it, or call `start` and `stop`.

    `dovecot_uid` is who Dovecot runs as when that is not this process: the socket then belongs to that user.
    Only that uid, our own and root are heard.
    """

    def __init__(
        self,
        path: Path,
        authenticate: Authenticate,
        lookup: Lookup,
        *,
        dovecot_uid: int | None = None,
        per_login: int = 8,
        per_network: int = 64,
    ) -> None:
        self._path = path
        self._authenticate = authenticate
        self._lookup = lookup
        self._owner = dovecot_uid
        self._peers: Collection[int] = {0, os.geteuid()} | (set() if dovecot_uid is None else {dovecot_uid})
        self._waiting = _Waiting(per_login, per_network)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. A socket that a dead process left is replaced.

        Raises:
            OSError: the folder is missing or may not be written.
        """
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _bind_privately(listener, self._path, self._owner)
            self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=LINE_BYTES, backlog=512)
        except BaseException:
            listener.close()
            raise

    async def stop(self) -> None:
        """Stop listening. Questions under way end with their connections."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
            self._path.unlink(missing_ok=True)

    async def __aenter__(self) -> VerifierServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # whoever asked has gone: nobody is left to tell
            try:
                if peer_uid(writer.get_extra_info("socket")) in self._peers:
                    writer.write(await self._reply_to(reader) + b"\n")
                    await writer.drain()
            finally:
                writer.close()
                await writer.wait_closed()

    async def _reply_to(self, reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(LINE_SECONDS):
                line = await reader.readuntil(b"\n")
            operation, fields = _read_question(line)
        except UnicodeDecodeError:
            return b"no"  # in a value: no login and no password of ours is anything but UTF-8
        except (TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return b"fault"
        try:
            if operation == "verify":
                return await self._verify(fields)
            if operation == "user":
                return await self._user(fields)
        except Exception as error:  # whatever the backend raises: Dovecot must hear "try again", not "unknown"
            log.warning("verifier could not answer %s: %s", operation, error)
        return b"fault"

    async def _verify(self, fields: dict[str, str]) -> bytes:
        login, secret, service, ip = (fields.get(name, "") for name in ("login", "secret", "service", "ip"))
        with self._waiting.hold(login, ip):
            verdict = await self._authenticate(login, secret, service, ip)
            if verdict.user is not None and (verdict.guest is not None or verdict.user.may_login):
                return _found(verdict.user, verdict.guest)
            await asyncio.sleep(min(verdict.delay_seconds, LONGEST_DELAY_SECONDS))
        return b"no"

    async def _user(self, fields: dict[str, str]) -> bytes:
        service = fields.get("service", "")
        user = await self._lookup(fields.get("login", ""))
        if user is None or (service in ("lmtp", "quota-status") and not user.receives):
            return b"unknown"
        if service.startswith("imap") and not user.may_login:
            return b"unknown"
        return _found(user)


def peer_uid(peer: socket.socket) -> int:
    """The uid of the process that connected, as the kernel recorded it (SO_PEERCRED, unix(7))."""
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)


def _bind_privately(listener: socket.socket, path: Path, owner: int | None) -> None:
    """Bind under another name and move it into place, so that nobody meets the socket with looser rights."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    listener.bind(str(fresh))
    fresh.chmod(0o600)
    if owner is not None and owner != os.geteuid():
        os.chown(fresh, owner, -1)
    fresh.rename(path)


def _read_question(line: bytes) -> tuple[str, dict[str, str]]:
    operation, *words = line.decode("latin-1").split()
    pairs = (word.partition("=") for word in words)
    return operation, {name: bytes.fromhex(value).decode() for name, _, value in pairs}


def _found(user: UserRow, guest: Guest | None = None) -> bytes:
    fields = {"address": user.address, "home": user.home, "quota": str(user.quota_mib)}
    if guest is not None:
        fields["address"] = shared_login(user.address, guest.address)
        fields |= {"guest": guest.address, "group": guest.group, "shelf": guest.shelf}
    return " ".join(["ok", *(f"{name}={value.encode().hex()}" for name, value in fields.items())]).encode()


def _network(ip: str) -> str:
    """The network a client counts as: a /64 for IPv6, where one customer has many addresses, else the address."""
    try:
        return str(ip_network(f"{ip}/64" if ":" in ip else ip, strict=False))
    except ValueError:
        return "unknown"
