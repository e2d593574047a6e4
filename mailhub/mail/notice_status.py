"""The part of a notice that programs read: message/delivery-status (RFC 3464 § 2, RFC 6533 § 3)."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailhub.clock import mail_date
from mailhub.mail.notice_facts import Action, NoticeFacts, NoticeRecipient

LONGEST_VALUE = 900  # a line has 998 octets at most (RFC 5322 § 2.1.1)

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\Z")
_SMTP_REPLY = re.compile(r"[2-5]\d\d(?!\d)")
_UTF8_XTEXT = re.compile(r"\\x\{([0-9A-F]{2,6})\}")
_UNKNOWN_STATUS = {Action.FAILED: "5.0.0", Action.DELAYED: "4.0.0"}


def status_part(facts: NoticeFacts) -> bytes:
    """The body part, with its own header."""
    kind = "message/global-delivery-status" if facts.utf8 else "message/delivery-status"
    encoding = "8bit" if facts.utf8 else "7bit"
    head = f"Content-Description: Delivery report\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    groups = [_message_fields(facts), *(_recipient_fields(to, utf8=facts.utf8) for to in facts.recipients)]
    return "\r\n".join([head, *("\r\n".join([*group, ""]) for group in groups)]).encode("utf-8", "replace")


def status_of(recipient: NoticeRecipient) -> str:
    """The enhanced code, or the unspecific one of the action when there is none."""
    if _STATUS.match(recipient.status):
        return recipient.status
    return _UNKNOWN_STATUS.get(recipient.action, "2.0.0")


def was_said(recipient: NoticeRecipient) -> bool:
    """Whether `reply` is what a server answered, and not our own words for why none could be asked."""
    return _SMTP_REPLY.match(recipient.reply) is not None


def _message_fields(facts: NoticeFacts) -> list[str]:
    fields = []
    if facts.envid:
        fields.append(f"Original-Envelope-Id: {_plain(facts.envid)}")
    fields.append(f"Reporting-MTA: dns; {facts.host}")
    fields.append(f"X-Mailhub-Code: {facts.code}")
    fields.append(f"Arrival-Date: {mail_date(facts.received_at)}")
    return fields


def _recipient_fields(to: NoticeRecipient, *, utf8: bool) -> list[str]:
    fields = []
    if to.original and ";" in to.original:
        kind, _, address = to.original.partition(";")
        if kind.strip().lower() == "utf-8":  # utf-8-addr-xtext (RFC 6533 § 3) is for 7-bit commands
            address = _UTF8_XTEXT.sub(_letter, address)
        kind = _plain(kind.strip()) if address.isascii() else "utf-8"
        fields.append(f"Original-Recipient: {kind}; {_shown(address, utf8=utf8)}")
    kind = "rfc822" if to.address.isascii() else "utf-8"
    fields.append(f"Final-Recipient: {kind}; {_shown(to.address, utf8=utf8)}")
    fields.append(f"Action: {to.action}")
    fields.append(f"Status: {status_of(to)}")
    if to.host:
        fields.append(f"Remote-MTA: dns; {_plain(to.host)}")
    if to.reply:
        fields.append(f"Diagnostic-Code: {'smtp' if was_said(to) else 'x-mailhub'}; {_plain(to.reply)}")
    if to.rule:  # extension fields, RFC 3464 § 2.4
        fields.append(f"X-Mailhub-Rule: {_plain(to.rule)}")
    if to.article:
        fields.append(f"X-Mailhub-Article: {_plain(to.article)}")
    if to.last_attempt is not None:
        fields.append(f"Last-Attempt-Date: {mail_date(to.last_attempt)}")
    if to.retry_until is not None and to.action is Action.DELAYED:
        fields.append(f"Will-Retry-Until: {mail_date(to.retry_until)}")
    return fields


def _letter(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"


def _shown(address: str, *, utf8: bool) -> str:
    return _clean(address, lambda c: c if utf8 else f"\\x{{{ord(c):02X}}}")


def _plain(text: str) -> str:
    return _clean(text, lambda _: "?")


def _clean(text: str, foreign: Callable[[str], str]) -> str:
    """One line without control characters; what is not ASCII goes through `foreign`."""
    line = " ".join(text.split())[:LONGEST_VALUE]
    letters = (c if c.isascii() else foreign(c) for c in line if c.isprintable())
    return "".join(letters)[:LONGEST_VALUE]
