"""The parts of a message as values: what `mail/structure.py` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PartProblem(StrEnum):
    """Why a part, or what lies in it, was not read. A fact, never an error."""

    TOO_DEEP = "too deep"
    TOO_MANY = "too many parts"
    TOO_LARGE = "too large"
    NO_BOUNDARY = "no boundary"
    UNFINISHED = "unfinished"  # the closing boundary is missing
    BAD_ENCODING = "bad encoding"  # base64 or quoted-printable with faults; decoded as far as it goes
    AMBIGUOUS = "ambiguous"  # other readers may divide it differently, or decode it differently
    HIDDEN_CHARACTERS = "hidden characters"  # control characters or turned writing in the name, taken out of it


class Role(StrEnum):
    """What a part is to the reader of the message."""

    TEXT = "text"  # the message itself, or an alternative of it
    INLINE = "inline"  # shown within it: pictures of an HTML body
    ATTACHMENT = "attachment"
    MESSAGE = "message"  # a forwarded message (message/rfc822)
    SIGNATURE = "signature"  # application/pkcs7-signature, application/pgp-signature
    REPORT = "report"  # message/delivery-status and kin
    CONTAINER = "container"  # multipart/*


@dataclass(frozen=True, slots=True)
class Part:
    """One part. Offsets are of the message's octets: the whole part with its header is `start:end`, its encoded body
    `body_start:end`.

    `path` is its place as IMAP counts ("1", "2.1"); "" is the message itself. `names` holds every name that some
    reading of the header gives, the one that people see first; more than one means that readers differ. The same
    holds for `types`.
    """

    path: str
    role: Role
    start: int
    body_start: int
    end: int
    types: tuple[str, ...]  # lower case, "text/plain" when none is declared (RFC 2045 § 5.2)
    encoding: str  # lower case Content-Transfer-Encoding, "7bit" when absent
    names: tuple[str, ...] = ()
    raw_name: bytes = b""  # the header parameter as it came, at most 1000 octets
    charset: str = ""
    disposition: str = ""
    content_id: str = ""
    depth: int = 0
    forwarded_in: str = ""  # path of the message/rfc822 part that it lies in
    problems: tuple[PartProblem, ...] = ()

    @property
    def type(self) -> str:
        return self.types[0]

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureLimits:
    """How far a message is walked. Levels, counts, octets."""

    depth: int = 20  # multiparts and messages within each other
    parts: int = 1_000
    header: int = 64 * 1024  # read of one part's header
    headers: int = 2 * 2**20  # of all headers together
    octets: int = 512 * 2**20  # of the message


@dataclass(frozen=True, slots=True)
class Structure:
    """A message read once. `parts` are in the order in which they lie in it, containers before what they hold."""

    parts: tuple[Part, ...]
    problems: tuple[PartProblem, ...] = ()

    @property
    def files(self) -> tuple[Part, ...]:
        """What may be opened: attachments, inline files and signatures, forwarded mails' own included."""
        wanted = (Role.ATTACHMENT, Role.INLINE, Role.SIGNATURE)
        return tuple(part for part in self.parts if part.role in wanted)
