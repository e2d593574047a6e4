"""A mail client of our own: sends by SMTP and reads by IMAP, to prove that a running hub does what it should.

Calls of aioimaplib may wait for ever when the server goes away, whatever its own timeout says, so each one has
a deadline of ours around it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import smtplib
import ssl
import time
from collections.abc import Awaitable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aioimaplib import aioimaplib

from mailhub.errors import MailhubError
from mailhub.settings import HostPort, Settings

T = TypeVar("T")

CALL_SECONDS = 10.0
_LOOK_SECONDS = 0.1

# It logs what the server says about a failed login as an error; callers here tell that better.
logging.getLogger("aioimaplib").setLevel(logging.CRITICAL)


class RoundTripFailed(MailhubError):
    """A server did not take, keep or give back the message; the text says what it answered."""


def local_address(address: HostPort) -> HostPort:
    """Where this machine reaches a listener: one that listens everywhere is asked on loopback."""
    if not ipaddress.ip_address(address.host).is_unspecified:
        return address
    return HostPort("::1" if ":" in address.host else "127.0.0.1", address.port)


def own_certificate_only(certificate: Path) -> ssl.SSLContext:
    """A client's TLS context that trusts this one certificate, self-made or not, and no other.

    The host name is not compared: the connection goes to loopback.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(certificate)
    return context


def submit(
    settings: Settings,
    login: str,
    password: str,
    *,
    sender: str,
    recipients: list[str],
    message: bytes,
    seconds: float,
) -> str:
    """Send one message as an official's mail client does; the code in the server's answer.

    Raises:
        RoundTripFailed: a server that is not there, or refuses.
    """
    address = settings.listen_address("submission")
    if address is None:
        raise RoundTripFailed("port 587 is closed by [listen] submission")
    host, port = local_address(address)
    try:
        with smtplib.SMTP(host, port, local_hostname="localhost", timeout=seconds) as client:
            client.starttls(context=own_certificate_only(settings.tls_certificate))
            client.login(login, password)
            return _hand_over(client, sender, recipients, message)
    except (OSError, smtplib.SMTPException) as error:
        raise RoundTripFailed(f"SMTP {host}:{port}: {error}") from error


def _hand_over(client: smtplib.SMTP, sender: str, recipients: list[str], message: bytes) -> str:
    client.mail(sender, [f"SIZE={len(message)}"])
    for recipient in recipients:
        code, text = client.rcpt(recipient)
        if code // 100 != 2:
            raise smtplib.SMTPResponseException(code, text)
    code, text = client.data(message)
    if code // 100 != 2:
        raise smtplib.SMTPDataError(code, text)
    return text.decode("ascii", "replace").rpartition(" ")[2]


class Inbox:
    """An IMAP session on somebody's INBOX, on 993: `async with Inbox(settings, login, password) as inbox`.

    Every method raises `RoundTripFailed` when the server is away or refuses.
    """

    def __init__(self, settings: Settings, login: str, password: str) -> None:
        address = settings.listen_address("imaps")
        if address is None:
            raise RoundTripFailed("port 993 is closed by [listen] imaps")
        self._host, self._port = local_address(address)
        self._context = own_certificate_only(settings.tls_certificate)
        self._login, self._password = login, password
        self._client: Any = None

    async def __aenter__(self) -> Self:
        self._client = aioimaplib.IMAP4_SSL(self._host, self._port, ssl_context=self._context)
        try:
            await self._within(self._client.wait_hello_from_server(), "greeting")
            await self._ask(self._client.login(self._login, self._password), "LOGIN")
            await self._ask(self._client.select("INBOX"), "SELECT")
        except BaseException:
            self._hang_up()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(RoundTripFailed):
            await self._within(self._client.logout(), "LOGOUT")
        self._hang_up()

    async def wait_for(self, message_id: str, *, seconds: float) -> bytes:
        """The message of that Message-ID, once it is there.

        Raises:
            RoundTripFailed: it did not come within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while True:
            uid = await self._find(message_id)
            if uid:
                return await self._fetch(uid)
            if time.monotonic() > deadline:
                raise RoundTripFailed(f"IMAP: the message did not arrive within {seconds:.0f} s")
            await asyncio.sleep(_LOOK_SECONDS)
            await self._ask(self._client.noop(), "NOOP")

    async def remove(self, message_id: str) -> None:
        """Delete the message for good."""
        uid = await self._find(message_id)
        if uid:
            await self._ask(self._client.uid("store", uid, "+FLAGS.SILENT", r"(\Deleted)"), "STORE")
            await self._ask(self._client.uid("expunge", uid), "EXPUNGE")

    async def _find(self, message_id: str) -> str:
        lines = await self._ask(
            self._client.uid_search("HEADER", "Message-ID", f'"{message_id}"', charset=None), "SEARCH"
        )
        found = lines[0].split() if lines else []
        return found[-1].decode() if found and found[-1].isdigit() else ""

    async def _fetch(self, uid: str) -> bytes:
        lines = await self._ask(self._client.uid("fetch", uid, "(BODY.PEEK[])"), "FETCH")
        return bytes(next((line for line in lines if isinstance(line, bytearray)), b""))  # literals are bytearrays

    async def _ask(self, call: Awaitable[Any], what: str) -> list[Any]:
        response = await self._within(call, what)
        if response.result != "OK":
            said = response.lines[-1] if response.lines else b""
            raise RoundTripFailed(f"IMAP {what}: {response.result} {bytes(said).decode('utf-8', 'replace')}")
        return list(response.lines)

    async def _within(self, call: Awaitable[T], what: str) -> T:
        try:
            return await asyncio.wait_for(call, CALL_SECONDS)
        except TimeoutError as error:
            raise RoundTripFailed(
                f"IMAP {self._host}:{self._port}: no answer to {what} in {CALL_SECONDS:.0f} s"
            ) from error
        except (OSError, aioimaplib.AioImapException) as error:
            raise RoundTripFailed(f"IMAP {self._host}:{self._port}: {what}: {error}") from error

    def _hang_up(self) -> None:
        protocol = self._client.protocol
        if protocol is not None and protocol.transport is not None:
            protocol.transport.close()
