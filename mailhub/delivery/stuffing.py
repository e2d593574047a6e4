"""Dot-stuffing (RFC 5321 § 4.5.2) of a message that streams by in chunks of any size.

This is the last place before the wire, so it also defends § 2.3.8: a bare CR or LF never leaves us, whatever
the door let in, because a sloppy receiver may take one beside a dot for the end of data.
"""

from __future__ import annotations

from mailhub.delivery.errors import BareLineEnd


class Stuffer:
    """Feed it the message in order, then `finish`; what comes out goes onto the wire as it is."""

    def __init__(self) -> None:
        self._after_cr = False
        self._at_line_start = True

    def feed(self, chunk: bytes) -> bytes:
        """`chunk` as it goes onto the wire.

        Raises:
            BareLineEnd: a CR without its LF, or an LF without its CR.
        """
        if not chunk:
            return chunk
        self._check_line_ends(chunk)
        # The two dots that `replace` cannot see: their CRLF, or its CR, went by with the chunk before.
        if self._at_line_start and chunk[0] == 0x2E:
            out = b"." + chunk.replace(b"\r\n.", b"\r\n..")
        elif self._after_cr and chunk[:2] == b"\n.":
            out = b"\n." + chunk[1:].replace(b"\r\n.", b"\r\n..")
        else:
            out = chunk.replace(b"\r\n.", b"\r\n..")  # the same object when there is nothing to replace
        self._at_line_start = chunk.endswith(b"\r\n") or (self._after_cr and chunk == b"\n")
        self._after_cr = chunk[-1] == 0x0D
        return out

    def finish(self) -> bytes:
        """What ends the data: the missing CRLF, if it is missing, then dot CRLF.

        Raises:
            BareLineEnd: the message ends with a CR alone.
        """
        if self._after_cr:
            raise BareLineEnd("the message ends with a bare CR")
        return b".\r\n" if self._at_line_start else b"\r\n.\r\n"

    def _check_line_ends(self, chunk: bytes) -> None:
        # Every pair holds one CR and one LF; so if there are twice as many of both as there are pairs, none is
        # left over. Two passes in C: 1.8 ms at 2 MiB, where counting both kinds takes 4.3 and a pattern 26.
        ends = len(chunk) - len(chunk.translate(None, b"\r\n")) + self._after_cr
        pairs = chunk.count(b"\r\n") + (self._after_cr and chunk[0] == 0x0A)
        if chunk[-1] == 0x0D:
            ends -= 1  # judged with the next chunk
        if ends != 2 * pairs:
            raise BareLineEnd("the message holds a bare CR or LF")
