"""The certificates that ship with mailhub (`shipped.toml`, `pem/`): with source, date and fingerprint."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from mailhub.files.signed.trusted import Part
from mailhub.signatures.trust.certificate_files import read_certificates
from mailhub.signatures.trust.errors import BadCertificate
from mailhub.signatures.trust.pinned import Pinned
from mailhub.signatures.verdict import Hierarchy

_PLACE = "mailhub.signatures.trust"


@cache  # read before root is given up (serve/preload.py): a checkout may be readable for root alone
def shipped() -> tuple[Pinned, ...]:
    """All of them, in the file's order; some are a fingerprint only (`der` empty).

    Raises:
        BadCertificate: a file beside the list is not what its fingerprint says.
    """
    text = resources.files(_PLACE).joinpath("shipped.toml").read_text(encoding="utf-8")
    return tuple(_pinned(entry) for entry in tomllib.loads(text)["certificate"])


def find_shipped(sha256: str) -> Pinned | None:
    """What ships about the certificate with this fingerprint."""
    return next((one for one in shipped() if one.sha256 == sha256), None)


def _pinned(entry: dict[str, Any]) -> Pinned:
    values = {**entry, "part": Part(entry["part"]), "hierarchy": Hierarchy(entry["hierarchy"])}
    der = _octets(values.pop("file", ""), entry["sha256"])
    return Pinned(**values, der=der)


def _octets(file: str, sha256: str) -> bytes:
    if not file:
        return b""
    found = read_certificates(resources.files(_PLACE).joinpath("pem", file).read_bytes())
    if [one.sha256 for one in found] != [sha256]:
        raise BadCertificate(f"pem/{file} is not the certificate with the fingerprint {sha256}")
    return found[0].der
