"""How many wait at a listening Unix socket, as the kernel counts them: sock_diag(7), UNIX_DIAG_RQLEN.

It asks nobody but the kernel, so that it costs microseconds and is right whoever has died meanwhile.
"""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x1 | 0x300
_LISTENING = 1 << 10
_SHOW_NAME_AND_QUEUE = 0x1 | 0x10
_NAME, _QUEUE = 0, 4
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_REQUEST = struct.Struct("=BBHIIIII")  # struct unix_diag_req
_MESSAGE_BYTES = 16  # struct unix_diag_msg


def waiting_connections(path: Path) -> int:
    """Connections to the socket at `path` that nobody has accepted yet; 0 when nobody listens there.

    Raises:
        OSError: this process may not ask.
    """
    wanted = os.fsencode(path)
    request = _REQUEST.pack(socket.AF_UNIX, 0, 0, _LISTENING, 0, _SHOW_NAME_AND_QUEUE, 0, 0)
    header = _HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as one:
        one.sendto(header + request, (0, 0))
        while True:
            block = one.recv(65536)
            for kind, body in _messages(block):
                if kind in (_ERROR, _DONE):
                    return 0
                attributes = dict(_attributes(body[_MESSAGE_BYTES:]))
                if attributes.get(_NAME, b"").rstrip(b"\0") == wanted:
                    return int(struct.unpack_from("=I", attributes[_QUEUE])[0])


def _messages(block: bytes) -> list[tuple[int, bytes]]:
    found = []
    while len(block) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(block)
        found.append((kind, block[_HEADER.size : length]))
        block = block[(length + 3) & ~3 :]
    return found


def _attributes(body: bytes) -> list[tuple[int, bytes]]:
    found = []
    while len(body) >= 4:
        length, kind = struct.unpack_from("=HH", body)
        found.append((kind, body[4:length]))
        body = body[(max(length, 4) + 3) & ~3 :]
    return found
