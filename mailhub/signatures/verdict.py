"""What is said of signatures: closed lists of words, and the values that carry them (reference/signatures § 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mailhub.files.signed.facts import Problem


class Verdict(StrEnum):
    """The words of the command-line contract (architecture § 11)."""

    VALID = "VALID"
    INVALID = "INVALID"
    UNKNOWN = "UNKNOWN"  # revocation could not be asked: never VALID (Thông tư 15/2025/TT-BKHCN Điều 6)
    UNTRUSTED = "UNTRUSTED"
    NOT_SIGNED = "NOT_SIGNED"


class Level(StrEnum):
    """The three levels that people see."""

    GOOD = "good"  # Hợp lệ
    CARE = "care"  # Hợp lệ nhưng cần lưu ý, Chưa xác minh được, Chưa đủ tin cậy
    BAD = "bad"  # Không hợp lệ
    NONE = "none"  # Không có chữ ký số


class Hierarchy(StrEnum):
    """Whose certificate it is, by the pinned root that its chain ends at and never by a name."""

    OFFICIAL = "official"  # chuyên dùng công vụ
    PUBLIC = "public"  # công cộng
    TEST = "test"  # a root that was pinned for trying things out: said in every verdict
    OTHER = "other"  # khác


class Subscriber(StrEnum):
    """What a certificate was issued to (Nghị định 68/2024/NĐ-CP Điều 11)."""

    PERSON = "person"
    AGENCY = "agency"
    UNKNOWN = "unknown"


class TimeSource(StrEnum):
    """Where the moment of signing is from."""

    TIMESTAMP = "timestamp"
    CLAIMED = "claimed"
    NONE = "none"


class Reason(StrEnum):
    """Why a verdict is not VALID, beside `Problem`."""

    UNTRUSTED = "untrusted"  # no way to a pinned root
    CHAIN_BROKEN = "chain broken"
    NOT_YET_VALID = "not yet valid"
    EXPIRED = "expired"  # at the moment of signing
    REVOKED = "revoked"  # before the moment of signing
    REVOKED_NO_PROOF = "revoked, no proof of time"  # after the claimed moment, which nothing proves
    REVOCATION_UNKNOWN = "revocation unknown"
    KEY_USAGE = "key usage"


class Caution(StrEnum):
    """What a reader should know although it does not change the verdict."""

    NO_TIMESTAMP = "no timestamp"
    TIMESTAMP_NOT_BELIEVED = "timestamp not believed"
    TIME_OFF = "time off"  # claimed up to 7 h off (reference § 4, time pitfalls)
    NO_ESS = "no signing-certificate"
    WEAK = "weak algorithm"
    REVOKED_LATER = "revoked later"
    PUBLIC_CA = "public CA"  # on a state document (S3 clause 1e)
    TEST_CA = "test CA"
    NO_PERSON = "no person's signature"
    NO_AGENCY = "no agency's signature"
    OTHER_AGENCY = "other agency"  # the certificate's is not the issuer of the document
    OTHER_SENDER = "other sender"  # nor the agency that sends it
    WRONG_ORDER = "agency before person"
    SUBSCRIBER_UNKNOWN = "person or agency unknown"
    NUMBER_DIFFERS = "number differs"  # the signature's text shows another than the document
    ANNEX_TEXT = "annex without number"  # Nghị định 30/2020/NĐ-CP PL I phần I mục II.8b
    FORM_FILLED = "form filled"  # a later revision filled in or annotated what it may
    TSA_REVOCATION_UNKNOWN = "timestamp revocation unknown"
    ROLE = "role"  # the post may not sign this type (mandate)


Word = Problem | Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed, as the certificate says it and as the organisation knows it."""

    name: str  # the common name
    subscriber: Subscriber = Subscriber.UNKNOWN
    organisation: str = ""
    email: str = ""
    serial: str = ""
    certificate: str = ""  # SHA-256
    agency: str = ""  # the code of an agency of ours that it belongs to; "" when none, or not sure
    confirmed: bool = False  # `subscriber` and `agency` were confirmed by a person (`known_subject`)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSignature:
    """One signature. `at` ms, 0 unknown. `revocation`: good, revoked, unknown, not asked."""

    signer: Signer
    verdict: Verdict
    reasons: tuple[Word, ...] = ()
    warnings: tuple[Caution, ...] = ()
    hierarchy: Hierarchy = Hierarchy.OTHER
    at: int = 0
    at_source: TimeSource = TimeSource.NONE
    revocation: str = "not asked"
    revoked_at: int = 0
    covers: str = ""  # `Coverage`
    changes: str = ""  # `Changes`
    chain: tuple[str, ...] = ()  # subjects, leaf first
    field_name: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDocument:
    """One file, or one message's S/MIME signature. The worst signature decides.

    `complete`: "both" a person's and an agency's that are VALID (Nghị định 30/2020/NĐ-CP Điều 5), "person", "agency",
    "none".
    """

    verdict: Verdict
    level: Level
    reasons: tuple[Word, ...] = ()
    warnings: tuple[Caution, ...] = ()
    signatures: tuple[JudgedSignature, ...] = ()
    complete: str = "none"
    trust: str = ""  # version of the trust data
    judged_at: int = 0
    detail: dict[str, str] = field(default_factory=dict)  # for the log: what exactly failed, by signature


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate whose status has to be asked for: SHA-256 of its issuer's certificate, and its serial number."""

    issuer: str
    serial: str


NOT_SIGNED = JudgedDocument(verdict=Verdict.NOT_SIGNED, level=Level.NONE)
