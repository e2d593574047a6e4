"""DKIM on the way out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from mailhub.delivery.signing import Signer
from mailhub.mail.dkim import generate_key
from mailhub.queue.models import Door
from mailhub.queue.records import StoredMessage
from mailhub.settings import load
from mailhub.store.spool import Location

pytestmark = pytest.mark.unit

KEY = """
[[dkim.keys]]
domain = "{domain}"
selector = "s1"
algorithm = "ed25519"
file = "keys/one.pem"
from = 2026-01-01
"""


def stored(author: str) -> tuple[StoredMessage, bytes]:
    head = f"From: {author}\r\nSubject: a\r\nMessage-ID: <1@tinh.gov.vn>\r\n\r\n".encode()
    message = StoredMessage(
        id=1, code="", door=Door.SUBMISSION, received_at=1_780_000_000_000, sender=author, sender_verified=True,
        account_id=1, message_id="", subject="", size=len(head), location=Location("", 0, 0), prefix=b"",
        local_prefix=b"", cuts=(), body_hash=hashlib.sha256(b"").digest(), dkim=None, utf8=False, eight_bit=False,
        dsn_ret=None, dsn_envid=None, junk=False,
    )  # fmt: skip
    return message, head


def test_two_domains_may_share_a_key_and_each_signs_in_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/one.pem").write_bytes(generate_key("ed25519"))
    (tmp_path / "keys/one.pem").chmod(0o600)
    hub = '[hub]\ndomain = "tinh.gov.vn"\nhostname = "hub.tinh.gov.vn"\n'
    keys = "".join(KEY.format(domain=domain) for domain in ("tinh.gov.vn", "syt.tinh.gov.vn"))
    (tmp_path / "mailhub.toml").write_text(hub + keys)
    settings = load(tmp_path / "mailhub.toml")
    signer = Signer(lambda: settings)
    for domain in ("tinh.gov.vn", "syt.tinh.gov.vn"):
        message, head = stored(f"an@{domain}")
        assert re.findall(rb"d=([a-z.]+)", signer.sign(message, [head])) == [domain.encode()]
