"""The register of bench/province.py: files that the year's mail brought, the documents recognised in them, the agencies
they went through, the index for searching, and verdicts about signatures.

Of a hundred messages 55 bring 1.6 files each; one in four files was seen before; seven of ten are documents. A third of
the documents passed a desk, whose text is kept and searched; one in three of these is signed.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.province_mail import Parties
from bench.province_people import People
from mailhub.clock import local_time
from mailhub.ids import first_id
from mailhub.registry.abbreviations import TYPES
from mailhub.registry.identity import identity
from mailhub.registry.indexing import document_tokens
from mailhub.registry.records import READER_VERSION
from mailhub.registry.tokens import text_tokens
from mailhub.signatures.codec import judged_to_json
from mailhub.signatures.verdict import JudgedDocument, Level, Verdict

Row = dict[str, Any]
_FREQUENT = ("CV",) * 9 + ("QĐ", "QĐ", "BC", "BC", "TB", "TB", "KH", "GM", "TTr", "CĐ", "NQ", "HD", "BB", "CT", "PL")
_WORDS = [
    "báo",
    "cáo",
    "kết",
    "quả",
    "công",
    "tác",
    "cải",
    "cách",
    "hành",
    "chính",
    "kiểm",
    "soát",
    "thủ",
    "tục",
    "triển",
    "khai",
    "kế",
    "hoạch",
    "phòng",
    "chống",
    "thiên",
    "tai",
    "năm",
    "quản",
    "lý",
    "nhà",
    "nước",
    "đất",
    "đai",
    "xây",
    "dựng",
    "nông",
    "thôn",
    "mới",
    "giáo",
    "dục",
    "y",
    "tế",
    "đầu",
    "tư",
    "công",
    "ngân",
    "sách",
    "dự",
    "toán",
    "thanh",
    "tra",
    "khiếu",
    "nại",
    "tố",
    "cáo",
    "chuyển",
    "đổi",
    "số",
    "chữ",
    "ký",
    "thư",
    "điện",
    "tử",
    "công",
    "vụ",
    "văn",
    "thư",
    "lưu",
    "trữ",
    "cán",
    "bộ",
    "công",
    "chức",
    "viên",
    "chức",
    "tuyển",
    "dụng",
    "bổ",
    "nhiệm",
    "khen",
    "thưởng",
    "kỷ",
    "luật",
    "đào",
    "tạo",
    "bồi",
    "dưỡng",
    "hội",
    "nghị",
    "sơ",
    "kết",
    "tổng",
    "kết",
    "quý",
    "tháng",
    "đề",
    "án",
    "chương",
    "trình",
    "mục",
    "tiêu",
    "quốc",
    "gia",
]
_SIGNERS = ("Nguyễn Văn An", "Trần Thị Bình", "Lê Đức Cường", "Phạm Thị Dung", "Hoàng Minh Giang", "Đặng Thu Hà")
_VERDICTS = (Verdict.VALID,) * 12 + (Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.INVALID)
_JUDGED = {one: judged_to_json(JudgedDocument(verdict=one, level=Level.NONE)) for one in Verdict}


@dataclass
class Shelf:
    """Rows by table, the tokens of documents, and those of full texts."""

    file: list[Row] = field(default_factory=list)
    document: list[Row] = field(default_factory=list)
    attachment: list[Row] = field(default_factory=list)
    document_agency: list[Row] = field(default_factory=list)
    document_text: list[Row] = field(default_factory=list)
    signature_verdict: list[Row] = field(default_factory=list)
    fields: dict[int, set[str]] = field(default_factory=dict)
    texts: dict[int, set[str]] = field(default_factory=dict)


class Papers:
    """Makes the papers of messages, in order."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._dice = random.Random(8)
        self._number = 0
        self._rows = 0
        self._texts = [" ".join(self._dice.choices(_WORDS, k=120)) for _ in range(200)]
        self._text_tokens = [text_tokens(one) for one in self._texts]
        self._seen: deque[tuple[bytes, int | None, set[int]]] = deque(maxlen=1_000)

    def of(self, parties: Sequence[Parties]) -> Shelf:
        """The papers of these messages."""
        found, dice = Shelf(), self._dice
        for one in parties:
            if dice.random() < 0.55:
                for place in range(dice.choice((1, 1, 1, 2, 3))):
                    self._file(found, one, place)
        return found

    def earlier(self, count: int, before: int) -> Shelf:
        """Documents of before the year's mail, without messages: to see how searches grow with the register."""
        found = Shelf()
        agencies = sorted(self._people.agencies)
        for number in range(count):
            at = before - (count - number) * 60_000
            known = self._octets(found, at)
            passed = dict.fromkeys(self._dice.sample(agencies, 2), False)
            self._document(found, known, at, passed, self._dice.choice(agencies))
        return found

    def _file(self, found: Shelf, of: Parties, place: int) -> None:
        dice = self._dice
        desk = of.sender.agency_id if of.sender is not None and of.sender.desk else None
        desk = desk or next((one.agency_id for one in of.receivers if one.desk), None)
        passed = {one.agency_id: one.agency_id == desk for one in of.receivers}
        if of.sender is not None:
            passed[of.sender.agency_id] = of.sender.agency_id == desk
        if self._seen and dice.random() < 0.25:
            sha256, document, agencies = dice.choice(self._seen)
            if document is not None:
                fresh = {agency: here for agency, here in passed.items() if agency not in agencies}
                agencies.update(fresh)
                self._agencies(found, document, fresh)
        else:
            sha256 = self._octets(found, of.at)
            document = None
            if dice.random() < 0.7:
                issuer = of.sender.agency_id if of.sender is not None else None
                document = self._document(found, sha256, of.at, passed, issuer)
                if desk is not None and dice.random() < 0.34:
                    self._verdict(found, of, sha256, place)
            self._seen.append((sha256, document, set(passed)))
        self._rows += 1
        found.attachment.append({
            "id": first_id(of.at) + (self._rows & 0x3FFFFF), "message_id": of.message_id, "code": of.code,
            "path": str(place + 2), "position": place, "names": '["van-ban.pdf"]', "declared": "application/pdf",
            "sha256": sha256, "at": of.at, "account_id": None if of.sender is None else of.sender.id,
            "sender_agency_id": None if of.sender is None else of.sender.agency_id, "desk_agency_id": desk,
            "document_id": document,
        })  # fmt: skip

    def _octets(self, found: Shelf, at: int) -> bytes:
        sha256 = self._dice.randbytes(32)
        kind = self._dice.choice(("pdf", "pdf", "pdf", "docx", "docx", "xlsx", "doc", "jpeg"))
        size = self._dice.randrange(20_000, 3_000_000)
        found.file.append({
            "sha256": sha256, "size": size, "type": kind, "facts": json.dumps({"type": kind, "size": size}),
            "mode": "full", "rank": 1 << 21, "reader_version": READER_VERSION, "trust": "", "read_at": at,
        })  # fmt: skip
        return sha256

    def _document(self, found: Shelf, sha256: bytes, at: int, passed: dict[int, bool], issuer: int | None) -> int:
        dice = self._dice
        self._number += 1
        number, kind, day = first_id(at) + (self._number & 0x3FFFFF), dice.choice(_FREQUENT), local_time(at).date()
        code, name = self._people.agencies[issuer] if issuer is not None else ("CTY", "Công ty cổ phần Thành Công")
        symbol = f"{dice.randrange(1, 3_000)}/{kind}-{code.upper()}" if dice.random() < 0.85 else ""
        row: Row = {
            "id": number, "sha256": sha256, "doc_type": kind, "family": "administrative",
            "state": "issued" if symbol else dice.choice(("draft", "unknown")), "number_symbol": symbol,
            "issue_date": day.isoformat(), "issuer": name.upper(), "parent_issuer": "UBND TỈNH MINH HỌA",
            "agency_id": issuer, "signer": dice.choice(_SIGNERS), "signer_authority": "GIÁM ĐỐC",
            "subject": f"{TYPES[kind].capitalize()} về {' '.join(dice.choices(_WORDS, k=12))}",
            "urgency": "KHẨN" if dice.random() < 0.03 else "", "secrecy": "", "labels": "",
            "confidence": 0.5 + dice.random() / 2, "unsure": "signer" if dice.random() < 0.08 else "",
            "identity": identity(symbol, day.isoformat(), name, issuer), "first_seen_at": at, "corrected_at": None,
        }  # fmt: skip
        found.document.append(row)
        self._agencies(found, number, passed)
        found.fields[number] = document_tokens(row, passed)
        if any(passed.values()):
            which = dice.randrange(len(self._texts))
            found.document_text.append({"document_id": number, "text": self._texts[which]})
            found.texts[number] = self._text_tokens[which]
        return number

    def _agencies(self, found: Shelf, document: int, passed: dict[int, bool]) -> None:
        for agency, desk in passed.items():
            found.document_agency.append({"document_id": document, "agency_id": agency, "desk": desk})

    def _verdict(self, found: Shelf, of: Parties, sha256: bytes, place: int) -> None:
        verdict = self._dice.choice(_VERDICTS)
        found.signature_verdict.append({
            "id": first_id(of.at) + (self._number & 0x3FFFFF), "message_id": of.message_id, "code": of.code,
            "path": str(place + 2), "sha256": sha256, "verdict": verdict.value, "judged": _JUDGED[verdict],
            "complete": "both" if verdict is Verdict.VALID else "none", "signed": "{}", "trust": "", "seen_at": of.at,
            "at": of.at, "again": 0, "due_at": None,
        })  # fmt: skip
