"""Notices to a sender about what became of a message: RFC 3464 reports inside RFC 6522 multipart/report.

Three parts: words for people (`notice_words.py`), fields for programs (`notice_status.py`), and the original, whole
or its header, byte for byte. With `utf8` the internationalised types of RFC 6533 are used. Only this module's own
lines are ever encoded; everything but a whole 8-bit original fits through any 7-bit hop.
"""

from __future__ import annotations

import hashlib
import quopri
import re

from mailhub.clock import mail_date
from mailhub.mail.encoded import encode_text
from mailhub.mail.headers import header_end
from mailhub.mail.notice_facts import Action, NoticeFacts, NoticeKind, NoticeRecipient
from mailhub.mail.notice_status import status_part
from mailhub.mail.notice_words import explain, sender_name, subject_line

__all__ = ["Action", "NoticeFacts", "NoticeKind", "NoticeRecipient", "build_notice"]

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>\Z")


def build_notice(facts: NoticeFacts, *, largest_original: int = 0) -> bytes:
    """The notice as a message with CRLF line ends.

    An original over `largest_original` octets is cut to its header; 0 means no limit. The result holds bytes
    over 127 only where `facts.utf8` is set or a whole original has them.
    """
    whole = facts.whole and not (largest_original and len(facts.original) > largest_original)
    parts = [_text_part(explain(facts, whole=whole)), status_part(facts), _original_part(facts, whole=whole)]
    boundary = _boundary(facts, parts)
    lines = [
        *_header(facts),
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
    ]
    head = "\r\n".join([*lines, "", ""]).encode()
    mark = b"--" + boundary.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _header(facts: NoticeFacts) -> list[str]:
    lines = [
        f"From: {encode_text(sender_name(), 'From')} <postmaster@{facts.domain}>",
        f"To: <{facts.to}>",
        f"Subject: {encode_text(subject_line(facts), 'Subject')}",
        f"Date: {mail_date(facts.at)}",
        f"Message-ID: <{facts.code}.{facts.kind}.{_digest(facts)}@{facts.host}>",
    ]
    if _MESSAGE_ID.match(facts.message_id):
        lines += [f"In-Reply-To: {facts.message_id}", f"References: {facts.message_id}"]
    # RFC 3834 § 5: nobody may answer this by machine. The second line says it to Exchange.
    return [*lines, "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "MIME-Version: 1.0"]


def _text_part(text: str) -> bytes:
    body = quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")
    return (
        b"Content-Description: Notification\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + body
    )


def _original_part(facts: NoticeFacts, *, whole: bool) -> bytes:
    """The original, untouched; or its header, which may be encoded where it is not ASCII (RFC 6522 § 4)."""
    if whole:
        kind = "message/global" if facts.utf8 else "message/rfc822"
        encoding = "7bit" if facts.original.isascii() else "8bit"
        return _part_head("Undelivered Message", kind, encoding) + facts.original
    head = facts.original[: header_end(facts.original)]
    if facts.utf8:
        return _part_head("Message Headers", "message/global-headers", "8bit") + head
    if head.isascii() and b"\0" not in head:
        return _part_head("Message Headers", "text/rfc822-headers", "7bit") + head
    encoded = quopri.encodestring(head.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return _part_head("Message Headers", "text/rfc822-headers", "quoted-printable") + encoded


def _part_head(description: str, kind: str, encoding: str) -> bytes:
    return (
        f"Content-Description: {description}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


def _digest(facts: NoticeFacts) -> str:
    """Tells the notices about one message apart."""
    about = "\n".join(f"{r.address} {r.action} {r.status}" for r in facts.recipients)
    return hashlib.sha256(f"{facts.at}\n{about}".encode("utf-8", "replace")).hexdigest()[:16]


def _boundary(facts: NoticeFacts, parts: list[bytes]) -> str:
    """A boundary that none of the parts holds: an original may be a notice of ours, bounced."""
    number = 0
    while True:
        boundary = hashlib.sha256(f"{facts.code} {_digest(facts)} {number}".encode()).hexdigest()[:32]
        if not any(boundary.encode() in part for part in parts):
            return boundary
        number += 1
