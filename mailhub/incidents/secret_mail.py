"""A message in which a mark of secrecy was found, as it is handed over to be recorded and undone."""

from __future__ import annotations

from dataclasses import dataclass, field
from mmap import mmap

from mailhub.mail.body_text import BodyText
from mailhub.queue.models import Door

SUBJECT, BODY, FILE, SCAN = "subject", "body", "file", "scan"
PLACES = (SUBJECT, BODY, FILE, SCAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretMail:
    """One message. It lives in memory only, and is never written down as it stands.

    `file_hashes` are SHA-256 of the files that bear the mark (`screening.secrecy`); `data` is the whole message, valid
    during the call that gets it. `found_in` are of `PLACES`; `at` is in ms.
    """

    code: str
    message_number: int
    at: int
    door: Door
    account_id: int | None
    sender: str
    client: str
    recipients: tuple[str, ...]
    size: int
    level: str
    found_in: frozenset[str]
    rule: str
    version: int
    message_id: str = ""
    subject: str = field(default="", repr=False)
    data: bytes | mmap = field(default=b"", repr=False)
    file_hashes: tuple[bytes, ...] = ()
    body: BodyText | None = field(default=None, repr=False)
    because: str = ""  # the article, as the sender is told it

    @property
    def scan_only(self) -> bool:
        """Whether only the reading of an image found the mark, which may err."""
        return self.found_in == {SCAN}
