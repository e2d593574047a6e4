"""Why a document did not get the agency's signature: closed lists, and where their words are.

What the signer refuses has its own list (`signer.orders.Refusal`), and so has what cannot be prepared
(`files.sealing.values.CannotReason`): an outcome is a word of any of the three.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailhub.mail.replacing import Untouchable
from mailhub.signer.orders import Refusal, SealRefused


class Refused(StrEnum):
    """Why our own side did not ask for a signature, or did not use it. Each has words: `seal.why.…` (i18n)."""

    ALTERED = "altered"  # a signature in it is INVALID
    UNVERIFIED = "unverified"  # UNKNOWN: whether a certificate was revoked could not be asked
    UNTRUSTED = "untrusted"
    NO_PERSON = "no valid person"  # signed, but by nobody who is known to be a person
    UNREAD = "not read"  # in time
    SIGNED_PART = "signed part"  # of the mail: multipart/signed, application/pkcs7-mime
    ENCRYPTED_PART = "encrypted part"
    FORWARDED = "forwarded message"
    ARCHIVED = "in an archive"
    ENCODING = "part encoding"
    AMBIGUOUS_PART = "part ambiguous"
    NO_TIMESTAMP = "no timestamp"  # and [signer] without_timestamp = "hold"
    BAD_RESULT = "result not good"  # what came out does not verify
    CLERK = "clerk closed"  # the account that sent it, since
    FAULT = "fault"


OF_PART = {
    Untouchable.MISSING: Refused.ARCHIVED,
    Untouchable.SIGNED: Refused.SIGNED_PART,
    Untouchable.ENCRYPTED: Refused.ENCRYPTED_PART,
    Untouchable.FORWARDED: Refused.FORWARDED,
    Untouchable.ENCODING: Refused.ENCODING,
    Untouchable.AMBIGUOUS: Refused.AMBIGUOUS_PART,
}


@dataclass(frozen=True, slots=True)
class NotSealed:
    """Why, for one file. `word` is of `Refused`, of the signer's `Refusal`, or of `CannotReason`; `detail` is for the
    log and the trace."""

    word: str
    detail: str = ""
    temporary: bool = False


def by_signer(refused: SealRefused) -> NotSealed:
    """What the signer said; where the file could not be prepared, that reason instead of the signer's."""
    if refused.reason is Refusal.NOT_PREPARED and refused.detail:
        return NotSealed(refused.detail.partition(":")[0].strip()[:40], refused.detail)
    return NotSealed(refused.reason.value, refused.detail, refused.temporary)


__all__ = ["OF_PART", "NotSealed", "Refused", "by_signer"]
