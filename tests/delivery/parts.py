"""What the tests of the client and the pool have in common."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from mailhub.delivery import Connection, Outgoing, Target, Timeouts, To
from tests.support.smtpsink import SmtpSink

BODY = b"Subject: x\r\nX-Id: 1\r\n\r\n.dot\r\n..two\r\nend\r\n"
SOON = Timeouts(connect=5, greeting=5, command=5, data_idle=5, final=5, quit=5)


@dataclass
class Mail:
    """A message in memory; `error` is raised when its chunks have been read."""

    chunks_: list[bytes] = field(default_factory=lambda: [BODY])
    utf8: bool = False
    eight_bit: bool = False
    ret: str | None = None
    envid: str | None = None
    missing: int = 0
    error: Exception | None = None
    asked: int = 0

    @property
    def size(self) -> int:
        return sum(map(len, self.chunks_)) + self.missing

    def chunks(self) -> Iterator[bytes]:
        self.asked += 1
        yield from self.chunks_
        if self.error is not None:
            raise self.error


class AsyncMail(Mail):
    """The same, read asynchronously."""

    async def chunks(self) -> AsyncIterator[bytes]:  # type: ignore[override]
        for chunk in super().chunks():
            yield chunk


def outgoing(*recipients: str | To, sender: str = "a@tinh.gov.vn", mail: Mail | None = None) -> Outgoing:
    """To `b@so.vn` when nobody is named."""
    everyone = [to if isinstance(to, To) else To(to) for to in recipients or ("b@so.vn",)]
    return Outgoing(sender, everyone, mail or Mail())


def target_of(sink: SmtpSink, **changes: Any) -> Target:
    settings: dict[str, Any] = {"lmtp": sink.lmtp, "name": "mx.so.vn", **changes}
    return Target("mx.so.vn", sink.address, **settings)


@asynccontextmanager
async def connected(
    sink: SmtpSink, *, limits: Timeouts = SOON, context: ssl.SSLContext | None = None, **changes: Any
) -> AsyncIterator[Connection]:
    """A connection to `sink`, closed at the end."""
    connection = await Connection.open(
        target_of(sink, **changes), helo="hub.tinh.gov.vn", limits=limits, ssl_context=context
    )
    try:
        yield connection
    finally:
        await connection.close()


def without(*names: str) -> tuple[str, ...]:
    """The sink's capabilities but these."""
    return tuple(c for c in SmtpSink().capabilities if c.split()[0] not in names)
