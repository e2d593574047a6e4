"""Places are for those who use them: a connection that sends its request in drops is ended (slow HTTP attacks), and
when there are many, whoever holds most of them makes room for the next."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 15.0
MOST_OPEN = 400  # connections of a process; uvicorn answers 503 to everybody at its own, higher limit


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 where a request's head must be there within `HEADER_SECONDS` of its first octet, or of connecting."""

    _deadline: asyncio.TimerHandle | None = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > MOST_OPEN:
            self._make_room()
        self._arm()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._arm()
        else:
            self._disarm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def _make_room(self) -> None:
        """End one connection of the address that holds most: one in which nothing is asked before one that still
        sends, that before one that is being answered; the oldest of these."""
        others = [one for one in self.connections if isinstance(one, ImpatientProtocol) and one is not self]
        held = Counter(one.client[0] if one.client else "" for one in others)
        one = max(others, key=lambda other: other._weight(held))
        self.connections.discard(one)  # now: its end comes to us in a later round of the loop
        transport: Any = one.transport
        transport.abort()

    def _weight(self, held: Counter[str]) -> tuple[int, int, float]:
        idle = self.cycle is None or self.cycle.response_complete
        how = 2 if idle else 1 if self.conn.their_state is h11.SEND_BODY else 0
        return held[self.client[0] if self.client else ""], how, -self._since

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        transport: Any = self.transport
        if transport is not None and not transport.is_closing():
            transport.close()
