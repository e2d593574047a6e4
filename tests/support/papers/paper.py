"""One made-up paper as values: what stands in the numbered boxes of Nghị định 30/2020/NĐ-CP, PL I, and what a reader
should find in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
PARTY = "ĐẢNG CỘNG SẢN VIỆT NAM"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What an invitation invites to."""

    time: str
    place: str
    chair: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper. Empty strings and tuples are what it does not show."""

    type: str  # as `mailhub classify` says it
    heading: str  # box 5a as printed, "" for công văn
    number: str  # "15", "" when it is left blank
    symbol: str  # "/QĐ-UBND"
    place: str
    issued: date | None
    parent: str  # box 2, the agency above
    issuer: tuple[str, ...]  # box 2, as many lines as it takes
    subject: str
    body: tuple[str, ...]
    authority: tuple[str, ...]  # box 7a, line by line: "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"
    signer: str
    recipients: tuple[str, ...] = ()
    addressees: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()  # Căn cứ …
    authors: str = ""  # the line of capitals of decisions
    urgency: str = ""
    secrecy: str = ""
    circulation: str = ""
    copy_form: str = ""  # "SAO Y"
    draft: bool = False
    party: bool = False
    meeting: Meeting | None = None
    annex: tuple[str, ...] = ()  # pages' lines behind the signature
    left_signer: tuple[str, str] = ("", "")  # minutes: post and name on the left

    @property
    def number_symbol(self) -> str | None:
        """Số, ký hiệu as a reader should find it."""
        return f"{self.number}{self.symbol}" if self.number and self.symbol else None

    @property
    def number_line(self) -> str:
        if not self.symbol:
            return ""
        lead = "Số" if self.party else "Số:"
        return f"{lead} {self.number or '      '}{self.symbol}"

    @property
    def issue_date(self) -> str | None:
        return self.issued.isoformat() if self.issued else None

    @property
    def date_line(self) -> str:
        if not self.place:
            return ""
        if self.issued is None:
            return f"{self.place}, ngày      tháng      năm 2026"
        # Days below 10 and months 1 and 2 get a leading 0 (PL I, phần I, mục II.4).
        month = f"{self.issued.month:02d}" if self.issued.month < 3 else str(self.issued.month)
        return f"{self.place}, ngày {self.issued.day:02d} tháng {month} năm {self.issued.year}"

    @property
    def left_head(self) -> tuple[str, ...]:
        """Boxes 2, 3 and 5b."""
        name = "Về việc" if self.party else "V/v"
        about = (f"{name} {self.subject}",) if self.type == "CV" and self.subject else ()
        star = ("*",) if self.party else ()
        lines = (self.parent, *self.issuer, *star, self.number_line, *about)
        return tuple(line for line in lines if line)

    @property
    def right_head(self) -> tuple[str, ...]:
        """Boxes 1 and 4."""
        motto = (PARTY,) if self.party else MOTTO
        return tuple(line for line in (*motto, self.date_line) if line)

    @property
    def marks(self) -> tuple[str, ...]:
        """Boxes 10a, 10b and 11."""
        return tuple(mark for mark in (self.secrecy, self.urgency, self.circulation) if mark)

    @property
    def title(self) -> tuple[str, ...]:
        """Box 5a."""
        if not self.heading:
            return ()
        draft = ("DỰ THẢO",) if self.draft else ()
        return (*draft, self.heading, self.subject) if self.subject else (*draft, self.heading)

    @property
    def text(self) -> tuple[str, ...]:
        """Boxes 9a and 6."""
        return (
            *self._to_whom(),
            *((self.authors,) if self.authors else ()),
            *self.grounds,
            *self.body,
            *self._meeting(),
        )

    def _to_whom(self) -> tuple[str, ...]:
        if len(self.addressees) == 1:
            return (f"Kính gửi: {self.addressees[0]}.",)
        if not self.addressees:
            return ()
        *most, last = self.addressees
        return ("Kính gửi:", *(f"- {one};" for one in most), f"- {last}.")

    def _meeting(self) -> tuple[str, ...]:
        if self.meeting is None:
            return ()
        return (
            f"Chủ trì: {self.meeting.chair}.",
            f"Thời gian: {self.meeting.time}.",
            f"Địa điểm: {self.meeting.place}.",
        )

    @property
    def left_foot(self) -> tuple[str, ...]:
        """Box 9b, or the left signer of minutes."""
        if self.left_signer[0]:
            return (self.left_signer[0], "", "", self.left_signer[1])
        return ("Nơi nhận:", *self.recipients) if self.recipients else ()

    @property
    def right_foot(self) -> tuple[str, ...]:
        """Boxes 7a and 7b."""
        return (*self.authority, "", "", self.signer) if self.signer else (*self.authority, "", "")

    @property
    def copy_lines(self) -> tuple[str, ...]:
        """The second header of a copy (PL III, mẫu 3.1); its number is not the document's."""
        if not self.copy_form:
            return ()
        return (
            "VĂN PHÒNG UBND TỈNH SƠN HÀ",
            f"Số: 77/{'SY' if self.copy_form == 'SAO Y' else 'SL'}-VP",
            self.copy_form,
            "Sơn Hà, ngày 30 tháng 9 năm 2026",
            "TL. CHỦ TỊCH",
            "PHÓ CHÁNH VĂN PHÒNG",
            "Kiều Văn Thạch",
        )
