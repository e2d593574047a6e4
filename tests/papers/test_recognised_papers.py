"""Generated papers of every type, in every order of text, are recognised; what they do not show is not said."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from mailhub.documents.grammar.recognise import recognise
from mailhub.documents.grammar.recognition import Family, Recognition, State
from mailhub.text.lines import text_of
from tests.support.papers import NORMATIVE, TYPES, Layout, Paper, as_text, make_paper, make_party_paper, taken_apart

pytestmark = pytest.mark.unit

ADMINISTRATIVE = list(TYPES)
EVERYTHING = [*TYPES, *NORMATIVE]
LAYOUTS = [Layout.BLOCKS, Layout.ROWS, Layout.TABS, Layout.RIGHT_FIRST]


def read(paper: Paper, layout: Layout = Layout.BLOCKS) -> Recognition:
    return recognise(text_of(as_text(paper, layout)))


@pytest.mark.parametrize("kind", EVERYTHING)
def test_every_type_is_recognised_with_its_number_date_and_signer(kind: str) -> None:
    for seed in range(4):
        paper = make_paper(kind, seed)
        found = read(paper)
        assert found.doc_type == kind, as_text(paper)
        assert found.value("number_symbol") == paper.number_symbol, as_text(paper)
        assert found.value("signer") == paper.signer, as_text(paper)
        if kind != "BB":  # minutes have no line of place and date; their day is in the text
            assert found.value("issue_date") == paper.issue_date, as_text(paper)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_order_of_the_columns_changes_nothing(layout: Layout) -> None:
    for kind, seed in itertools.product(("QĐ", "CV", "TB", "GM", "TTr", "KH"), range(3)):
        paper = make_paper(kind, seed)
        found = read(paper, layout)
        said = (found.doc_type, found.value("number_symbol"), found.value("issue_date"), found.value("signer"))
        assert said == (kind, paper.number_symbol, paper.issue_date, paper.signer), as_text(paper, layout)


def test_text_in_nfd_is_read_as_text_in_nfc() -> None:
    for kind, seed in itertools.product(ADMINISTRATIVE, range(2)):
        whole = as_text(make_paper(kind, seed))
        one, other = recognise(text_of(whole)), recognise(text_of(taken_apart(whole)))
        assert {name: found.value for name, found in one.fields.items()} == {
            name: found.value for name, found in other.fields.items()
        }


@pytest.mark.parametrize(
    ("field", "without"),
    [
        ("number_symbol", {"symbol": "", "number": ""}),
        ("number_symbol", {"number": ""}),
        ("issue_date", {"place": "", "issued": None}),
        ("issue_date", {"issued": None}),
        ("signer", {"signer": ""}),
        ("signer", {"signer": "", "authority": ()}),
        ("urgency", {}),
        ("secrecy", {}),
    ],
)
def test_a_field_that_is_not_there_is_not_said(field: str, without: dict[str, Any]) -> None:
    for kind, seed in itertools.product(("QĐ", "CV", "BC", "TB"), range(3)):
        paper = make_paper(kind, seed, **without)
        assert read(paper).value(field) is None, as_text(paper)


def test_a_paper_without_number_and_date_counts_as_a_draft() -> None:
    for seed in range(4):
        paper = make_paper("QĐ", seed, number="", issued=None, signer="", draft=True)
        found = read(paper)
        assert found.doc_type == "QĐ"
        assert found.state is State.DRAFT, as_text(paper)


def test_a_paper_with_number_date_and_signer_counts_as_issued() -> None:
    for kind, seed in itertools.product(("QĐ", "CV", "TB"), range(3)):
        assert read(make_paper(kind, seed)).state is State.ISSUED


def test_the_copys_number_is_not_the_documents() -> None:
    for form, seed in itertools.product(("SAO Y", "SAO LỤC"), range(3)):
        paper = make_paper("TB", seed, copy_form=form)
        found = read(paper)
        assert found.value("number_symbol") == paper.number_symbol
        assert found.value("issue_date") == paper.issue_date
        assert found.value("signer") == paper.signer


def test_an_annex_behind_the_signature_changes_nothing() -> None:
    annex = (
        "PHỤ LỤC",
        "(Kèm theo Quyết định số 901/QĐ-UBND ngày 02 tháng 02 năm 2025)",
        "DANH SÁCH",
        "1. Đào Văn Khuê",
    )
    for kind, seed in itertools.product(("QĐ", "KH", "CV"), range(3)):
        paper = make_paper(kind, seed, annex=annex)
        found = read(paper)
        said = (found.doc_type, found.value("number_symbol"), found.value("signer"))
        assert said == (kind, paper.number_symbol, paper.signer), as_text(paper)


def test_an_invitation_tells_when_where_and_who_chairs() -> None:
    for seed in range(4):
        paper = make_paper("GM", seed)
        assert paper.meeting is not None
        found = read(paper)
        assert (found.value("meeting_starts") or "").startswith("2026-09-18T0")
        assert paper.meeting.place in (found.value("meeting_place") or "")
        assert paper.meeting.chair.removeprefix("Đồng chí ") in (found.value("meeting_chair") or "")


def test_a_news_item_about_a_decision_is_none() -> None:
    paper = make_paper("QĐ", 1)
    news = (
        "Tỉnh Sơn Hà ban hành quyết định mới\n\n"
        f"Ngày 05/3/2026, Ủy ban nhân dân tỉnh ban hành Quyết định số {paper.number_symbol} {paper.subject.lower()}.\n"
        "Theo đó, các cơ quan, đơn vị có trách nhiệm triển khai từ tháng 4. Xem chi tiết tại đây.\n"
    )
    found = recognise(text_of(news))
    assert found.doc_type == "NONE"
    assert found.value("number_symbol") is None


def test_a_papers_family_is_told_from_its_header_and_number() -> None:
    for kind, seed in itertools.product(("CT", "KH", "TB", "NQ", "CV"), range(3)):
        party = make_party_paper(kind, seed)
        found = read(party)
        said = (found.family, found.doc_type, found.value("number_symbol"), found.value("signer"))
        assert said == (Family.PARTY, kind, party.number_symbol, party.signer), as_text(party)
        assert read(make_paper(kind, seed)).family is Family.ADMINISTRATIVE
    for kind in NORMATIVE:
        assert read(make_paper(kind, 1)).family is Family.NORMATIVE
