"""Revocation data carried into a network without a way out: a connected hub writes its lists into one signed file.

The file: a line that names the format, the length of a JSON object (4 octets, big-endian), the object, the lists one
after the other, and an Ed25519 signature (RFC 8032) over the SHA-512 of all before it. Whose signatures count is a
setting. Each list is checked against its own issuer again where it is brought in: the mirror can leave out, and cannot
forge. It cannot turn time back either: a bundle older than the last one of the same mirror is refused, as is a list
older than the one that is kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailhub.clock import DAY, HOUR
from mailhub.signatures.revocation.errors import BadBundle
from mailhub.text.plain import plain_line

MOST_OCTETS = 512 * 2**20
_MAGIC = b"mailhub revocation bundle 1\n"
_LENGTH = struct.Struct("!I")
_SIGNATURE_OCTETS = 64
_LONGEST_HEAD = 2**20
_AHEAD_MS = HOUR  # the other machine's clock
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedList:
    """One issuer's list. `source`: where the mirror had it from; `fetched_at` ms."""

    issuer: str
    source: str
    fetched_at: int
    der: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a mirror wrote. `key`: its public key, base64; `made_at` ms."""

    by: str
    key: str
    made_at: int
    lists: tuple[CarriedList, ...]


def public_key_of(key: Ed25519PrivateKey) -> str:
    """As `[signatures] mirror_keys` has it."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def write_bundle(key: Ed25519PrivateKey, lists: Iterable[CarriedList], *, by: str, at: int) -> bytes:
    """The file with these lists, made at `at` by the hub `by`."""
    every = tuple(lists)
    items = [
        {"issuer": one.issuer, "source": one.source, "fetched_at": one.fetched_at, "length": len(one.der)}
        for one in every
    ]
    head = json.dumps({"by": by, "key": public_key_of(key), "made_at": at, "lists": items}).encode()
    body = b"".join((_MAGIC, _LENGTH.pack(len(head)), head, *(one.der for one in every)))
    return body + key.sign(_digest(body))


def read_bundle(octets: bytes, keys: Collection[str], *, at: int, days: int) -> Bundle:
    """The bundle in a file, if it is signed by one of `keys` and at most `days` old at `at` (ms). What is not signed
    is not looked into.

    Raises:
        BadBundle
    """
    body, signature = memoryview(octets)[:-_SIGNATURE_OCTETS], octets[-_SIGNATURE_OCTETS:]
    if not octets.startswith(_MAGIC) or len(body) < len(_MAGIC) + _LENGTH.size:
        raise BadBundle("the file is no bundle of revocation data")
    key = _signer(_digest(body), signature, keys)
    begin = len(_MAGIC) + _LENGTH.size
    (length,) = _LENGTH.unpack(body[len(_MAGIC) : begin])
    if length > _LONGEST_HEAD:
        raise BadBundle("the bundle is broken")
    try:
        bundle = _read(json.loads(bytes(body[begin : begin + length])), key, body[begin + length :])
    except (KeyError, TypeError, ValueError) as error:
        raise BadBundle(f"the bundle is broken: {type(error).__name__}") from None
    if bundle.made_at > at + _AHEAD_MS:
        raise BadBundle("the bundle is from the future: compare the clocks of both machines")
    if bundle.made_at < at - days * DAY:
        raise BadBundle(f"the bundle is more than {days} days old: fetch a new one")
    return bundle


def about(bundle: Bundle) -> dict[str, object]:
    """What the log says of it."""
    told = [{key: value for key, value in asdict(one).items() if key != "der"} for one in bundle.lists]
    return {"by": bundle.by, "key": bundle.key, "made_at": bundle.made_at, "lists": told}


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.sha512(body).digest()


def _signer(digest: bytes, signature: bytes, keys: Collection[str]) -> str:
    if not keys:
        raise BadBundle("no mirror is believed here: [signatures] mirror_keys is empty")
    for text in keys:
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(text)).verify(signature, digest)
        except (InvalidSignature, ValueError):
            continue
        return text
    raise BadBundle("the bundle is not signed by a mirror of [signatures] mirror_keys, or was altered")


def _read(head: dict[str, Any], key: str, rest: memoryview) -> Bundle:
    lists, begin = [], 0
    for item in head["lists"]:
        issuer, length = str(item["issuer"]), int(item["length"])
        if not _SHA256.fullmatch(issuer) or not 0 < length <= len(rest) - begin:
            raise ValueError("a list")
        der = bytes(rest[begin : begin + length])
        source = plain_line(str(item["source"]))[:400]
        lists.append(CarriedList(issuer=issuer, source=source, fetched_at=int(item["fetched_at"]), der=der))
        begin += length
    if begin != len(rest):
        raise ValueError("octets that belong to nothing")
    by, made_at = plain_line(str(head["by"]))[:100], int(head["made_at"])
    return Bundle(by=by, key=key, made_at=made_at, lists=tuple(lists))
