"""What is asked of the signer and what it answers: plain values, for its client and for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mailhub.files.sealing.values import SealKind


class Refusal(StrEnum):
    """Why the signer does not sign. A closed list: each has words, `seal.why.…` (i18n)."""

    UNAVAILABLE = "signer unavailable"  # nobody listens, or it went away; worth another try
    BUSY = "signer busy"  # its inspector found no time; worth another try
    NO_MANDATE = "no mandate"  # for this agency
    DESK = "desk not in mandate"
    NO_ACT = "no clerk's act"  # the order names nobody, or no act of theirs
    TYPE = "type not in mandate"
    POST = "post not in mandate"
    NO_NUMBER = "number not recognised"
    NO_PERSON = "person's signature missing"
    PERSON_INVALID = "person's signature invalid"
    NO_MAIN = "main document not sealed"  # an attachment whose document was not sealed by the same act
    LIMIT = "daily limit"
    NOT_PREPARED = "not prepared"  # `detail`: the reason of files/sealing
    NOT_DERIVED = "not derived"  # what was prepared does not stand up to the signer's own check
    TOO_LARGE = "too large"
    KEY = "key unavailable"  # token gone, file unreadable, certificate does not fit
    PIN = "PIN refused"  # stopped before the token locks
    EXPIRED = "certificate not valid now"
    JOURNAL = "journal not writable"
    MALFORMED = "malformed order"
    CALLER = "caller not allowed"


# What may be otherwise in a moment, without anybody's doing.
TEMPORARY = frozenset({Refusal.UNAVAILABLE, Refusal.BUSY})


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOrder:
    """A file that shall get an agency's signature, and whose word it is.

    `act` names the clerk's authenticated act: the code of the mail that was sent as the desk, or the number of the
    `seal_act`. `main` is the SHA-256 (hexadecimal) of the document, as it was before it was sealed, that an attachment
    belongs to; the same `act` must have had it sealed.
    """

    agency: str  # its code
    desk: str
    clerk: str
    act: str
    kind: SealKind
    original: bytes | memoryview = field(repr=False)
    main: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The signature (PAdES B-B), not yet in its place: a timestamp may be put into `cms` first (`assemble`).

    `contents` are offsets in the whole file, original and update: of the first hexadecimal digit of /Contents, and
    behind the last.
    """

    update: bytes = field(repr=False)
    cms: bytes = field(repr=False)
    contents: tuple[int, int]
    certificate: str  # SHA-256
    doc_type: str = ""
    number_symbol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRefused:
    """Not signed. `detail` is for the log and the trace: English or a code, never words of the document."""

    reason: Refusal
    detail: str = ""

    @property
    def temporary(self) -> bool:
        """Whether asking again in a minute may help."""
        return self.reason in TEMPORARY


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatus:
    """An agency's mandate and how its key does, for the doctor and `mailhub signer mandates`. Times are ms."""

    agency: str
    desks: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    limit: int = 0
    today: int = 0
    store: str = ""  # pkcs12, pkcs11
    subject: str = ""
    certificate: str = ""
    not_before: int = 0
    not_after: int = 0
    wrong_pins: int = 0
    problem: str = ""  # "" = the key can sign


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerStatus:
    """All of them. `problem`: why the mandates as a whole are not in force, or not the newest ones."""

    keys: tuple[KeyStatus, ...] = ()
    problem: str = ""
    entries: int = 0  # of the journal
    head: str = ""  # hash of its last entry


def assemble(original: bytes | memoryview, sealed: Sealed, cms: bytes | None = None) -> bytes:
    """The whole signed file; `cms` when it is another than the signer's own (a timestamp was put into it).

    Raises:
        ValueError: the CMS is longer than the room that was kept for it.
    """
    digits = (sealed.cms if cms is None else cms).hex().encode()
    start, end = (offset - len(original) for offset in sealed.contents)
    if len(digits) > end - start:
        raise ValueError("no room for the signature")
    update = sealed.update
    return b"".join((original, update[:start], digits.ljust(end - start, b"0"), update[end:]))


__all__ = [
    "TEMPORARY",
    "KeyStatus",
    "Refusal",
    "SealKind",
    "SealOrder",
    "SealRefused",
    "Sealed",
    "SignerStatus",
    "assemble",
]
