"""The head of the audit log, signed once a day and sent to witnesses.

The chain of hashes (audit.py) shows a row that was changed by somebody who did not rewrite all that follows. Who
does rewrite everything meets the heads: each names a row's hash under a signature, and lies with others as well
(threats 4.18). `audit verify` checks those kept here, and those that a witness kept.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, insert, select

from mailhub.accounts.audit import take_turn
from mailhub.accounts.control.models import AuditSeal
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.records import AuditRow
from mailhub.clock import now_ms
from mailhub.store.errors import StoreUnavailable
from mailhub.store.keyfile import write_once

KEY_FILE = "audit.key"
_HEAD = re.compile(
    r"mailhub audit head v1\r?\nhub: (?P<hub>\S+)\r?\nday: (?P<day>[\d-]{10})\r?\nrow: (?P<row>\d+)\r?\n"
    r"hash: (?P<hash>[0-9a-f]{64})\r?\nkey: (?P<key>\S+)\r?\nsignature: (?P<signature>[A-Za-z0-9+/=]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One signed head: up to row `row` (its hash is `hash`) on the day `day`, by the hub of the domain `hub`."""

    hub: str
    day: str
    row: int
    hash: str
    key: str  # the public key, base64
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The octets under the signature."""
        return _text(self.hub, self.day, self.row, self.hash).encode()

    def text(self) -> str:
        """As it is sent and kept by witnesses."""
        signature = base64.b64encode(self.signature).decode()
        return f"{self.signed.decode()}key: {self.key}\nsignature: {signature}\n"


class HeadSigner:
    """The key that signs heads, `keys/audit.key` (Ed25519, RFC 8032)."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.public = base64.b64encode(raw).decode()

    def sign(self, hub: str, day: str, row: int, head: str) -> Head:
        """The signed head of that day."""
        signature = self._key.sign(_text(hub, day, row, head).encode())
        return Head(hub=hub, day=day, row=row, hash=head, key=self.public, signature=signature)


def open_signer(keys_directory: Path) -> HeadSigner:
    """The hub's key, made when there is none yet.

    Raises:
        StoreUnavailable: it cannot be read or made, or is no Ed25519 key.
    """
    path = keys_directory / KEY_FILE
    try:
        if not path.exists():
            encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
            write_once(path, Ed25519PrivateKey.generate().private_bytes(encoding, form, serialization.NoEncryption()))
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise StoreUnavailable(f"{path}: not a private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreUnavailable(f"{path}: not an Ed25519 key")
    return HeadSigner(key)


def seal_day(
    connection: Connection, signer: HeadSigner, hub: str, day: date, witnesses: Sequence[str], *, at: int | None = None
) -> Head | None:
    """Sign the log's head for `day` and enter the letters to the witnesses; None when that was done before."""
    last, head = take_turn(connection)
    name = day.isoformat()
    if last == 0 or connection.execute(select(AuditSeal.day).where(AuditSeal.day == name)).first() is not None:
        return None
    moment = now_ms() if at is None else at
    signed = signer.sign(hub, name, last, head)
    row = {"day": name, "last_id": last, "head": head, "key_id": signer.public, "signature": signed.signature}
    connection.execute(insert(AuditSeal).values(**row, sealed_at=moment, sent_to=",".join(witnesses)[:320]))
    for address in witnesses:
        about = f"audit-head/{name}/{address}"
        tell(connection, LetterKind.AUDIT_HEAD, address, {"day": name, "head": signed.text()}, about=about, at=moment)
    return signed


def days_in_a_row(connection: Connection, today: date) -> bool:
    """Whether the log was sealed for two days in a row before yesterday: a clock that leapt ahead an hour
    ago has not been where it is for so long."""
    wanted = [(today - timedelta(days=ago)).isoformat() for ago in (2, 3)]
    return set(wanted) <= set(connection.execute(select(AuditSeal.day).where(AuditSeal.day.in_(wanted))).scalars())


def broken_head(connection: Connection, hub: str, heads: Sequence[Head], *, trusted: str = "") -> Head | None:
    """The first head that the log does not bear out, or whose signature is not that of `trusted` (a public key)."""
    for head in heads:
        row = connection.execute(select(AuditRow.hash).where(AuditRow.id == head.row)).scalar_one_or_none()
        if head.hub != hub or row != head.hash or not _is_signed(head, trusted or head.key):
            return head
    return None


def kept_heads(connection: Connection, hub: str) -> Sequence[Head]:
    """The heads kept here, the oldest first."""
    rows = connection.execute(select(AuditSeal.__table__).order_by(AuditSeal.day))
    return [
        Head(hub=hub, day=row.day, row=row.last_id, hash=row.head, key=row.key_id, signature=row.signature)
        for row in rows
    ]


def read_heads(text: str) -> Sequence[Head]:
    """The heads in a text, such as a witness's saved mails."""
    return [
        Head(
            hub=found["hub"],
            day=found["day"],
            row=int(found["row"]),
            hash=found["hash"],
            key=found["key"],
            signature=base64.b64decode(found["signature"]),
        )
        for found in _HEAD.finditer(text)
    ]


def _text(hub: str, day: str, row: int, head: str) -> str:
    return f"mailhub audit head v1\nhub: {hub}\nday: {day}\nrow: {row}\nhash: {head}\n"


def _is_signed(head: Head, public: str) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
        key.verify(head.signature, head.signed)
    except (InvalidSignature, ValueError):
        return False
    return head.key == public
