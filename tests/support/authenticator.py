"""A WebAuthn authenticator in software: makes a key and signs challenges, as a USB key and a browser would together."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One device at a browser that shows a page of `origin`. `like`: another device's number, with a key of its own."""

    origin: str
    rp_id: str
    like: Authenticator | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    number: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0

    def __post_init__(self) -> None:
        if self.like is not None:
            self.number, self.count = self.like.number, self.like.count

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`, as the page's script sends it."""
        self.count += 1
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        about = bytes(16) + len(self.number).to_bytes(2, "big") + self.number + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], PRESENT | VERIFIED | ATTESTED, self.count) + about
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: dict[str, Any], *, rp_id: str = "", count: int | None = None) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`. `rp_id`, `count`: what the device says in place of the truth."""
        self.count += 1
        said = self.count if count is None else count
        data = self._data(rp_id or options["rpId"], PRESENT | VERIFIED, said)
        client = self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, rp_id: str, flags: int, count: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> dict[str, Any]:
        number = _words(self.number)
        parts = {name: _words(value) for name, value in response.items()}
        return {"id": number, "rawId": number, "type": "public-key", "response": parts, "clientExtensionResults": {}}


def _words(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")
