"""Mail whose every octet can be accounted for: made, submitted by several clients, and looked for at the end."""

from __future__ import annotations

import hashlib
import random
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.support.hub import transaction

Session = Callable[[], AbstractContextManager[smtplib.SMTP]]
MARK = b"X-Id: "


def marked(ident: str, sender: str, rng: random.Random) -> bytes:
    """A message that begins with its own name; now and then too large for a segment, with dots at line starts."""
    size = rng.choice([200, 2_000, 20_000, 400_000] if rng.random() < 0.2 else [200, 2_000])
    line = rng.randbytes(35).hex().encode()
    body = b"".join(b"%s%s\r\n" % (rng.choice([b"", b".", b".."]), line) for _ in range(size // 72 + 1))
    head = f"X-Id: {ident}\r\nFrom: {sender}\r\nSubject: {ident}\r\nMessage-ID: <{ident}@client.test>\r\n\r\n"
    return head.encode() + body


@dataclass
class Ledger:
    """What was submitted, what got its 250, and what arrived."""

    digests: dict[str, str] = field(default_factory=dict)
    promised: set[tuple[str, str]] = field(default_factory=set)  # (recipient, id) with a 250
    refused: list[str] = field(default_factory=list)  # 5xx: never right here
    resent: int = 0  # the answer was lost, so that the client sent it once more
    arrived: Counter[tuple[str, str]] = field(default_factory=Counter)
    altered: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def made(self, ident: str, message: bytes) -> None:
        with self._lock:
            self.digests[ident] = hashlib.sha256(message).hexdigest()

    def accepted(self, ident: str, recipients: Iterable[str]) -> None:
        with self._lock:
            self.promised.update((to, ident) for to in recipients)

    def found(self, recipient: str, content: bytes) -> None:
        """Take note of a delivered message; what mailhub put above ours is left aside."""
        start = content.find(MARK)
        ident = content[start + len(MARK) :].split(b"\r\n", 1)[0].decode("ascii", "replace") if start >= 0 else ""
        if self.digests.get(ident) != hashlib.sha256(content[max(start, 0) :]).hexdigest():
            self.altered.append(f"{recipient}: {ident or content[:200]!r}")
        else:
            self.arrived[(recipient, ident)] += 1

    @property
    def lost(self) -> set[tuple[str, str]]:
        return self.promised - set(self.arrived)

    @property
    def duplicates(self) -> int:
        return sum(count - 1 for count in self.arrived.values())


class Client(threading.Thread):
    """Sends one message after the other, several in a session; sends again what it got no answer to."""

    def __init__(
        self, name: str, session: Session, sender: str, recipients: list[str], ledger: Ledger, stop: threading.Event
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._session, self._sender, self._recipients = session, sender, recipients
        self._ledger, self._stop_event = ledger, stop
        self._rng = random.Random(name)
        self._number = 0
        self.trouble = 0

    def run(self) -> None:
        left: tuple[str, bytes, list[str]] | None = None
        while not self._stop_event.is_set() or left is not None:
            try:
                with self._session() as client:
                    for _ in range(10):
                        if left is None and self._stop_event.is_set():
                            return
                        left = left or self._next()
                        self._send(client, *left)
                        left = None
                        self._stop_event.wait(0.01)
            except smtplib.SMTPResponseException as error:
                self._note(error)
            except (OSError, smtplib.SMTPException):
                self.trouble += 1
            time.sleep(0.02)

    def _next(self) -> tuple[str, bytes, list[str]]:
        self._number += 1
        ident = f"{self.name}-{self._number}"
        message = marked(ident, self._sender, self._rng)
        self._ledger.made(ident, message)
        count = self._rng.randint(1, len(self._recipients))
        return ident, message, self._rng.sample(self._recipients, count)

    def _send(self, client: smtplib.SMTP, ident: str, message: bytes, recipients: list[str]) -> None:
        try:
            transaction(client, self._sender, recipients, message)
        except smtplib.SMTPServerDisconnected:
            self._ledger.resent += 1  # perhaps the 250 was on its way
            raise
        self._ledger.accepted(ident, recipients)

    def _note(self, error: smtplib.SMTPResponseException) -> None:
        self.trouble += 1
        if error.smtp_code // 100 == 5:
            self._ledger.refused.append(f"{self.name}: {error.smtp_code} {error.smtp_error!r}")
