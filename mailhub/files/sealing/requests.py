"""Asking a timestamp authority (RFC 3161 § 2.4.1): made of our own values, nothing from outside is read here."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from asn1crypto import algos, cms, tsp

CONTENT_TYPE = "application/timestamp-query"
MOST_ANSWER_BYTES = 64 * 2**10


@dataclass(frozen=True, slots=True)
class StampRequest:
    """A request in DER, and its nonce as `StampPlan.nonce` wants it."""

    der: bytes
    nonce: str


def request_for(signature: bytes) -> StampRequest:
    """Ask for a timestamp over `signature`, a CMS that our own signer made (its SignerInfo's value is what is stamped,
    RFC 3161 Appendix A). The certificate is asked for, since the token has to be checked later without the authority.
    """
    nonce = secrets.randbits(63) | 1 << 62
    wanted = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": tsp.MessageImprint(
                {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                    "hashed_message": hashlib.sha256(signature_value(signature)).digest(),
                }
            ),
            "nonce": nonce,
            "cert_req": True,
        }
    )
    der: bytes = wanted.dump()
    return StampRequest(der, f"{nonce:x}")


def signature_value(signature: bytes) -> bytes:
    """The value of the one SignerInfo in a CMS of our own signer's."""
    signed = cms.ContentInfo.load(signature)["content"]
    value: bytes = signed["signer_infos"][0]["signature"].native
    return value
