"""Files that a command writes where the person who typed it may write.

Root becomes the hub's user once the database is opened (Environment.step_down), who may not write into a web server's
folder. So a process that stays root is there before, and writes nothing but what the command hands to it.
"""

from __future__ import annotations

import json
import os
import socket
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from mailhub.cli.environment import Environment
from mailhub.store.whole_file import READABLE, write_whole


class Write(Protocol):
    """Writes a file as a whole; `mode` says who may read it."""

    def __call__(self, path: Path, content: str | bytes, *, mode: int = READABLE) -> None: ...


@contextmanager
def output(environment: Environment) -> Iterator[Write]:
    """What writes a file as a whole, as whoever typed. Enter it before the database is asked for.

    The writing raises OSError.
    """
    if not environment.steps_down:
        yield write_whole
        return
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        _serve(theirs)
    theirs.close()
    try:
        yield partial(_ask, ours)
    finally:
        ours.close()
        os.waitpid(child, 0)


def _ask(ours: socket.socket, path: Path, content: str | bytes, *, mode: int = READABLE) -> None:
    octets = content.encode() if isinstance(content, str) else content
    with ours.makefile("rw", encoding="utf-8", newline="\n") as line:
        line.write(json.dumps([str(path.absolute()), b64encode(octets).decode(), mode]) + "\n")
        line.flush()
        answer = json.loads(line.readline() or "[5]")  # EIO: the writer is gone
    if answer:
        raise OSError(answer[0], os.strerror(answer[0]), str(path))


def _serve(theirs: socket.socket) -> None:
    """Write what is asked for until the command has ended; never comes back."""
    try:
        with theirs.makefile("rw", encoding="utf-8", newline="\n") as lines:
            while line := lines.readline():
                path, content, mode = json.loads(line)
                try:
                    write_whole(Path(path), b64decode(content), mode=mode)
                    answer = []
                except OSError as error:
                    answer = [error.errno or 5]
                lines.write(json.dumps(answer) + "\n")
                lines.flush()
    finally:
        os._exit(0)
