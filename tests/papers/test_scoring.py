"""The accuracy bench counts as the corpus' README says: alternatives, unreadable fields, inventions, silence."""

from __future__ import annotations

from typing import Any

import pytest

from bench.scoring import agrees, score

pytestmark = pytest.mark.unit


def label(name: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "doc_type": kind, **fields}


@pytest.mark.parametrize(
    ("field", "said", "meant", "same"),
    [
        ("doc_type", "qđ ", "QĐ", True),
        ("doc_type", None, "NONE", True),
        ("number_symbol", "12 /QĐ–UBND", "12/QĐ-UBND", True),
        ("number_symbol", "12/qđ-ubnd", "12/QĐ-UBND", False),
        ("issue_date", "2026-03-05", "2026-03-06", False),
        ("subject", "V/v: kiện toàn Ban Chỉ đạo.", "Kiện toàn Ban Chỉ đạo", True),
        ("issuer", "UBND tỉnh Sơn Hà", "Sở Y tế", False),
        ("signer", "ThS. NGUYỄN VĂN VỸ", "Nguyễn Văn Vỹ", True),
        ("signer", "Nguyễn Văn Vy", "Nguyễn Văn Vỹ", False),
        ("urgency", None, "KHẨN", False),
    ],
)
def test_two_spellings_of_the_same_value_agree(field: str, said: str | None, meant: str, same: bool) -> None:
    assert agrees(field, said, meant) is same


def test_an_accepted_alternative_counts_as_the_labels_own_type() -> None:
    labels = [label("a", "PL", accept={"doc_type": ["NONE"]}), label("b", "QĐ")]
    result = score({"a": {"doc_type": "NONE"}, "b": {"doc_type": "TB"}}, labels)
    assert result.types["PL"].f1 == 1
    assert result.types["QĐ"].f1 == 0
    assert result.macro_f1 == 0.5
    assert dict(result.confusions) == {("QĐ", "TB"): ["b"]}


def test_silence_is_no_wrong_answer_but_no_right_one_where_the_paper_shows_it() -> None:
    labels = [label("a", "QĐ", number_symbol="1/QĐ-UBND"), label("b", "QĐ", number_symbol="2/QĐ-UBND")]
    result = score({"a": {"doc_type": "QĐ"}, "b": {"doc_type": "QĐ", "number_symbol": "3/QĐ-UBND"}}, labels)
    number = result.fields["number_symbol"]
    assert (number.shown, number.shown_right) == (2, 0)
    assert (number.given, number.given_wrong) == (1, 1)


def test_what_only_the_image_shows_counts_when_strict() -> None:
    labels = [label("a", "QĐ", number_symbol="1/QĐ-UBND", unreadable=["number_symbol"])]
    assert score({"a": {"doc_type": "QĐ"}}, labels).fields["number_symbol"].shown == 0
    assert score({"a": {"doc_type": "QĐ"}}, labels, strict=True).fields["number_symbol"].shown == 1


def test_a_negative_taken_for_a_document_and_its_invented_number_are_counted() -> None:
    labels = [label("a", "NONE"), label("b", "NONE"), label("c", "NONE")]
    said = {"a": {"doc_type": "CV", "number_symbol": "1/CV"}, "b": {"doc_type": "NONE", "number_symbol": "2/CV"}}
    result = score(said, labels)
    assert result.taken_for_documents == ["a"]
    assert result.invented_numbers == ["a", "b"]
    assert result.unpredicted == ["c"]
    assert result.types["NONE"].recall == pytest.approx(1 / 3)
