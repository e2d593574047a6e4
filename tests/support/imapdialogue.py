"""IMAP line by line, for what imaplib does not let a test say (it refuses to go on in a read-only mailbox)."""

from __future__ import annotations

import base64
import imaplib
from itertools import count


class ImapDialogue:
    """Commands over the connection of an `imaplib` client that has not logged in, or is logged in already."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client
        self._numbers = count(1)
        self.untagged: list[str] = []

    def login(self, user: str, password: str) -> str:
        """AUTHENTICATE PLAIN with its first answer (RFC 4959)."""
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.say(f"AUTHENTICATE PLAIN {token}")

    def say(self, command: str) -> str:
        """One command; what the server says of it behind the tag. The untagged lines are in `untagged`."""
        return self._say(command.encode(), None)

    def append(self, folder: str, message: bytes, *, flags: str = "") -> str:
        """APPEND of one message (RFC 9051 § 6.3.12)."""
        head = f"APPEND {folder} ({flags}) {{{len(message)}}}".encode()
        return self._say(head, message)

    def fetched(self, what: str) -> str:
        """The untagged answers to a FETCH of the first message."""
        assert self.say(f"FETCH 1 ({what})").startswith("OK")
        return "\n".join(self.untagged)

    def close(self) -> None:
        self._client.shutdown()

    def _say(self, command: bytes, literal: bytes | None) -> str:
        tag = f"D{next(self._numbers)}".encode()
        self._client.send(tag + b" " + command + b"\r\n")
        self.untagged = []
        while True:
            line = self._client.readline()
            if not line:
                raise EOFError(command.decode())
            if line.startswith(b"+") and literal is not None:
                self._client.send(literal + b"\r\n")
                continue
            if line.startswith(tag + b" "):
                return line[len(tag) + 1 :].decode().rstrip()
            self.untagged.append(line.decode().rstrip())
