"""What was recognised in a text: fields, each with its evidence and a confidence, and what was doubted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

# Below this a value is not given: a wrong number is worse than none.
LINE = 0.6

NOT_A_DOCUMENT = "NONE"
OTHER_PAPER = "KHAC"  # an official paper whose heading is not in the decree's list
ANNEX = "PL"  # an annex, list or form that came without its parent
OFFICIAL_LETTER = "CV"


class Family(StrEnum):
    """Which rules a document was made by (reference/document-types § 3)."""

    ADMINISTRATIVE = "hanh_chinh"
    NORMATIVE = "qppl"
    PARTY = "dang"
    UNION = "doan_the"
    OTHER = "khac"


class State(StrEnum):
    """Whether a document was issued: number, date and a signature or its trace are there."""

    ISSUED = "issued"
    DRAFT = "draft"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value was seen and by which rule it was taken. `line` counts from 0 in `Text.lines`; -1 is no line."""

    rule: str
    text: str = ""  # the words that were seen, at most 200 characters
    page: int = 0
    line: int = -1


@dataclass(frozen=True, slots=True)
class Found:
    """One field. `value` is spelled as `mailhub classify --json` prints it (dates ISO 8601, numbers as printed)."""

    value: str
    confidence: float
    evidence: Evidence

    @property
    def given(self) -> bool:
        """Whether it is sure enough to be said."""
        return self.confidence >= LINE


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that does not fit: `kind` is a word of a closed list (`loai_mau_thuan`, `ngay_mau_thuan`, …)."""

    kind: str
    detail: str = ""


# The names of `Recognition.fields`.
FIELDS = (
    "doc_type",
    "number_symbol",
    "issue_date",
    "issuer",
    "parent_issuer",  # cơ quan chủ quản, the agency above
    "subject",
    "signer",
    "signer_authority",  # TM., KT., TL., TUQ., Q. as printed, joined by " / "
    "signer_post",
    "urgency",  # HỎA TỐC, THƯỢNG KHẨN, KHẨN
    "secrecy",  # MẬT, TỐI MẬT, TUYỆT MẬT
    "circulation",  # LƯU HÀNH NỘI BỘ, XEM XONG TRẢ LẠI, TÀI LIỆU THU HỒI
    "copy_form",  # SY, SL, TrS
    "meeting_time",  # giấy mời: as printed
    "meeting_starts",  # giấy mời: ISO 8601 local time, when it can be read
    "meeting_place",
    "meeting_chair",
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """The answer. `fields` holds what was seen, also what is below the line; `value()` gives only what is said.

    A field that the document does not show is absent. `doc_type` is there whenever anything was decided,
    `NONE` included.
    """

    fields: dict[str, Found] = field(default_factory=dict)
    family: Family = Family.OTHER
    state: State = State.UNKNOWN
    addressees: tuple[str, ...] = ()  # Kính gửi
    recipients: tuple[str, ...] = ()  # Nơi nhận, each with its suffix as printed
    labels: tuple[Found, ...] = ()  # kinds that the directives name, beside the type
    doubts: tuple[Doubt, ...] = ()
    state_evidence: Evidence | None = None  # what spoke for the state

    def value(self, name: str) -> str | None:
        """The value of a field when it is sure enough, else None."""
        found = self.fields.get(name)
        return found.value if found is not None and found.given else None

    @property
    def abstained(self) -> tuple[str, ...]:
        """Fields that were seen and not said."""
        return tuple(name for name, found in self.fields.items() if not found.given)

    @property
    def doc_type(self) -> str:
        """The type when it is said, else `NONE`."""
        return self.value("doc_type") or NOT_A_DOCUMENT
