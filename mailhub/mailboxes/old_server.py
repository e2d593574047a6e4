"""Asks an old mail server whether a password is right: one IMAP login over TLS, whose certificate is checked.

Calls of aioimaplib may wait for ever when the server goes away, whatever its own timeout says, so all of it has one
limit. Few ask at once: a server that hangs must not hold every login of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
from typing import Any

from aioimaplib import aioimaplib

from mailhub.errors import TemporaryError

# What it logs are whole commands.
logging.getLogger("aioimaplib").setLevel(logging.CRITICAL)

SECONDS = 10.0
TURNS = 4  # asking at once, in one process
_turns = threading.BoundedSemaphore(TURNS)


class OldServerAway(TemporaryError):
    """The old server gave no answer that says yes or no. Nobody's password is wrong because of that."""


def accepts(url: str, address: str, secret: str) -> bool:
    """Whether the server at `url` (imaps://HOST:PORT) lets `address` in with this secret; blocks, for 10 s at most.

    Raises:
        OldServerAway: it is down, slow, not who it should be, or too many ask already.
    """
    if not _turns.acquire(blocking=False):
        raise OldServerAway("too many logins wait for the old mail server")
    try:
        return asyncio.run(_ask(url, address, secret))
    except (OSError, TimeoutError, asyncio.CancelledError, aioimaplib.AioImapException) as error:
        raise OldServerAway(f"{url}: {type(error).__name__}") from error
    finally:
        _turns.release()


async def _ask(url: str, address: str, secret: str) -> bool:
    host, _, port = url.removeprefix("imaps://").rpartition(":")
    async with asyncio.timeout(SECONDS):
        client: Any = aioimaplib.IMAP4_SSL(
            host.strip("[]"), int(port), timeout=SECONDS, ssl_context=ssl.create_default_context()
        )
        try:
            await client.wait_hello_from_server()
            answer = await _login(client, address, secret)
        finally:
            client._client_task.cancel()  # nothing else ends a connection that is not up yet
            if client.protocol.transport is not None:
                client.protocol.transport.abort()
                await asyncio.sleep(0)
    if answer == "OK":
        return True
    if answer == "NO" or (answer == "BAD" and not secret.isascii()):  # RFC 3501 § 9: a quoted string is ASCII
        return False
    raise OldServerAway(f"{url}: answered {answer}")


async def _login(client: Any, address: str, secret: str) -> str:
    """OK, NO, or what else it said. RFC 5530 § 3: a NO with UNAVAILABLE, INUSE or LIMIT is no word on the password."""
    try:
        response = await client.login(address, secret)
    except ValueError:  # an octet that a command line cannot hold: no password has it
        return "NO"
    with contextlib.suppress(IndexError):
        text = bytes(response.lines[-1]).upper()
        if response.result == "NO" and any(code in text for code in (b"[UNAVAILABLE]", b"[INUSE]", b"[LIMIT]")):
            return "UNAVAILABLE"
    return str(response.result)
