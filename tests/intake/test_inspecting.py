"""What a door can tell from the header alone: whether there may be anything attached."""

from __future__ import annotations

import pytest

from mailhub.intake.inspecting import may_have_files
from mailhub.mail.headers import read_fields

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("header", "may"),
    [
        ("Subject: x", False),
        ("Content-Type: text/plain", False),
        ("Content-Type: TEXT/HTML ; charset=utf-8", False),
        ("Content-Type: text/plain; name=a.exe", True),
        ("Content-Type: text/plain\r\nContent-Disposition: attachment", True),
        ("Content-Type: text/plain\r\nContent-Type: application/pdf", True),
        ("Content-Type: text/plain-and-more", True),
        ("Content-Type: application/pdf", True),
        ("Content-Type: multipart/mixed; boundary=b", True),
    ],
)
def test_only_plain_text_without_a_name_is_passed_by(header: str, may: bool) -> None:
    assert may_have_files(read_fields(f"{header}\r\n\r\n".encode())) is may
