"""Facts as JSON: what was said comes back, and nothing that was not said by us gets in."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.documents.grammar.recognition import FIELDS, Doubt, Evidence, Family, Found, Recognition, State
from mailhub.files import encoding
from mailhub.files.encoding import Malformed, from_json, recognition_from_json, recognition_to_json, to_json
from mailhub.files.facts import Danger, DangerKind, FileFacts, Unreadable
from mailhub.text.lines import Source

pytestmark = pytest.mark.unit

FOUND = Found("15/QĐ-UBND", 0.9, Evidence("number-line", "Số: 15/QĐ-UBND", 1, 4))
READ = Recognition(
    fields={"doc_type": Found("QĐ", 1.0, Evidence("heading", line=-1)), "number_symbol": FOUND},
    family=Family.NORMATIVE,
    state=State.DRAFT,
    addressees=("Sở Nội vụ",),
    recipients=("Như trên;", "Lưu: VT."),
    labels=(Found("lich_cong_tac", 0.7, Evidence("words")),),
    doubts=(Doubt("ngay_mau_thuan", "2012, 2015"),),
)
FACTS = FileFacts(
    name="đề án \u0000 2.zip",
    type="zip",
    size=2**40,
    sha256="ab" * 32,
    dangers=(Danger(DangerKind.MACRO, "AutoOpen"), Danger(DangerKind.BOMB)),
    unreadable=Unreadable.TOO_MANY,
    members=(FileFacts("1.pdf", "pdf", 5, pages=2, source=Source.OCR, needs_ocr=True, recognition=READ, text="a\nb"),),
)


def test_everything_that_was_said_comes_back() -> None:
    assert from_json(to_json(FACTS)) == FACTS
    assert recognition_from_json(recognition_to_json(READ)) == READ
    assert from_json(to_json(FileFacts("", "empty", 0))) == FileFacts("", "empty", 0)
    nothing = FileFacts("a", "pdf", 1, recognition=Recognition())
    assert from_json(to_json(nothing)) == nothing


_text = st.text(st.characters(exclude_categories=()), max_size=50)


@given(_text, _text, st.floats(allow_nan=False), st.sampled_from(FIELDS))
def test_what_is_written_can_always_be_read(name: str, value: str, confidence: float, field: str) -> None:
    found = {field: Found(value, confidence, Evidence(value, name))}
    facts = FileFacts(name, "pdf", 1, text=value, recognition=Recognition(fields=found))
    assert from_json(to_json(facts)).size == 1


def test_what_is_too_long_is_cut_when_written() -> None:
    long = Found("x" * 9000, 0.5, Evidence("r" * 900, "t" * 9000))
    read = Recognition(fields={"subject": long}, addressees=("a",) * 5000)
    back = from_json(to_json(FileFacts("n" * 9000, "pdf", 1, recognition=read)))
    assert back.recognition is not None
    assert len(back.name) == encoding.MAX_NAME
    assert len(back.recognition.fields["subject"].value) == encoding.MAX_VALUE
    assert len(back.recognition.addressees) == encoding.MAX_LIST


def _changed(**changes: Any) -> str:
    return json.dumps({"type": "pdf", "size": 1, **changes})


def _recognised(**changes: Any) -> str:
    return _changed(recognition={"family": "khac", "state": "draft", **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "NaN",
        '{"type": "pdf", "size": NaN}',
        _changed(size=-1),
        _changed(size=1.5),
        _changed(size=True),
        _changed(size=2**60),
        _changed(type="../../x"),
        _changed(type=None),
        _changed(type="x" * 50),
        _changed(name=7),
        _changed(name="x" * 1001),
        _changed(name="\ud800"),
        _changed(sha256="AB" * 32),
        _changed(sha256=""),
        _changed(source="guessed"),
        _changed(needs_ocr=1),
        _changed(unreadable="tired"),
        _changed(dangers=[["macro"]]),
        _changed(dangers=[["fire", ""]]),
        _changed(dangers={}),
        _changed(more=1),
        _changed(members=[{}]),
        _changed(members=[{"type": "pdf"}] * 2001),
        _recognised(family="x"),
        _recognised(state=None),
        _recognised(fields={"colour": ["x", 1, "r", "", 0, 0]}),
        _recognised(fields={"subject": ["x", 1.1, "r", "", 0, 0]}),
        _recognised(fields={"subject": ["x", True, "r", "", 0, 0]}),
        _recognised(fields={"subject": ["x", "1", "r", "", 0, 0]}),
        _recognised(fields={"subject": ["x", 1, "r", "", 0, -2]}),
        _recognised(fields={"subject": ["x", 1, "r", ""]}),
        _recognised(addressees=["x"] * 1001),
        _recognised(addressees=[None]),
        '{"type": "pdf", "size": 1' + "0" * 5000 + "}",
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        from_json(text)


def test_nesting_of_any_depth_is_malformed_at_once() -> None:
    deep: dict[str, Any] = {"type": "zip"}
    for _ in range(encoding.MAX_DEPTH + 2):
        deep = {"type": "zip", "members": [deep]}
    began = time.monotonic()
    for text in (json.dumps(deep), "[" * 1_000_000, '{"members":[' * 200_000):
        with pytest.raises(Malformed):
            from_json(text)
    assert time.monotonic() - began < 1


def test_members_are_counted_over_all_levels() -> None:
    many = {"type": "zip", "members": [{"type": "pdf"}] * 900}
    with pytest.raises(Malformed):
        from_json(json.dumps({"type": "zip", "members": [many] * 3}))
