"""The same document through other channels, Word beside PDF, a draft beside what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailhub.accounts.rights import Actor, Role
from mailhub.documents.grammar.recognition import State
from mailhub.registry import service as registry
from mailhub.registry.records import Sighting
from mailhub.store.database import Database
from tests.registry.parts import DECISION, ROOT, facts, keep, recognition, sighting
from tests.support.accounts import make_account

pytestmark = pytest.mark.unit


def _links(database: Database, document_id: int | None) -> list[tuple[str, int]]:
    with database.write() as connection:
        report = registry.show(connection, ROOT, str(document_id))
    return [(link.kind, link.line.id) for link in report.links]


def _together(first: Sighting, *others: Sighting) -> list[Sighting]:
    """The files as one message brought them."""
    return [
        replace(one, message_id=first.message_id, code=first.code, path=str(n))
        for n, one in enumerate((first, *others), 2)
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"number_symbol": "15/QĐ-SNV"},
        {"number_symbol": "015 / QĐ – SNV", "issuer": "Sở Nội  vụ"},
        {"subject": "Đọc sai vì quét mờ", "signer": ""},
    ],
)
def test_the_same_number_issuer_and_date_are_the_same_document(database: Database, other: dict[str, str]) -> None:
    first, second = keep(database, sighting("pdf"), sighting("scan", facts({**DECISION, **other})))
    assert _links(database, first.document_id) == [("same", second.document_id)]
    assert _links(database, second.document_id) == [("same", first.document_id)]


@pytest.mark.parametrize(
    "other",
    [
        {"number_symbol": "16/QĐ-SNV"},
        {"issue_date": "2025-11-20"},
        {"issuer": "SỞ Y TẾ"},
        {"issue_date": ""},
    ],
)
def test_what_differs_in_one_of_the_three_is_another_document(database: Database, other: dict[str, str]) -> None:
    found = facts({key: value for key, value in {**DECISION, **other}.items() if value})
    first, _ = keep(database, sighting("a"), sighting("b", found))
    assert _links(database, first.document_id) == []


def test_the_province_and_its_committee_are_one_issuer(province: Database) -> None:
    long = {**DECISION, "issuer": "ỦY BAN NHÂN DÂN TỈNH MINH HỌA", "parent_issuer": ""}
    short = {**long, "issuer": "UBND tỉnh Minh Họa"}
    first, second = keep(province, sighting("a", facts(long)), sighting("b", facts(short)))
    assert _links(province, first.document_id) == [("same", second.document_id)]


def test_a_word_file_whose_date_is_blank_is_the_pair_of_the_pdf_in_the_same_message(database: Database) -> None:
    word = {key: value for key, value in DECISION.items() if key != "issue_date"}
    first, second = keep(database, *_together(sighting("pdf"), sighting("word", facts(word))))
    assert _links(database, first.document_id) == [("pair", second.document_id)]
    assert _links(database, second.document_id) == [("pair", first.document_id)]


def test_the_draft_in_the_same_message_is_linked_to_what_became_of_it(database: Database) -> None:
    blank = {key: value for key, value in DECISION.items() if key not in ("number_symbol", "issue_date")}
    draft = sighting("word", facts(recognition=recognition(blank, state=State.DRAFT)))
    first, second = keep(database, *_together(draft, sighting("pdf")))
    assert _links(database, first.document_id) == [("issued", second.document_id)]
    assert _links(database, second.document_id) == [("draft", first.document_id)]


def test_drafts_of_other_messages_and_of_other_subjects_are_not_linked(database: Database) -> None:
    blank = {key: value for key, value in DECISION.items() if key not in ("number_symbol", "issue_date")}
    draft = facts(recognition=recognition(blank, state=State.DRAFT))
    other = facts(recognition=recognition({**blank, "subject": "Về việc khen thưởng"}, state=State.DRAFT))
    kept = keep(database, sighting("pdf"), sighting("w1", draft))
    kept += keep(database, *_together(sighting("pdf"), sighting("w2", other)))
    assert _links(database, kept[0].document_id) == []


def test_an_official_is_not_told_of_linked_documents_that_went_elsewhere(province: Database) -> None:
    mine = make_account(province, "a@tinh.gov.vn", password=None)
    first, second = keep(province, sighting("a", account_id=mine), sighting("b"))
    me = Actor(name="a@tinh.gov.vn", role=Role.OFFICIAL, account_id=mine)
    with province.write() as connection:
        report = registry.show(connection, me, str(first.document_id))
        assert report.links == ()
    assert _links(province, first.document_id) == [("same", second.document_id)]
