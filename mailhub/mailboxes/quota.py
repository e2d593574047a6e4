"""Asks Dovecot's quota-status, before the recipient is accepted, whether a message would still fit.

The protocol is Postfix's policy delegation: lines of `name=value`, an empty line, and one line `action=...` back.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

TIMEOUT_SECONDS = 2.0
CACHE_SECONDS = 10.0
CACHE_ENTRIES = 10_000
LARGE_BYTES = 1 << 20  # answers are remembered by size in steps of this, rounded up


class QuotaAsker:
    """Answers remembered for ten seconds. Not for several event loops at once."""

    def __init__(self, path: Path, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._path = path
        self._timeout = timeout_seconds
        self._answers: dict[tuple[str, int], tuple[float, bool]] = {}

    async def quota_ok(self, address: str, size: int) -> bool | None:
        """Whether `size` bytes more fit into the mailbox `address`; None when Dovecot cannot say just now.

        An address that Dovecot does not know is True: whether it exists is not this question.
        """
        steps = -(-size // LARGE_BYTES)
        now = time.monotonic()
        if (known := self._answers.get((address, steps))) and known[0] > now:
            return known[1]
        answer = await quota_ok(self._path, address, size, timeout_seconds=self._timeout)
        if answer is not None:
            if len(self._answers) >= CACHE_ENTRIES:
                self._answers.clear()
            self._answers[address, steps] = (now + CACHE_SECONDS, answer)
        return answer


async def quota_ok(path: Path, address: str, size: int, *, timeout_seconds: float = TIMEOUT_SECONDS) -> bool | None:
    """Ask once, without memory. `size` in bytes; 0 asks whether the mailbox is full already."""
    if not address.isprintable() or "\n" in address:
        return None
    try:
        async with asyncio.timeout(timeout_seconds):
            action = await _ask(path, f"request=smtpd_access_policy\nrecipient={address}\nsize={max(size, 0)}\n\n")
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        return None
    if action.startswith(("OK", "DUNNO")):
        return True
    # "Mailbox full" is our own wording (dovecot-2.3.conf.j2); any other refusal is quota-status in trouble.
    return False if action.endswith("Mailbox full") or action.startswith("552") else None


async def _ask(path: Path, question: str) -> str:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(question.encode())
        await writer.drain()
        name, _, action = (await reader.readuntil(b"\n\n")).decode().strip().partition("=")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return action if name == "action" else ""
