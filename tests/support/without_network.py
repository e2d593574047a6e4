"""A hub in a network namespace of its own, where there is nothing but the loopback: nobody outside can be asked.

Run by tests as a process: `unshare -n python -m tests.support.without_network ORDER`, ORDER being a JSON file with the
PEM files to pin (`root`, `sub`) and the documents to send (`files`, by name); prints what became of each as JSON.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import sys
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509

from mailhub.files.signed.trusted import Part
from mailhub.settings import load
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy
from mailhub.store.database import open_database
from tests.integration.conftest import Province
from tests.support.hub import RunningHub, wait_until
from tests.support.revocation import pin

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
NOWHERE = "http://ocsp.invalid/"
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def loopback_up() -> None:
    """`ip link set lo up`, which few machines have."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def pinned(path: str, part: Part) -> Pinned:
    _, _, der = pem.unarmor(Path(path).read_bytes())
    found = x509.Certificate.load(der)
    return Pinned(
        sha256=found.sha256.hex(), der=der, part=part, hierarchy=Hierarchy.OFFICIAL, subject="test", ocsp=NOWHERE,
        crl=NOWHERE, source="test", dated="2026-11-22",
    )  # fmt: skip


def mail(name: str, data: bytes) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = AN, BINH, name
    message["Message-ID"] = f"<{name}@may.tinh.gov.vn>"
    message.set_content("Xin gửi.\n")
    message.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


def main(order: dict[str, Any]) -> dict[str, Any]:
    loopback_up()
    with RunningHub(start=False, signatures={"online": True}) as hub:
        database = open_database(load(hub.directory / "mailhub.toml").database_url)
        pin(database, pinned(order["root"], Part.ROOT), pinned(order["sub"], Part.INTERMEDIATE))
        database.close()
        province = Province(hub)
        province.people("nva", "ttb")
        hub.start()
        told = {name: _send(hub, province, name, Path(path).read_bytes()) for name, path in order["files"].items()}
        province.close()
        return told


def _send(hub: RunningHub, province: Province, name: str, data: bytes) -> dict[str, Any]:
    code = hub.submit(AN, [BINH], mail(name, data))

    def delivered() -> list[Any]:
        lines = province.trace(code)
        return lines if any(line.kind.value == "delivered" for line in lines) else []

    lines = wait_until(delivered, code, seconds=60)
    arrived = next(one for one in hub.mails(BINH) if code.encode() in one)
    return {
        "signatures": next(line.facts for line in lines if line.kind.value == "inspected").get("signatures"),
        "arrived": arrived.partition(b"\r\n\r\n")[0].decode("ascii", "replace"),
        "trace": hub.cli("trace", code).stdout,
        "rows": [
            list(row) for row in province.rows(f"SELECT verdict, complete FROM signature_verdict WHERE code = '{code}'")
        ],
    }


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
