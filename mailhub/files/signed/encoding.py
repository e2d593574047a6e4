"""`Signed` as JSON and back, for rows that keep it; and what types alone do not say of one from the sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from mailhub.files.signed.facts import CertificateFacts, ChainFacts, ChainState, RevocationAnswer, Signed
from mailhub.files.signed.trusted import Part
from mailhub.files.values import BadAnswer, decode, encode

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SERIAL = re.compile(r"-?[0-9a-f]{1,80}")
_PARTS = frozenset(("", *Part))
MOST_JSON = 16 * 2**20  # characters


def signed_to_json(signed: Signed) -> str:
    """`signed` as one line of JSON; what is empty is left out."""
    return json.dumps(encode(signed), ensure_ascii=False, separators=(",", ":"))


def signed_from_json(text: str) -> Signed:
    """What `signed_to_json` wrote.

    Raises:
        BadAnswer: it is nothing of the kind.
    """
    if len(text) > MOST_JSON:
        raise BadAnswer("too long")
    try:
        signed = decode(Signed, json.loads(text))
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"not JSON: {type(error).__name__}") from None
    check_signed(signed)
    return signed


def check_signed(signed: Signed) -> None:
    """Hashes, serial numbers and pins have their shape.

    Raises:
        BadAnswer: they have not.
    """
    for chain in _chains(signed):
        for certificate in chain.certificates:
            _check_certificate(certificate)
        if chain.state is ChainState.TRUSTED and not chain.certificates:
            raise BadAnswer("trusted, and nobody there")
    for answer in (answer for signature in signed.signatures for answer in signature.answers):
        _check_answer(answer)


def _chains(signed: Signed) -> Iterator[ChainFacts]:
    for signature in signed.signatures:
        yield signature.chain
        if signature.timestamp is not None:
            yield signature.timestamp.chain


def _check_certificate(certificate: CertificateFacts) -> None:
    if not _SHA256.fullmatch(certificate.sha256) or not _SERIAL.fullmatch(certificate.serial):
        raise BadAnswer("no certificate")
    if certificate.pinned not in _PARTS:
        raise BadAnswer("no part in the trust data")


def _check_answer(answer: RevocationAnswer) -> None:
    if not _SHA256.fullmatch(answer.issuer) or not _SERIAL.fullmatch(answer.serial):
        raise BadAnswer("no answer about a certificate")
