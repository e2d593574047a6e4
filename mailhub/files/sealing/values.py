"""What passes through the wall when a file is prepared for sealing, and when a timestamp is put into a signature.

Plain values (`sandbox/works.py`): the octets of files, images, certificates and signatures go beside them. Times are
milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mailhub.files.signed.facts import ChainFacts, Signed

# Of one update; the image of a seal is most of it. Encoded it still fits a line of the sandbox's answer.
MOST_UPDATE_BYTES = 4 * 2**20
MOST_SEAL_BYTES = 2**20
# Octets that are left free for the CMS: a chain of four and a timestamp with its own take about 9,000.
RESERVED_BYTES = 16 * 2**10


class SealKind(StrEnum):
    """How the decree wants a signature shown (reference/signatures § 2)."""

    MAIN = "main"  # the image of the seal over a third of the person's signature
    ATTACHMENT = "attachment"  # text only, at the top right of the first page


class CannotReason(StrEnum):
    """Why a file does not get a signature. A closed list: the sender is told in words."""

    ENCRYPTED = "encrypted"
    BROKEN = "broken"  # no PDF that could be continued
    UNSUPPORTED = "unsupported"  # XFA forms, and the like
    CERTIFIED = "certified"  # its certification (DocMDP) forbids a further signature
    LOCKED = "locked"  # a signature's lock (FieldMDP) forbids a further field
    SEALED = "already sealed"  # by this agency
    ALTERED = "altered"  # a signature in it is not good: it was changed after, or forged
    NO_PERSON = "no person's signature"
    NO_PLACE = "no place"  # neither a visible signature of the person nor the person's name is surely found
    OFF_PAGE = "off page"  # it would stick out of the page
    BAD_SEAL = "bad seal"  # the agency's image or diameter cannot be used
    BAD_TEXT = "bad text"  # the text has letters that the font lacks, or is too long
    TOO_LARGE = "too large"
    TIME = "out of time"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPlan:
    """What the signer wants prepared. All of it is the signer's own data, nothing of the message's.

    Beside it go the image of the seal (PNG, transparent background; main only) and the agency's certificate (DER),
    which tells whether the file is sealed already, as do `own`: SHA-256 of further certificates, hexadecimal.
    `number` and `time` are the two lines of an attachment's text, as they are to be read.
    """

    kind: SealKind = SealKind.MAIN
    own: tuple[str, ...] = ()
    diameter_mm: float = 36.0  # width of the image at real size
    number: str = ""
    time: str = ""
    signed_at: int = 0  # /M of the signature (PAdES: the only place of the claimed time, EN 319 142-1 § 6.3)
    field_name: str = "DauCoQuan"
    reserved: int = RESERVED_BYTES
    name: str = ""  # of the file, as the message has it: a witness for the recognition
    subject: str = ""  # of the message, likewise
    seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """What the child read the document to be; "" where it is not sure (`documents.grammar.recognition`)."""

    doc_type: str = ""
    number_symbol: str = ""
    issue_date: str = ""
    issuer: str = ""
    parent_issuer: str = ""
    signer: str = ""
    authority: str = ""  # TM., KT., TL., … joined by " / "
    post: str = ""
    state: str = ""  # issued, draft, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the update is; its octets go beside. Original and update together are the file, in which the octets from
    `contents_at` (a `<`) to before `contents_end` (after a `>`) are zeros between angle brackets, and /ByteRange spans
    all the others: `[0 contents_at contents_end size-contents_end]`.
    """

    contents_at: int = 0
    contents_end: int = 0
    document: DocumentFacts = field(default_factory=DocumentFacts)
    signed: Signed | None = None  # what was signed before, by the same trust data as any reader's
    beside: str = ""  # field of the person's signature that the seal lies on; "" when it was placed by the name
    page: int = 0  # from 1
    box: tuple[float, ...] = ()  # left, bottom, right, top in the page's own units

    @property
    def contents(self) -> tuple[int, int]:
        """Where the hexadecimal digits of /Contents begin and end in the file: within the angle brackets."""
        return self.contents_at + 1, self.contents_end - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotSeal:
    """No update. `detail` is for the log; `document` and `signed` as far as they were read."""

    reason: CannotReason = CannotReason.FAILED
    detail: str = ""
    document: DocumentFacts = field(default_factory=DocumentFacts)
    signed: Signed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOutcome:
    """One of the two, as a line of the sandbox's answer."""

    prepared: Prepared | None = None
    cannot: CannotSeal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePlan:
    """What is told to the child that looks at an update once more. Beside it go the file and the update."""

    seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """`problem` "": the update adds one signature field with its look, and nothing else."""

    problem: str = ""


class StampProblem(StrEnum):
    """Why a timestamp was not put in. A closed list."""

    REFUSED = "refused"  # the authority said no
    MALFORMED = "malformed"
    OTHER_IMPRINT = "other imprint"  # it stamped something else
    OTHER_NONCE = "other nonce"  # an old answer
    NOT_VALID = "not valid"  # the token's own signature, or its certificate's purpose
    UNTRUSTED = "untrusted"  # no way to a pinned root
    TOO_LARGE = "too large"  # would not fit the placeholder
    CMS = "no signature"  # what it should be put into is none


@dataclass(frozen=True, slots=True, kw_only=True)
class StampPlan:
    """What is known of the request. Beside it go the CMS of our signer and the authority's answer (RFC 3161
    TimeStampResp)."""

    nonce: str = ""  # of the request, hexadecimal
    most_bytes: int = RESERVED_BYTES
    seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """The signature with the timestamp in it (id-aa-timeStampToken, RFC 3161 Appendix A) goes beside; `problem` set:
    there is none."""

    at: int = 0
    chain: ChainFacts = field(default_factory=ChainFacts)
    problem: StampProblem | None = None
    detail: str = ""
