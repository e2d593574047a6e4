"""What comes out of the sandbox is believed only as far as it is checked."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.documents.grammar.recognition import Doubt, Evidence, Family, Found, Recognition, State
from mailhub.files.facts import Danger, DangerKind, FileFacts, Limits, Mode, Unreadable
from mailhub.sandbox.codec import DEPTH, LIST_ITEMS, TEXT_CHARACTERS
from mailhub.sandbox.errors import BadAnswer
from mailhub.sandbox.reading import FileBytes, Reading
from mailhub.sandbox.wire import (
    LINE_BYTES,
    PREFIX,
    End,
    Kind,
    Request,
    Slice,
    end_line,
    facts_line,
    pack_request,
    read_line,
    read_request,
)
from mailhub.text.lines import Source

pytestmark = pytest.mark.unit

FOUND = Found("12/QĐ-UBND", 0.9, Evidence("number.head", "Số: 12/QĐ-UBND", page=1, line=3))
RECOGNITION = Recognition(
    fields={"doc_type": replace(FOUND, value="QĐ"), "number_symbol": FOUND},
    family=Family.ADMINISTRATIVE,
    state=State.ISSUED,
    addressees=("Sở Nội vụ",),
    recipients=("- Như trên;", "- Lưu: VT."),
    labels=(FOUND,),
    doubts=(Doubt("ngay_mau_thuan", "hai ngày"),),
)
FACTS = FileFacts(
    "Quyết định.zip",
    "zip",
    1234,
    sha256="ab" * 32,
    pages=2,
    source=Source.OCR,
    needs_ocr=True,
    unreadable=Unreadable.TIME,
    dangers=(Danger(DangerKind.MACRO, "vbaProject.bin"),),
    members=(FileFacts("trong.pdf", "pdf", 99, recognition=RECOGNITION),),
    text="Kính gửi",
)


def answer(facts: Any) -> bytes:
    return json.dumps({"file": 0, "facts": facts}).encode()


def test_facts_come_back_as_they_were() -> None:
    line = read_line(facts_line(7, FACTS))
    assert (line.file, line.facts) == (7, FACTS)


def test_a_request_comes_back_as_it_was() -> None:
    limits = Limits(mode=Mode.FULL, seconds=2.5, want_text=True)
    request = Request(Kind.READ, (Slice(0, 10, "tên.pdf", "application/pdf", "V/v họp"), Slice(10, 0)), limits)
    packed = pack_request(request, 8.0)
    magic, seconds, length = PREFIX.unpack(packed[: PREFIX.size])
    assert (magic, seconds, length) == (b"MHI1", 8.0, len(packed) - PREFIX.size)
    assert read_request(packed[PREFIX.size :]) == request


def test_a_thousand_files_with_the_longest_names_can_be_asked_about() -> None:
    given = FileBytes("😀" * 500, "application/" + "x" * 180, b"", "", "😀" * 500)
    slices = Reading([given] * 1_000, None, 0.0).slices
    assert pack_request(Request(files=tuple(slices)), 1.0)


def test_all_children_of_one_message_share_what_may_be_answered() -> None:
    """Else one that dies after each long answer would fill the hub's memory, file by file."""
    reading = Reading([FileBytes("a", "", b"", "")] * 3, None, time.monotonic() + 60)
    with pytest.raises(BadAnswer):
        reading.allowance.take(reading.allowance.left + 1)
    reading.close_attempt(begun=True, end=End.CRASHED)
    assert [facts.unreadable for facts in reading.found] == [Unreadable.CRASHED] * 3


def test_a_name_with_half_a_surrogate_pair_can_be_sent() -> None:
    packed = pack_request(Request(files=(Slice(0, 1, "a\udc80.pdf"),)), 1.0)
    assert read_request(packed[PREFIX.size :]).files[0].name == "a?.pdf"


@pytest.mark.parametrize(
    "facts",
    [
        {},
        [],
        "x",
        {"name": "a", "type": "pdf"},
        {"name": "a", "type": "pdf", "size": "1"},
        {"name": "a", "type": "pdf", "size": True},
        {"name": "a", "type": "pdf", "size": -1},
        {"name": "a", "type": "pdf", "size": 2**60},
        {"name": "a", "type": "pdf", "size": 1, "pages": -3},
        {"name": 1, "type": "pdf", "size": 1},
        {"name": "a", "type": "pdf", "size": 1, "unknown": 1},
        {"name": "a", "type": "pdf", "size": 1, "source": "hearsay"},
        {"name": "a", "type": "pdf", "size": 1, "source": ["text"]},
        {"name": "a", "type": "pdf", "size": 1, "unreadable": "because"},
        {"name": "a", "type": "pdf", "size": 1, "needs_ocr": 1},
        {"name": "a", "type": "pdf", "size": 1, "dangers": {"kind": "macro"}},
        {"name": "a", "type": "pdf", "size": 1, "dangers": [{"kind": "new"}]},
        {"name": "a", "type": "pdf", "size": 1, "members": [{"name": "b"}]},
        {"name": "a", "type": "pdf", "size": 1, "recognition": {"fields": {"doc_type": 1}}},
        {"name": "a", "type": "pdf", "size": 1, "recognition": {"fields": []}},
        {"name": "a", "type": "pdf", "size": 1, "recognition": {"fields": {str(n): {} for n in range(100)}}},
    ],
)
def test_what_is_not_of_the_right_shape_is_not_believed(facts: object) -> None:
    with pytest.raises(BadAnswer):
        read_line(answer(facts))


@pytest.mark.parametrize(("name", "confidence"), [("doc_type", 1.5), ("doc_type", -0.1), ("invented", 0.5)])
def test_a_recognition_has_known_fields_and_confidences_that_are_some(name: str, confidence: float) -> None:
    found = {"value": "QĐ", "confidence": confidence, "evidence": {"rule": "r"}}
    facts = {"name": "a", "type": "pdf", "size": 1, "recognition": {"fields": {name: found}}}
    with pytest.raises(BadAnswer):
        read_line(answer(facts))
    nested = {"name": "z", "type": "zip", "size": 1, "members": [facts]}
    with pytest.raises(BadAnswer):
        read_line(answer(nested))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("doc_type", "QĐ\r\nBcc: x"),
        ("doc_type", "quyết định"),
        ("issue_date", "2026-11-22\r\nX-Forged: yes"),
        ("issue_date", "2026-13-40"),
        ("issue_date", "ngày nay"),
    ],
)
def test_a_type_is_of_the_list_and_a_date_is_one(name: str, value: str) -> None:
    """Headers, tokens and dates are made of them."""
    found = {"value": value, "confidence": 0.9, "evidence": {"rule": "r"}}
    with pytest.raises(BadAnswer):
        read_line(answer({"name": "a", "type": "pdf", "size": 1, "recognition": {"fields": {name: found}}}))


@pytest.mark.parametrize("member", [{"sha256": "zz" * 32}, {"sha256": "ab"}, {"type": "PDF\x1b[31m"}, {"type": ""}])
def test_a_member_has_a_hash_and_a_type_that_can_be_ones(member: dict[str, str]) -> None:
    inner = {"name": "b", "type": "pdf", "size": 1, **member}
    with pytest.raises(BadAnswer):
        read_line(answer({"name": "a", "type": "zip", "size": 1, "members": [inner]}))


def test_no_text_from_in_there_can_steer_a_terminal() -> None:
    detail = "\x1b]0;title\x07 \x9b31m \u202efdp.exe \r dòng"
    facts = {"name": "a", "type": "pdf", "size": 1, "dangers": [{"kind": "macro", "detail": detail}]}
    read = read_line(answer(facts)).facts
    assert read is not None
    assert read.dangers[0].detail == "\ufffd]0;title\ufffd \ufffd31m \ufffdfdp.exe \ufffd dòng"


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_not_believed(word: str) -> None:
    found = f'{{"value": "x", "confidence": {word}, "evidence": {{"rule": "r"}}}}'
    recognition = f'{{"fields": {{"doc_type": {found}}}}}'
    line = f'{{"file": 0, "facts": {{"name": "a", "type": "t", "size": 1, "recognition": {recognition}}}}}'
    with pytest.raises(BadAnswer):
        read_line(line.encode())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
        b'{"file": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_line_that_is_no_answer_raises_one_kind_of_error(line: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_line(line)


def test_long_texts_and_lists_are_cut_and_texts_fit_any_database() -> None:
    dangers = [{"kind": "macro", "detail": "x" * 10_000}] * (LIST_ITEMS + 5)
    facts = {"name": "a\0b\ud800c", "type": "pdf", "size": 1, "dangers": dangers}
    read = read_line(answer(facts)).facts
    assert read is not None
    assert read.name == "a\ufffdb\ufffdc"
    assert len(read.dangers) == LIST_ITEMS
    assert len(read.dangers[0].detail) == TEXT_CHARACTERS


def test_files_within_files_without_end_are_not_believed() -> None:
    facts: dict[str, Any] = {"name": "a", "type": "zip", "size": 1}
    for _ in range(DEPTH + 1):
        facts = {"name": "a", "type": "zip", "size": 1, "members": [facts]}
    with pytest.raises(BadAnswer):
        read_line(answer(facts))


def test_a_line_that_would_be_too_long_loses_what_is_least_needed() -> None:
    member = FileFacts("m.pdf", "pdf", 1, recognition=RECOGNITION, text="x" * 20_000)
    line = facts_line(0, FileFacts("a.zip", "zip", 1, members=(member,) * 500))
    read = read_line(line).facts
    assert len(line) <= LINE_BYTES
    assert read is not None
    assert len(read.members) == 500
    assert read.members[0].recognition is None
    huge = FileFacts("n" * 900, "pdf", 1, dangers=(Danger(DangerKind.MACRO, "d" * 200),) * 50)
    read = read_line(facts_line(0, FileFacts("a.zip", "zip", 1, members=(huge,) * 1_000))).facts
    assert read is not None
    assert (read.members, read.unreadable) == ((), Unreadable.TOO_MANY)


def test_the_last_word_says_how_a_child_ended() -> None:
    cancelled, last, rest = end_line(End.MEMORY).split(b"\n")
    assert (cancelled, rest) == (b"\x18", b"")
    assert read_line(last).end is End.MEMORY


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["pdf", "macro"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "type", "size", "facts", "file", "members", "dangers", "kind", "recognition", "fields"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_whatever_is_answered_is_an_answer_or_a_bad_one(value: object) -> None:
    for line in (value, {"file": 0, "facts": value}):
        try:
            read_line(json.dumps(line).encode())
        except BadAnswer:
            continue
