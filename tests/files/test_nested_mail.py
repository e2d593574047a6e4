"""E-mail within e-mail: its parts as members, within the same budget."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.files.budget import Budget
from mailhub.files.facts import DangerKind, Unreadable
from mailhub.files.members import Contents
from mailhub.files.message import read_message
from tests.support.mails import attached, leaf, multipart

pytestmark = pytest.mark.unit


def read(data: bytes, *, members: int = 1000, octets: int = 2**28, seconds: float = 20.0) -> Contents:
    return read_message(memoryview(data), budget=Budget(5, members, octets, time.monotonic() + seconds))


def test_texts_and_files_are_members_with_their_declared_types() -> None:
    data = multipart(
        [leaf("Content-Type: text/plain", b"chao"), attached(b"%PDF-1.7", "Công văn.pdf", "application/pdf")]
    )
    contents = read(data)
    assert [(member.name, member.declared, member.data) for member in contents.members] == [
        ("", "text/plain", b"chao"), ("Công văn.pdf", "application/pdf", b"%PDF-1.7"),
    ]  # fmt: skip
    assert (contents.unreadable, contents.dangers) == (None, ())


def test_files_of_a_mail_forwarded_in_it_are_members_too() -> None:
    inner = multipart([leaf("", b"old"), attached(b"1", "a.doc")], boundary="in")
    data = multipart([leaf("", b"new"), leaf("Content-Type: message/rfc822", inner)])
    assert [member.data for member in read(data).members] == [b"new", b"old", b"1"]


def test_a_forwarded_mail_in_base64_is_one_member() -> None:
    data = multipart([attached(leaf("Subject: x", b"y"), "x.eml", "message/rfc822")])
    (member,) = read(data).members
    assert (member.name, member.declared, member.data) == ("x.eml", "message/rfc822", b"Subject: x\r\n\r\ny")


def test_every_reading_of_a_name_and_what_it_hides_is_kept() -> None:
    header = 'Content-Type: application/pdf; name="b\u202efdp.exe"\nContent-Disposition: attachment; filename=a.pdf'
    (member,) = read(multipart([leaf(header)])).members
    assert (member.name, member.other_names) == ("a.pdf", ("bfdp.exe",))
    assert [danger.kind for danger in member.dangers] == [DangerKind.MISNAMED]


def test_faulty_base64_is_read_as_far_as_it_goes_and_none_at_all_is_damage() -> None:
    half = leaf("Content-Type: application/pdf\nContent-Transfer-Encoding: base64", b"QUJD!QUI")
    none = leaf("Content-Type: application/pdf\nContent-Transfer-Encoding: base64", b"!!!!")
    assert [(member.data, member.unreadable) for member in read(multipart([half, none])).members] == [
        (b"ABCAB", None), (b"", Unreadable.DAMAGED),
    ]  # fmt: skip


def test_budgets_hold_within_mails() -> None:
    data = multipart([attached(b"x" * 1000, f"{n}.bin") for n in range(10)])
    few = read(data, members=4)
    assert (len(few.members), few.unreadable) == (4, Unreadable.TOO_MANY)
    small = read(data, octets=3000)
    assert [member.unreadable for member in small.members][:2] == [None, None]
    assert small.members[-1].unreadable is Unreadable.TOO_LARGE
    assert read(data, seconds=-1).unreadable is Unreadable.TIME
    assert read(multipart([leaf()] * 5000)).unreadable is Unreadable.TOO_MANY


def test_too_many_levels_are_a_fact() -> None:
    assert read(b"Content-Type: message/rfc822\r\n\r\n" * 1000).unreadable is Unreadable.TOO_DEEP


@given(st.binary(max_size=300))
def test_any_octets_are_a_mail(data: bytes) -> None:
    assert isinstance(read(data), Contents)


def test_a_mark_of_secrecy_in_a_subject_is_a_sheet_of_its_own() -> None:
    inner = leaf("Content-Type: message/rfc822", leaf("Subject: Fwd: [MẬT] x", b"old"))
    assert [member.data for member in read(multipart([inner], header="Subject: (TỐI MẬT)")).members] == [
        "MẬT\n".encode(), "TỐI MẬT\n".encode(), b"old",
    ]  # fmt: skip
