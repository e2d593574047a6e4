"""A letter as a message (RFC 5322), marked as written by a machine (RFC 3834 § 5)."""

from __future__ import annotations

import hashlib
import quopri
from email.header import Header

from mailhub.accounts.life.letters import LetterKind
from mailhub.clock import mail_date
from mailhub.lifecycle.words import LetterText, sender_name, subject_line, whole_text


def build_letter(letter: LetterText, *, to: str, domain: str, message_id: str, at: int) -> bytes:
    """The message with CRLF line ends, 7-bit unless the recipient's address itself is not.

    It comes from the postmaster of `domain`, so that answers reach somebody. `message_id` is without its brackets,
    and the same each time that the same letter is built.
    """
    head = [
        f"From: {_encoded(sender_name(), 'From')} <postmaster@{domain}>",
        f"To: <{to}>",
        f"Subject: {_encoded(subject_line(letter), 'Subject')}",
        f"Date: {mail_date(at)}",
        f"Message-ID: <{message_id}>",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",  # the same for Exchange
        "MIME-Version: 1.0",
    ]
    return "\r\n".join(head).encode() + b"\r\n" + _body(letter)


def _body(letter: LetterText) -> bytes:
    """The text, and beside it what must reach a program as it is: a signed head of the audit log."""
    text = _part("text/plain; charset=utf-8", whole_text(letter).encode())
    head = letter.facts.get("head") if letter.kind is LetterKind.AUDIT_HEAD else None
    if not isinstance(head, str) or not head.isascii():
        return text
    name = f"audit-head-{letter.facts.get('day', '')}.txt"
    told = "\r\n".join(head.splitlines()).encode()
    attached = (
        f'Content-Type: text/plain; charset=us-ascii\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'
    ).encode() + told
    mark = b"--" + hashlib.sha256(text + attached).hexdigest()[:32].encode()
    kind = b'Content-Type: multipart/mixed; boundary="' + mark[2:] + b'"\r\n\r\n'
    return kind + b"\r\n".join([mark, text, mark, attached, mark + b"--", b""])


def _part(kind: str, octets: bytes) -> bytes:
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
    return head + quopri.encodestring(octets).replace(b"\n", b"\r\n")


def _encoded(text: str, field: str) -> str:
    """Unstructured text for a header: RFC 2047 unless it is plain ASCII, folded."""
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name=field).encode(linesep="\r\n")
