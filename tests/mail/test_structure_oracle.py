"""Well-formed mail is read as Python's own parser reads it."""

from __future__ import annotations

import base64
import quopri
import unicodedata
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import collapse_rfc2231_value
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.mail.parts import Role
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_body, decoded_size
from tests.support.mails import leaf, multipart

pytestmark = pytest.mark.unit

TYPES = st.sampled_from(["text/plain", "text/html", "application/pdf", "image/png", "application/octet-stream"])
TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_", min_size=1, max_size=12)


@st.composite
def leaves(draw: st.DrawFn) -> bytes:
    data = draw(st.binary(max_size=200))
    encoding = draw(st.sampled_from(["7bit", "base64", "Quoted-Printable"]))
    if encoding == "base64":
        body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "7bit":
        body = base64.b85encode(data)
    else:
        body = quopri.encodestring(data, quotetabs=True).replace(b"\n", b"\r\n")
    header = f"Content-Type: {draw(TYPES)}"
    if draw(st.booleans()):
        header += f'; name="{draw(TOKENS)}.pdf"'
    if draw(st.booleans()):
        header += f"\nContent-Disposition: attachment; filename={draw(TOKENS)}"
    return leaf(f"X-Filler: {draw(TOKENS)}\n{header}\nContent-Transfer-Encoding: {encoding}", body)


def containers(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    def pack(parts: list[bytes], subtype: str, boundary: str) -> bytes:
        # A boundary may not occur in what it holds (RFC 2046 § 5.1.1).
        while any(boundary.encode() in part for part in parts):
            boundary += "=_x"
        return multipart(parts, subtype=subtype, boundary=boundary)

    return st.one_of(
        st.builds(
            pack,
            st.lists(children, min_size=1, max_size=4),
            st.sampled_from(["mixed", "alternative", "related"]),
            TOKENS.map(lambda token: f"=_{token}"),
        ),
        children.map(lambda child: leaf("Content-Type: message/rfc822", child)),
    )


MESSAGES = st.recursive(leaves(), containers, max_leaves=12).map(lambda inner: b"Subject: x\r\n" + inner)


def name_of(part: Message) -> str:
    name = part.get_filename()
    return name if name is not None else ""


@given(MESSAGES)
@settings(max_examples=150)
def test_parts_types_names_and_contents_are_those_that_python_finds(data: bytes) -> None:
    ours = read_structure(data).parts
    theirs = list(message_from_bytes(data).walk())
    assert [part.type for part in ours] == [part.get_content_type() for part in theirs]
    assert [part.name for part in ours] == [name_of(part) for part in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        if mine.role not in {Role.CONTAINER, Role.MESSAGE}:
            decoded, faults = decode_body(data, mine)
            assert decoded == other.get_payload(decode=True)
            assert not faults
            assert decoded_size(mine) >= len(decoded)


@given(MESSAGES)
@settings(max_examples=50)
def test_parts_lie_within_their_containers_and_beside_each_other(data: bytes) -> None:
    parts = read_structure(data).parts
    assert len({part.path for part in parts}) == len(parts)
    for before, part in pairwise(parts):
        assert 0 <= part.start <= part.body_start <= part.end <= len(data)
        assert part.start >= (before.body_start if part.depth > before.depth else before.end)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=60), st.binary(max_size=60)), min_size=1, max_size=4))
@settings(max_examples=100)
def test_names_that_python_writes_come_back(files: list[tuple[str, bytes]]) -> None:
    message = EmailMessage()
    message.set_content("x")
    for name, data in files:
        safe = "".join(c for c in name if c.isalnum()) or "x"
        message.add_attachment(data, maintype="application", subtype="pdf", filename=f"{safe}.pdf")
    sent = message.as_bytes(policy=SMTP)
    expected = [
        collapse_rfc2231_value(part.get_param("filename", header="content-disposition"))  # type: ignore[arg-type]
        for part in message_from_bytes(sent).walk()
        if part.get_content_disposition() == "attachment"
    ]
    assert [part.name for part in read_structure(sent).files] == [
        unicodedata.normalize("NFC", name) for name in expected
    ]
