"""What all servers share: the two directions, who writes to whom, and the names that the fake DNS knows."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench import processes
from bench.client import Target
from bench.messages import Signer

OFFICIAL_DOMAIN = "tinh.gov.vn"
CLERK = f"chuyenvien@{OFFICIAL_DOMAIN}"
OFFICIALS = [f"canbo{number}@{OFFICIAL_DOMAIN}" for number in range(20)]
OUTSIDE_DOMAIN = "doanhnghiep.example"
OUTSIDER = f"lienhe@{OUTSIDE_DOMAIN}"
OUTSIDERS = [f"khach{number}@{OUTSIDE_DOMAIN}" for number in range(20)]
SELECTOR = "bench"
SIGNED_FIELDS = [b"from", b"to", b"subject", b"date", b"mime-version", b"content-type"]


class Direction(StrEnum):
    """Which way the mail goes: an official writes to the outside, or the outside to officials."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"

    @property
    def sender(self) -> str:
        """The envelope sender and author."""
        return CLERK if self is Direction.OUTGOING else OUTSIDER

    @property
    def recipients(self) -> list[str]:
        """Who is written to, in turn."""
        return OUTSIDERS if self is Direction.OUTGOING else OFFICIALS


@dataclass(frozen=True, slots=True)
class Scene:
    """One direction's surroundings: `work` is an empty folder that every user may enter."""

    work: Path
    direction: Direction
    sink_port: int
    dns_port: int


class Server(Protocol):
    """A server under test. `target` and `roots` (process ids) are valid between `start` and `stop`."""

    name: str

    def start(self) -> None:
        """Start and wait until it takes mail."""

    def stop(self) -> None:
        """End all its processes; never raises because one has ended already."""

    @property
    def target(self) -> Target:
        """Where the generator sends."""

    @property
    def roots(self) -> list[int]:
        """The processes whose trees are charged."""


class OutsideSigner:
    """An outside domain's RSA-2048 DKIM key; dkimpy signs, so mailhub is not judged by its own words."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def signer(self) -> Signer:
        """Gives the DKIM-Signature field (relaxed/relaxed) of a message without a final dot."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )

        def sign(message: bytes) -> bytes:
            field: bytes = dkim.sign(
                message,
                SELECTOR.encode(),
                OUTSIDE_DOMAIN.encode(),
                pem,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=SIGNED_FIELDS,
            )
            return field

        return sign

    def records(self) -> dict[str, list[str]]:
        """The outside domain's DNS: mail from 127.0.0.1 passes SPF, its signatures pass, DMARC says reject."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {
            f"{OUTSIDE_DOMAIN} TXT": ["v=spf1 ip4:127.0.0.1 -all"],
            f"{SELECTOR}._domainkey.{OUTSIDE_DOMAIN} TXT": ["v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()],
            f"_dmarc.{OUTSIDE_DOMAIN} TXT": ["v=DMARC1; p=reject"],
            f"{OUTSIDE_DOMAIN} MX": [f"10 mx.{OUTSIDE_DOMAIN}."],
            f"mx.{OUTSIDE_DOMAIN} A": ["127.0.0.1"],
            "may-khach.example A": ["127.0.0.1"],
            "1.0.0.127.in-addr.arpa PTR": ["may-khach.example."],
        }


class NameServer:
    """The fake DNS as a process of its own, so that its work is charged to nobody."""

    def __init__(self, work: Path, records: dict[str, list[str]]) -> None:
        self.port = processes.free_port()
        file = work / "dns.json"
        file.write_text(json.dumps(records))
        argv = [sys.executable, "-m", "tests.support.fakedns", "--port", str(self.port), "--records", str(file)]
        log = work / "dns.log"
        self._process = processes.start(argv, log)
        processes.wait_for(lambda: processes.listens(self.port), "the fake DNS", log)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def stop(self) -> None:
        """End it."""
        processes.stop(self._process)
