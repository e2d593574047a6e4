#!/usr/bin/python3
"""Stands where Sieve expects `sendmail`: hands what a script sends (redirect, vacation) to mailhub's inject door.

    mailhub-inject -i -f SENDER -- RECIPIENT...

Dovecot runs a copy of this file, which knows the socket, as the mail user with the system's Python; so it imports
nothing of mailhub. The door speaks SMTP, knows the caller by its uid, and applies policy like any other door.
Exit codes are those of sysexits.h. Sieve takes any but 0 for a passing fault: LMTP answers 451 and the queue tries
again. So a redirect that the door refuses for good is put into its owner's INBOX here, or it would come back as
undeliverable days later.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

# Filled in by render.py.
SOCKET = ""
CONFIGURATION = ""
DOVEADM = ""

EX_OK, EX_USAGE, EX_UNAVAILABLE, EX_TEMPFAIL = 0, 64, 69, 75
SECONDS = 60
REPLY_BYTES = 8192

# What Pigeonhole writes above a message that it redirects; an automatic answer has the first line only.
REDIRECTED = re.compile(rb"X-Sieve: [^\r\n]*\r?\nX-Sieve-Redirected-From: ([^\s<>]+)\r?\n")


class RefusedError(Exception):
    """The door answered 4xx or 5xx, or nothing that is a reply."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.code = EX_UNAVAILABLE if reply.startswith("5") else EX_TEMPFAIL


def parse(arguments: list[str]) -> tuple[str, list[str]]:
    """The envelope sender ("" for the null path) and the recipients of a sendmail command line.

    Raises:
        ValueError: an option that Sieve does not use, no recipient, or an address that could end a command.
    """
    sender, recipients, rest = "", [], list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            recipients += rest
            break
        if word == "-f" and rest:
            sender = rest.pop(0)
        elif word.startswith("-f"):
            sender = word[2:]
        elif not word.startswith("-"):
            recipients.append(word)
        elif word not in ("-i", "-oi"):
            raise ValueError(f"unknown option {word}")
    sender, recipients = sender.strip("<>"), [r.strip("<>") for r in recipients]
    if not recipients or any(c in "<>\x7f" or c < "!" for address in [sender, *recipients] for c in address):
        raise ValueError("no recipient, or an address that cannot be one")
    return sender, recipients


def wire_form(message: bytes) -> Iterator[bytes]:
    """The message line by line with CRLF, dots stuffed, and its final dot (RFC 5321 § 4.5.2).

    Line by line, since Dovecot's limit of memory holds for this program too.
    """
    for line in BytesIO(message):
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        for part in text.split(b"\r"):  # a CR alone ends a line as well: nobody may read one line as two later
            yield b"." + part + b"\r\n" if part.startswith(b".") else part + b"\r\n"
    yield b".\r\n"


def send(peer: socket.socket, sender: str, recipients: list[str], message: bytes) -> None:
    """One SMTP transaction: all recipients or none.

    Raises:
        RefusedError: with the reply that ended it.
        OSError: the connection failed or timed out.
    """
    with peer.makefile("rb") as replies:
        expect(replies, "220")
        command(peer, replies, "EHLO localhost")
        utf8 = " SMTPUTF8" if not "".join([sender, *recipients]).isascii() else ""
        command(peer, replies, f"MAIL FROM:<{sender}>{utf8}")
        for recipient in recipients:
            command(peer, replies, f"RCPT TO:<{recipient}>")
        command(peer, replies, "DATA", "354")
        with peer.makefile("wb", 1 << 16) as wire:
            wire.writelines(wire_form(message))
        expect(replies, "250")
        peer.sendall(b"QUIT\r\n")


def command(peer: socket.socket, replies: BinaryIO, line: str, wanted: str = "250") -> None:
    peer.sendall(line.encode("utf-8", "surrogateescape") + b"\r\n")
    expect(replies, wanted)


def expect(replies: BinaryIO, wanted: str) -> None:
    while True:
        line = replies.readline(REPLY_BYTES).decode("ascii", "replace").rstrip()
        if line[:3] != wanted:
            raise RefusedError(line or "451 the connection ended")
        if line[3:4] != "-":
            return


def keep(message: bytes) -> bool:
    """Put a redirected message, as it was before the redirect, into its owner's INBOX; False when that failed."""
    if (head := REDIRECTED.match(message)) is None:
        return False
    command = [DOVEADM, "-c", CONFIGURATION, "save", "-u", head[1].decode(), "-m", "INBOX"]
    done = subprocess.run(command, input=message[head.end() :], timeout=SECONDS, check=False, capture_output=True)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    try:
        sender, recipients = parse(arguments)
    except ValueError as error:
        print(f"mailhub-inject: {error}", file=sys.stderr)
        return EX_USAGE
    message = sys.stdin.buffer.read()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(SECONDS)
            peer.connect(SOCKET)
            send(peer, sender, recipients, message)
    except RefusedError as refusal:
        print(f"mailhub-inject: {refusal}", file=sys.stderr)
        return EX_OK if refusal.code == EX_UNAVAILABLE and keep(message) else refusal.code
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"mailhub-inject: {SOCKET}: {error}", file=sys.stderr)
        return EX_TEMPFAIL
    return EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
