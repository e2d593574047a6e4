"""The timeline says what the rules did in words that a clerk reads."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mailhub.cli.trace import as_text
from mailhub.clock import midnight
from mailhub.incidents.reading import Named
from mailhub.queue.models import EventKind
from mailhub.queue.timeline import Line
from mailhub.telling.rules import tells_secret

pytestmark = pytest.mark.unit
MIDNIGHT = midnight(date(2026, 11, 24))
JUDGED = {
    "version": 3,
    "rules": [
        {"rule": "du-thao", "title": "Dự thảo gửi ra ngoài", "stage": "hold", "effect": "hold", "recipients": 1},
        {"rule": "rong", "title": "Gửi nhiều người", "stage": "shadow", "effect": "none", "recipients": 9},
        {
            "rule": "mien", "title": "Tệp lạ", "stage": "block", "effect": "none", "recipients": 2,
            "exempted": "Công văn 12",
        },
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        (
            EventKind.JUDGED,
            JUDGED,
            (
                "Đã xét theo quy tắc (bản 3)",
                "Dự thảo gửi ra ngoài [du-thao] – Chờ duyệt: chờ ý kiến (1 người nhận)",
                "Gửi nhiều người [rong] – Ghi nhận: chỉ ghi nhận (9 người nhận)",
                "Tệp lạ [mien] – Không cho gửi: được miễn: Công văn 12 (2 người nhận)",
            ),
        ),
        (EventKind.JUDGED, {"version": 1, "rules": [], "failed": "hong"}, ("LỖI khi xét: hong",)),
        (EventKind.JUDGED, {"desk": "vanthu@tinh.gov.vn", "rule": "r"}, ("Chuyển đến Văn thư vanthu@tinh.gov.vn",)),
        (
            EventKind.ASKED,
            {"of": "an@tinh.gov.vn", "rule": "du-thao", "to": ["x@gmail.com"], "until": 1_795_313_400_000},
            ("Đang chờ ý kiến của an@tinh.gov.vn", "x@gmail.com", "đến 09 giờ 10 ngày 22/11/2026"),
        ),
        (
            EventKind.JUDGED,
            {
                "version": 1,
                "rules": [
                    {
                        "rule": "cho",
                        "title": "Trả lời dân",
                        "stage": "warn",
                        "effect": "none",
                        "recipients": 2,
                        "action": "allow",
                    }
                ],
            },
            ("Trả lời dân [cho]: cho phép (2 người nhận)",),
        ),
        (
            EventKind.ASKED,
            {
                "of": "an@tinh.gov.vn",
                "to": ["nhom@tinh.gov.vn", "x@gmail.com"],
                "recipients": 4,
                "until": MIDNIGHT,
                "members": {"nhom@tinh.gov.vn": 13},
            },
            ("về thư gửi nhom@tinh.gov.vn (nhóm, 13 người), x@gmail.com và 2 địa chỉ khác", "đến hết ngày 23/11/2026"),
        ),
        (EventKind.REFUSED, {"for": "policy", "rule": "chan"}, ("Không gửi theo quy tắc", "(chan)")),
        (EventKind.HELD, {"for": "fault", "rule": "hong"}, ("Giữ lại: lỗi khi xét quy tắc", "(hong)")),
        (
            EventKind.DESTROYED,
            {"level": "MẬT", "in": ["scan"], "kept": "sealed"},
            ("Phát hiện dấu hiệu bí mật nhà nước", "bản quét (máy đọc)", "nội dung đã niêm phong"),
        ),
    ],
)
def test_what_a_line_says(kind: EventKind, facts: dict[str, Any], words: tuple[str, ...]) -> None:
    text = as_text(Line(1_795_313_400_000, "7K4-QW2-M9", "x@gmail.com", kind, facts))
    assert text.startswith("22/11 09:10:00  7K4-QW2-M9  ")
    for word in words:
        assert word in text


SECRET = {"kind": "secret", "reply": "550 5.7.1 …"}


def test_a_refused_secret_names_its_incident_to_those_who_may_know() -> None:
    named = Named("2026-0001", "bi-mat-nha-nuoc", 3)

    def said(kind: EventKind, facts: dict[str, Any], named: Named | None = named) -> str:
        return as_text(Line(MIDNIGHT, "7K4-QW2-M9", None, kind, facts), named)

    assert "sự cố 2026-0001  quy tắc bi-mat-nha-nuoc (bản 3)" in said(EventKind.REFUSED, SECRET)
    assert "2026-0001" in said(EventKind.DESTROYED, {})
    assert "sự cố" not in said(EventKind.REFUSED, SECRET, None)
    assert "2026-0001" not in said(EventKind.DELIVERED, {})
    assert tells_secret(EventKind.REFUSED, SECRET)
    assert not tells_secret(EventKind.REFUSED, {"kind": "relay"})
