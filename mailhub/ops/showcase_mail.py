"""The message of the demonstration: built with its attachments, and taken apart again where it arrived."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from mailhub.clock import mail_date, now_ms
from mailhub.ids import new_id
from mailhub.ops.documents import OfficialLetter

_DOCX = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")


def compose(
    letter: OfficialLetter, attachments: dict[str, bytes], sender: dict[str, Any], recipient: dict[str, Any]
) -> tuple[bytes, str]:
    """The message in its wire form and its Message-ID. `sender` and `recipient` have `name` and `address`."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _named(sender)
    message["To"] = _named(recipient)
    message["Subject"] = f"Công văn số {letter.number_symbol} {letter.subject.replace(chr(10), ' ')}"
    message["Date"] = mail_date(now_ms())
    message["Message-ID"] = f"<{new_id()}@minhhoa.{sender['address'].partition('@')[2]}>"
    message.set_content(
        f"Kính gửi {letter.addressee},\n\n{sender['name']} gửi Công văn số {letter.number_symbol}, "
        "tệp DOCX và PDF kèm theo.\n\nTrân trọng.\n"
    )
    for name, content in attachments.items():
        maintype, subtype = _DOCX if name.endswith(".docx") else ("application", "pdf")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes(), str(message["Message-ID"])


def _named(account: dict[str, Any]) -> str:
    return f'"{account["name"]}" <{account["address"]}>'


def attached_files(message: bytes) -> dict[str, bytes]:
    """The attachments of a message by file name, decoded."""
    parts = [part for part in email.message_from_bytes(message).walk() if part.get_filename()]
    contents = [(str(part.get_filename()), part.get_payload(decode=True)) for part in parts]
    return {name: content for name, content in contents if isinstance(content, bytes)}
