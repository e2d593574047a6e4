"""A letter as a message (RFC 5322), marked as written by a machine (RFC 3834 § 5)."""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailhub.accounts.life.letters import LetterKind
from mailhub.clock import mail_date
from mailhub.lifecycle.words import LetterText, sender_name, subject_line, whole_text
from mailhub.mail.encoded import encode_text

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of our own making: its name is ASCII, without quotation marks."""

    name: str
    media_type: str
    content: bytes


def build_letter(
    letter: LetterText,
    *,
    to: str,
    domain: str,
    message_id: str,
    at: int,
    answers: str = "postmaster",
    original: bytes = b"",
    whole: bool = True,
    files: Sequence[AttachedFile] = (),
) -> bytes:
    """The message with CRLF line ends, 7-bit unless the recipient's address itself or the original is not.

    It comes from the postmaster of `domain`, so that answers reach somebody; `answers` is another local part, of the
    address that takes a word (smtp/word.py). `message_id` is without its brackets, and the same each time that the
    same letter is built. `original` is a message that goes along with it, or without `whole` its header; `files` are
    attached.
    """
    head = [
        f"From: {encode_text(sender_name(), 'From')} <{answers}@{domain}>",
        f"To: <{to}>",
        *([f"Reply-To: <{answers}@{domain}>"] if answers != "postmaster" else ()),
        f"Subject: {encode_text(subject_line(letter), 'Subject')}",
        f"Date: {mail_date(at)}",
        f"Message-ID: <{message_id}>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",  # the same for Exchange
        *_thread(letter),
        "MIME-Version: 1.0",
    ]
    return "\r\n".join(head).encode() + b"\r\n" + _body(letter, original, files, whole=whole)


def _thread(letter: LetterText) -> list[str]:
    """What it answers, or is about, so that clients show both together (RFC 5322 § 3.6.4)."""
    named = letter.facts.get("thread")
    if not isinstance(named, str) or not _MESSAGE_ID.fullmatch(named):
        return []
    return [f"In-Reply-To: {named}", f"References: {named}"]


def _body(letter: LetterText, original: bytes, files: Sequence[AttachedFile], *, whole: bool) -> bytes:
    """The text, and beside it what must reach a program as it is: a signed head of the audit log, a message that comes
    back."""
    text = _part("text/plain; charset=utf-8", whole_text(letter).encode())
    if files:
        return _mixed(text, *(_file_part(one) for one in files))
    if original:
        encoding = "7bit" if original.isascii() else "8bit"
        named = "message/rfc822" if whole else "text/rfc822-headers"  # RFC 6522 § 4
        kind = f"Content-Type: {named}\r\nContent-Transfer-Encoding: {encoding}\r\n"
        return _mixed(text, f"{kind}Content-Disposition: attachment\r\n\r\n".encode() + original)
    head = letter.facts.get("head") if letter.kind is LetterKind.AUDIT_HEAD else None
    if not isinstance(head, str) or not head.isascii():
        return text
    name = f"audit-head-{letter.facts.get('day', '')}.txt"
    told = "\r\n".join(head.splitlines()).encode()
    attached = (
        f'Content-Type: text/plain; charset=us-ascii\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'
    ).encode() + told
    return _mixed(text, attached)


def _mixed(text: bytes, *attached: bytes) -> bytes:
    parts = (text, *attached)
    mark = b"--" + hashlib.sha256(b"".join(parts)).hexdigest()[:32].encode()
    kind = b'Content-Type: multipart/mixed; boundary="' + mark[2:] + b'"\r\n\r\n'
    return kind + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _file_part(file: AttachedFile) -> bytes:
    """A file in base64 (RFC 2045 § 6.8)."""
    head = (
        f"Content-Type: {file.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{file.name}"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(file.content).replace(b"\n", b"\r\n")


def _part(kind: str, octets: bytes) -> bytes:
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
    return head + quopri.encodestring(octets).replace(b"\n", b"\r\n")
