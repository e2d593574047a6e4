"""Former addresses in the fields that name the author."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.headers import read_fields
from mailhub.mail.rewriting import rewritten

pytestmark = pytest.mark.unit
RENAMED = {"annv@yenbai.gov.vn": "annv@laocai.gov.vn"}


def after(head: bytes) -> bytes:
    """The header as it leaves."""
    found = rewritten(read_fields(head), RENAMED)
    kept, at = b"", 0
    for start, end in found.cuts:
        kept, at = kept + head[at:start], end
    return found.above + kept + head[at:]


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (b"From: annv@yenbai.gov.vn\r\n", b"From: annv@laocai.gov.vn\r\n"),
        (b"from: An <AnNV@YenBai.gov.vn>\r\n", b"from: An <annv@laocai.gov.vn>\r\n"),
        (b"From: =?utf-8?q?An?=\r\n <annv@yenbai.gov.vn>\r\n", b"From: =?utf-8?q?An?=\r\n <annv@laocai.gov.vn>\r\n"),
        (b'Reply-To: "annv@yenbai.gov.vn" <annv@yenbai.gov.vn>\r\n',
         b'Reply-To: "annv@laocai.gov.vn" <annv@laocai.gov.vn>\r\n'),
    ],
)  # fmt: skip
def test_the_author_is_named_by_the_new_address(field: bytes, wanted: bytes) -> None:
    assert after(field + b"Subject: x\r\n\r\n") == wanted + b"Subject: x\r\n\r\n"


@pytest.mark.parametrize(
    "field",
    [
        b"To: annv@yenbai.gov.vn\r\n",
        b"Subject: annv@yenbai.gov.vn\r\n",
        b"From: nannv@yenbai.gov.vn\r\n",
        b"From: x.annv@yenbai.gov.vn\r\n",
        b"From: annv@yenbai.gov.vn.example.com\r\n",
        b"From: annv@yenbai.gov.vnx\r\n",
        b"From: annv+a@yenbai.gov.vn\r\n",
    ],
)
def test_what_is_not_the_authors_former_address_stays(field: bytes) -> None:
    assert after(field + b"\r\n") == field + b"\r\n"


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")), max_size=8))
def test_every_other_octet_stays_whatever_the_header_is(lines: list[bytes]) -> None:
    head = b"".join(line + b"\r\n" for line in lines if b"yenbai" not in line.lower()) + b"\r\n"
    assert after(head) == head
