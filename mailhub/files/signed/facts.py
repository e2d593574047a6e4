"""What is known of signatures once a file has been opened: plain values that cross the sandbox's wall.

They are what cryptography and structure say; what that amounts to is judged outside (`signatures/judging.py`), where
revocation is known, and agencies. Times are milliseconds since the epoch, 0 = not given. Certificates are named by
their SHA-256, issuers by the SHA-256 of the issuer's certificate; both are hexadecimal, lower case, as serial numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Form(StrEnum):
    """How a signature is carried."""

    PDF = "pdf"
    PDF_TIMESTAMP = "pdf timestamp"  # /DocTimeStamp (ETSI EN 319 142-1 § 5.4.3): proves a time, signs for nobody
    SMIME = "smime"  # multipart/signed or application/pkcs7-mime (RFC 8551 § 3.5)


class Coverage(StrEnum):
    """What of the file the signature's digest spans."""

    FILE = "entire file"
    REVISION = "entire revision"  # all that there was when it was made; more was appended since
    PART = "part"  # bytes of its own revision are left out: never good
    CONTENT = "content"  # S/MIME: the signed entity


class Changes(StrEnum):
    """What was appended to a PDF after a signature, the gravest of it."""

    NONE = "none"
    VALIDATION = "validation data"  # DSS and document timestamps
    SIGNATURES = "signatures"  # further signatures, with fields and appearances of their own
    FORMS = "form fields"
    ANNOTATIONS = "annotations"
    FORBIDDEN = "forbidden"
    UNTOLD = "cannot be told"


class Problem(StrEnum):
    """Why a signature or a file with signatures is not good, whoever signed it. A closed list: each has words in
    `signatures/words.py`."""

    MALFORMED = "malformed"  # the PDF, or the signature's own structure, cannot be read
    UNSUPPORTED = "unsupported"  # a kind of signature that we do not read
    EMPTY = "empty"  # a field without a signature where one is claimed
    BYTE_RANGE = "byte range"  # inconsistent, or leaves out more than the signature itself
    TRAILING = "trailing bytes"  # after the last revision
    WRAPPED = "wrapped"  # what is shown is not what was signed
    CHANGED = "changed"  # the digest does not match: the signed bytes were altered
    FORGED = "forged"  # the signature's value does not verify
    CHANGED_AFTER = "changed after"  # a later revision does what it may not
    NOT_LAST = "not last"  # the last signature does not cover the whole file, but for validation data
    LEVEL = "certification"  # against the certification's or the field's own rules (DocMDP, FieldMDP)
    OTHER_CERTIFICATE = "other certificate"  # ESS signing-certificate names another (RFC 5035)
    WEAK = "weak algorithm"  # MD5, RSA below 1024, and the like: no proof at all
    TIME = "out of time"
    CRASHED = "reader failed"


class Ess(StrEnum):
    """The signing-certificate attribute (RFC 5035 § 3)."""

    MATCHES = "matches"
    ABSENT = "absent"
    DIFFERS = "differs"


class ChainState(StrEnum):
    """How far the way from a certificate to a pinned root goes (RFC 5280 § 6), revocation left aside."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"  # ends elsewhere, or nowhere
    BROKEN = "broken"  # reaches a pinned root, but a constraint on the way is violated


class Status(StrEnum):
    """What a certificate authority says of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Weakness(StrEnum):
    """Algorithms that prove little today (reference/signatures § 5)."""

    SHA1 = "sha1"
    SHORT_RSA = "short rsa"  # below 2048 bits
    SHA1_SUBFILTER = "adbe.pkcs7.sha1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """One X.509 certificate. Names are NFC. `subject` and `issuer` as RFC 4514 writes them, most general part last."""

    sha256: str
    serial: str
    subject: str
    issuer: str
    common_name: str = ""
    organisation: str = ""
    units: tuple[str, ...] = ()
    locality: str = ""
    email: str = ""  # of the subject, else the first rfc822Name of subjectAltName; lower case
    emails: tuple[str, ...] = ()  # every address in it (RFC 8550 § 3), lower case
    uid: str = ""  # `MST:…`, `CCCD:…` of public CAs
    not_before: int = 0
    not_after: int = 0
    key: str = ""  # "RSA 2048", "EC P-256"
    algorithm: str = ""  # of the issuer's signature: "sha256 RSA"
    key_usage: tuple[str, ...] = ()  # as asn1crypto names them; empty: no such extension
    extended_key_usage: tuple[str, ...] = ()
    pinned: str = ""  # root, intermediate, timestamp: its part in the trust data; "" when it is not in there


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationAnswer:
    """A verified word of an issuer on one of its certificates (RFC 6960, RFC 5280 § 5)."""

    issuer: str
    serial: str
    status: Status
    this_update: int
    next_update: int = 0
    revoked_at: int = 0
    reason: str = ""  # of asn1crypto's CRLReason: key_compromise, superseded, certificate_hold, …
    kind: str = "ocsp"  # ocsp, crl
    embedded: bool = False  # came with the document


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFacts:
    """The way from a certificate upwards: `certificates` has the leaf first and the pinned root last when `state` is
    TRUSTED. `problem` is for the log and the curious: which constraint, at which certificate."""

    state: ChainState = ChainState.UNTRUSTED
    certificates: tuple[CertificateFacts, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFacts:
    """A timestamp token (RFC 3161), over a signature or over the document. `valid`: imprint, signature, and the
    certificate's extended key usage are right; whether it is believed is told by `chain`."""

    at: int = 0
    valid: bool = False
    problem: str = ""
    chain: ChainFacts = field(default_factory=ChainFacts)
    covers_document: bool = False  # a document timestamp made after the signature


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """One signature by itself. `problems` empty: structure, digest and value are as they should be."""

    form: Form = Form.PDF
    field_name: str = ""
    revision: int = 0  # of the PDF in which it was made, from 1
    sub_filter: str = ""  # ETSI.CAdES.detached, adbe.pkcs7.detached, …
    problems: tuple[Problem, ...] = ()
    detail: str = ""  # of the problem, for the log: at most 300 characters, never words of the document
    coverage: Coverage = Coverage.PART
    changes: Changes = Changes.NONE
    certification: str = ""  # "no changes", "form filling", "annotations" when it certifies (DocMDP)
    ess: Ess = Ess.ABSENT
    digest: str = ""  # sha256, …
    weaknesses: tuple[Weakness, ...] = ()
    chain: ChainFacts = field(default_factory=ChainFacts)
    claimed_at: int = 0  # CMS signingTime, else the PDF's /M
    timestamp: TimestampFacts | None = None  # the earliest that is valid, else the first
    answers: tuple[RevocationAnswer, ...] = ()  # embedded (DSS, adbe-revocationInfoArchival) and verified, for any
    # certificate of `chain` and of the timestamp's
    page: int = 0  # of its widget, from 1; 0 = none
    box: tuple[float, ...] = ()  # left, bottom, right, top in points; empty when it shows nothing
    shown: str = ""  # text of its appearance, at most 500 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Everything signed in one file. None stands for a file without any signature (and a picture of a seal is none)."""

    signatures: tuple[SignatureFacts, ...] = ()  # in the order in which they were made
    problems: tuple[Problem, ...] = ()  # of the file as a whole
    detail: str = ""
    trust: str = ""  # the version of the trust data by which chains were built
