"""The mail that is sent: the same bytes to every server, each message able to prove that it arrived unaltered.

Two header fields go in front of a message, outside of what an outside domain has signed:

    X-Bench-Id: RUN-NUMBER      which message of which run this is
    X-Bench-Body: HEX           SHA-256 of the body as it was before dot-stuffing, final CRLF included
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate

CRLF = b"\r\n"
ID_FIELD = b"X-Bench-Id"
BODY_FIELD = b"X-Bench-Body"
BOUNDARY = b"=_ranh_gioi_0001"
KIB = 1024

# Words of everyday letters; 8-bit text, so that a server which re-encodes is found out.
SENTENCE = (
    "kính gửi văn phòng báo cáo công tác tuần kế hoạch họp giao ban đề nghị các đơn vị tổng hợp số liệu "
    "trước ngày trân trọng phối hợp thực hiện theo chỉ đạo của lãnh đạo sở nội dung chi tiết đính kèm"
)
WORDS = SENTENCE.split()

Signer = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to send as often as one likes: `head` has no blank line, `wire_body` is dot-stuffed."""

    recipient: str
    head: bytes
    wire_body: bytes
    digest: bytes

    def wire(self, run: str, number: int) -> bytes:
        """All that follows 354, up to and including the final dot. The Message-ID is new each time."""
        identity = f"{run}-{number}".encode()
        return b"".join(
            (
                ID_FIELD + b": " + identity + CRLF,
                BODY_FIELD + b": " + self.digest + CRLF,
                b"Message-ID: <" + identity + b"@bench.example>\r\n",
                self.head,
                CRLF,
                self.wire_body,
                b".\r\n",
            )
        )


def prepare(size: int, sender: str, recipients: Sequence[str], signer: Signer | None = None) -> list[Message]:
    """Distinct messages of about `size` bytes, signed by `signer` (which gives the DKIM-Signature field).

    Fewer of the large ones, so that a cell's messages stay below 20 MiB in memory.
    """
    variants = max(5, min(50, 12 * KIB * KIB // size))
    return [_one(size, at, sender, recipients[at % len(recipients)], signer) for at in range(variants)]


def _one(size: int, variant: int, sender: str, recipient: str, signer: Signer | None) -> Message:
    chance = random.Random(f"{size}/{variant}")
    content_type, body = _text(chance, size - 500) if size <= 16 * KIB else _with_attachment(chance, size - 500)
    head = (
        f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: Benchmark message {variant} of {size} bytes\r\n"
        f"Date: {formatdate()}\r\nMIME-Version: 1.0\r\n"
    ).encode() + content_type
    if signer is not None:
        head = signer(head + CRLF + body) + head
    stuffed = (CRLF + body).replace(b"\r\n.", b"\r\n..")[2:]
    return Message(recipient, head, stuffed, hashlib.sha256(body).hexdigest().encode())


def _text(chance: random.Random, size: int) -> tuple[bytes, bytes]:
    """The content fields and a body of lines, one in twenty of which begins with a dot."""
    lines: list[bytes] = []
    length = 0
    while length < size:
        dot = "." if chance.random() < 0.05 else ""
        lines.append((dot + " ".join(chance.choices(WORDS, k=12))).encode())
        length += len(lines[-1]) + 2
    fields = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    return fields, CRLF.join(lines) + CRLF


def _with_attachment(chance: random.Random, size: int) -> tuple[bytes, bytes]:
    """A short text and a base64 attachment of random bytes, 76 characters a line."""
    text_fields, text = _text(chance, 1500)
    encoded = base64.encodebytes(chance.randbytes((size - len(text)) * 57 // 78)).replace(b"\n", CRLF)
    body = b"".join(
        (
            b"--" + BOUNDARY + CRLF + text_fields + CRLF + text,
            b"--" + BOUNDARY + CRLF + b"Content-Type: application/octet-stream\r\n",
            b'Content-Disposition: attachment; filename="so-lieu.dat"\r\n',
            b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded,
            b"--" + BOUNDARY + b"--\r\n",
        )
    )
    return b'Content-Type: multipart/mixed; boundary="' + BOUNDARY + b'"\r\n', body
