"""The bytes of one connection: lines and pieces in, replies out, time limits, TLS.

The base class is aiosmtpd's SMTP, pinned to 1.4.6. These private names of it are used:

- `_handle_client`, which it starts as a task for each connection and which we replace: its loop costs a timer and a
  task switch a command, and a list of lines in memory a message (0.43 ms for 4 KiB, 85 ms for 2 MiB).
- `_handler_coroutine`, `_original_transport`, `_set_rset_state`, `_reset_timeout`: what its `connection_made` touches.
  `SMTP.__init__` is passed over, since it inspects every attribute of class and handler for each connection.
- Its `connection_lost` and `eof_received` are passed over as well: they cancel the handler, and with it a commit that
  is half done because the client hung up after the dot.

STARTTLS goes through `loop.start_tls`, public and in C under uvloop. A client may end its sending side and still read
its replies.
"""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP

from mailhub.smtp.door import Reply
from mailhub.smtp.errors import SessionEnd

MOST_BUFFERED = 65_536  # octets read ahead before the socket waits
HANDSHAKE_SECONDS = 60.0
CLOSING_SECONDS = 30.0  # for a client that does not fetch its last reply
GRACE_SECONDS = 60.0  # before the pace of a message counts

TIMEOUT = Reply(421, "4.4.2", "Qua thoi gian cho. Xin ket noi lai sau")
TOO_SLOW = Reply(421, "4.4.2", "Duong truyen qua cham. Xin gui lai sau")

logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's: a line for every peer


@dataclass(slots=True)
class Pace:
    """How one message comes in. Only time spent waiting for the client counts. 0 = no limit."""

    idle_seconds: float
    bytes_per_minute: float
    received: int = 0
    waited: float = 0.0

    def patience(self) -> float:
        """How long the client may now stay silent, in seconds."""
        idle = self.idle_seconds or math.inf
        if not self.bytes_per_minute:
            return idle
        return min(idle, GRACE_SECONDS + self.received * 60 / self.bytes_per_minute - self.waited)


class Connection(SMTP):
    """The transport below `server.SMTPServer`. All waiting is done by one task, in one place (`_wait`)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None, command_seconds: float) -> None:
        asyncio.StreamReaderProtocol.__init__(self, None, loop=loop)  # type: ignore[arg-type]
        self.loop = loop
        self.tls_context = tls
        self.transport: asyncio.Transport | None = None
        self._original_transport = None
        self._handler_coroutine = None
        self._command_seconds = command_seconds
        self._buffer = b""
        self._position = 0
        self._out: list[bytes] = []
        self._eof = False
        self._lost = False
        self._reading = True
        self._may_write = True
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = math.inf
        self._due = math.inf
        self._timed_out = False
        self._dismissal: Reply | None = None

    # -- called by the transport

    def data_received(self, data: bytes) -> None:
        if self._position == len(self._buffer):
            self._buffer = data
        else:
            self._buffer = self._buffer[self._position :] + data
        self._position = 0
        if len(self._buffer) > MOST_BUFFERED and self._reading and self.transport is not None:
            self._reading = False
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._eof = True
        self._wake()
        return self.tls is None

    def connection_lost(self, error: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None
        if self._timer is not None:
            self._timer.cancel()
        self._wake()

    def pause_writing(self) -> None:
        self._may_write = False

    def resume_writing(self) -> None:
        self._may_write = True
        self._wake()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """aiosmtpd's timer: ours is armed in `_wait`."""

    # -- used by the session

    @property
    def started(self) -> bool:
        """Whether there has been a connection (after the handshake, with implicit TLS)."""
        return self._handler_coroutine is not None

    @property
    def gone(self) -> bool:
        """Whether the client has ended the connection, or its side of it."""
        return self._eof or self._lost

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS layer, or None in clear."""
        return None if self.transport is None else self.transport.get_extra_info("ssl_object")

    @property
    def unread(self) -> bool:
        """Whether the client has sent more than was asked for."""
        return self._position < len(self._buffer)

    def say(self, reply: Reply) -> None:
        """Put a reply in line; those of pipelined commands leave together (RFC 2920 § 3.2)."""
        self._out.append(reply.line().encode("ascii") + b"\r\n")

    async def flush(self) -> None:
        """Send the replies in line; waits while the client does not fetch them."""
        if self._out:
            if self.transport is not None:
                self.transport.write(b"".join(self._out))
            self._out.clear()
        if not self._may_write:
            due = self.loop.time() + (self._command_seconds or math.inf)
            while not (self._may_write or self._lost):
                await self._wait(due, TIMEOUT, reading=False)

    async def read_line(self, longest: int) -> bytes | None:
        """The next line with its LF; None for one above `longest` octets, which is thrown away.

        Raises:
            SessionEnd: the client is gone, or took too long for one line.
        """
        self._check_dismissed()
        due, too_long, searched = 0.0, False, self._position
        while (end := self._buffer.find(b"\n", searched)) < 0:
            if len(self._buffer) - self._position > longest:
                too_long, self._position = True, len(self._buffer)
            if self._eof or self._lost:
                raise SessionEnd
            await self.flush()
            due = due or self.loop.time() + (self._command_seconds or math.inf)
            self._check_before_waiting()
            await self._wait(due, TIMEOUT)
            searched = self._position
        line = self._buffer[self._position : end + 1]
        self._position = end + 1
        return None if too_long or len(line) > longest else line

    async def read_piece(self, pace: Pace, most: int = 0) -> bytes:
        """What is there of a message, at most `most` octets (0: all); waits when there is nothing.

        Raises:
            SessionEnd: the client is gone, silent or too slow.
        """
        self._check_dismissed()
        # Impatience shows at the next wait, whose time is then over before it begins.
        while self._position == len(self._buffer):
            if self._eof or self._lost:
                raise SessionEnd
            await self.flush()
            start = self.loop.time()
            await self._wait(start + pace.patience(), TOO_SLOW)
            pace.waited += self.loop.time() - start
        end = min(len(self._buffer), self._position + most) if most else len(self._buffer)
        piece = self._buffer[self._position : end]
        self._position = end
        pace.received += len(piece)
        return piece

    def unread_piece(self, piece: bytes) -> None:
        """Give back what lies behind the end of a message."""
        self._buffer = piece + self._buffer[self._position :]
        self._position = 0

    async def start_tls(self) -> None:
        """Speak TLS from here. What the client sent before is forgotten (RFC 3207 § 4.2).

        Raises:
            SessionEnd: there was no handshake.
        """
        await self.flush()
        if self.transport is None or self.tls_context is None:
            raise SessionEnd
        self._buffer, self._position = b"", 0
        if not self._reading:
            self._reading = True
            self.transport.resume_reading()
        try:
            # Up to its first await start_tls only hands the transport over: nothing in clear can slip in between.
            transport = await self.loop.start_tls(
                self.transport, self, self.tls_context, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError as error:  # ssl.SSLError and TimeoutError are among them
            self.connection_lost(None)  # which the TLS layer tells nobody before its handshake is over
            raise SessionEnd from error
        if transport is None or self._lost:
            raise SessionEnd
        self.transport = transport

    def hang_up(self) -> None:
        """Send what is in line and close; a client that does not fetch it is cut off after a while."""
        if self.transport is None:
            return
        if self._out:
            self.transport.write(b"".join(self._out))
            self._out.clear()
        self.transport.close()
        if self._timer is not None:
            self._timer.cancel()
        if not self._lost:
            self._timer = self.loop.call_later(CLOSING_SECONDS, self.transport.abort)

    @property
    def dismissed(self) -> bool:
        """Whether the session was told to end: it obeys no further command, and no message of it is taken."""
        return self._dismissal is not None

    def dismiss(self, reply: Reply) -> None:
        """End the session with `reply` (421), in the middle of a message too; what came of it is thrown away.

        A commit that is under way ends first.
        """
        if self._dismissal is None:
            self._dismissal = reply
            self._wake()

    def cut(self) -> None:
        """Drop the connection with what is in line. A commit that is under way still ends."""
        if self.transport is not None:
            self.transport.abort()

    # -- waiting

    def _check_before_waiting(self) -> None:
        """For the session: raise SessionEnd rather than wait for another command."""

    def _check_dismissed(self) -> None:
        if self._dismissal is not None:
            raise SessionEnd(self._dismissal)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, due: float, complaint: Reply, *, reading: bool = True) -> None:
        """Wait for something to happen on the connection, until the loop's time `due`."""
        if reading and not self._reading and self.transport is not None and not self._lost:
            self._reading = True
            self.transport.resume_reading()
        self._due = due
        if due < self._timer_due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_at(due, self._on_timer)
            self._timer_due = due
        self._waiter = self.loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        self._check_dismissed()
        if self._timed_out:
            raise SessionEnd(complaint)

    def _on_timer(self) -> None:
        """One timer serves a whole connection: it looks whether it is still wanted, and when."""
        self._timer, self._timer_due = None, math.inf
        if self._waiter is None or self._due == math.inf:
            return
        if self.loop.time() >= self._due:
            self._timed_out = True
            self._wake()
        else:
            self._timer, self._timer_due = self.loop.call_at(self._due, self._on_timer), self._due
