"""A small SMTP receiver on a Unix socket, where mailhub's inject door would be."""

from __future__ import annotations

import os
import queue
import socketserver
import threading
from pathlib import Path
from typing import NamedTuple, Self


class Injected(NamedTuple):
    sender: str
    recipients: list[str]
    data: bytes  # as on the wire, without the final dot


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 door")
        sender, recipients = "", []
        while line := self.rfile.readline():
            command = line.decode().rstrip("\r\n")
            verb = command.split(":")[0].upper()
            if refusal := self.server.door.refusals.get(verb):
                self._say(refusal)
                continue
            if verb == "QUIT":
                return
            if verb == "MAIL FROM":
                sender = command.split(":", 1)[1]
            elif verb == "RCPT TO":
                recipients.append(command.split(":", 1)[1])
            elif verb == "DATA":
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line)
                if final := self.server.door.refusals.get("."):
                    self._say(final)
                    continue
                self.server.door.arrived.put(Injected(sender, recipients, b"".join(lines)))
            self._say("250-more\r\n250 fine" if verb.startswith("EHLO") else "250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    door: InjectDoor


class InjectDoor:
    """`arrived` is a queue of what was taken; `refusals` maps a verb ("RCPT TO", "." for the end) to a reply."""

    def __init__(self, path: Path, uid: int) -> None:
        self.arrived: queue.Queue[Injected] = queue.Queue()
        self.refusals: dict[str, str] = {}
        self._path = path
        self._server = _Server(str(path), _Handler)
        self._server.door = self
        os.chown(path, uid, -1)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink()
