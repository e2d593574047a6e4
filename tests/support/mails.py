"""Messages put together by hand, so that every octet of them is known."""

from __future__ import annotations

import base64
from collections.abc import Sequence

CRLF = b"\r\n"


def leaf(header: str | bytes = "", body: bytes = b"x") -> bytes:
    """A part: header lines separated by line feeds, and a body as it is."""
    lines = header.encode() if isinstance(header, str) else header
    head = b"".join(line + CRLF for line in lines.split(b"\n") if line)
    return head + CRLF + body


def multipart(parts: Sequence[bytes], *, subtype: str = "mixed", boundary: str = "b0", header: str = "") -> bytes:
    """A multipart with a preamble and an epilogue."""
    line = f'{header}\nContent-Type: multipart/{subtype}; boundary="{boundary}"'
    mark = b"--" + boundary.encode()
    body = b"preamble" + CRLF + b"".join(mark + CRLF + part + CRLF for part in parts) + mark + b"--" + CRLF
    return leaf(line.strip("\n"), body)


def attached(data: bytes, name: str, kind: str = "application/octet-stream") -> bytes:
    """A part in base64 with its name in quotes, whatever octets the name is of."""
    header = (
        f'Content-Type: {kind}\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="{name}"'
    )
    return leaf(header, base64.encodebytes(data).replace(b"\n", CRLF))
