"""Finding documents by what their headers say, and only those that one may know of."""

from __future__ import annotations

from typing import Any

import pytest

from mailhub.accounts.audit import verify_chain
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.accounts.tree import find_agency
from mailhub.documents.grammar.recognition import State
from mailhub.registry import service as registry
from mailhub.registry.errors import InvalidSearch
from mailhub.registry.search import Tier
from mailhub.registry.tokens import read_question
from mailhub.store.database import Database
from tests.registry.parts import DECISION, ROOT, clerk, facts, find, keep, numbers, received, recognition, sighting
from tests.support.accounts import make_account

pytestmark = pytest.mark.unit

LAO_CAI = {
    "doc_type": "KH",
    "number_symbol": "59/KH-UBND",
    "issue_date": "2026-03-02",
    "issuer": "ỦY BAN NHÂN DÂN TỈNH LÀO CAI",
    "subject": "Ứng dụng công nghệ thông tin giai đoạn 2026 - 2030",
    "signer": "Lê Quốc Cường",
    "urgency": "KHẨN",
}
DONG_NAI = {
    "doc_type": "CV",
    "number_symbol": "1512/UBND-KGVX",
    "issue_date": "2025-12-30",
    "issuer": "UBND THÀNH PHỐ ĐỒNG NAI",
    "subject": "Tăng cường phòng, chống dịch",
    "signer": "Phạm Thị Dung",
}

# What is typed, and what is found on the shelf, best first.
WORDS: dict[str, list[str]] = {
    "quyet dinh 15": ["15/QĐ-SNV"],
    "QUYẾT ĐỊNH 15": ["15/QĐ-SNV"],
    "15/QĐ-SNV": ["15/QĐ-SNV"],
    "15/qd-snv": ["15/QĐ-SNV"],
    "số 015/QĐ – SNV": ["15/QĐ-SNV"],
    "015/QĐ-SNV": ["15/QĐ-SNV"],
    "dong nai": ["1512/UBND-KGVX"],
    "đồng nai": ["1512/UBND-KGVX"],
    "ubnd tinh lao cai 2026": ["59/KH-UBND"],
    "uy ban nhan dan": ["1512/UBND-KGVX", "59/KH-UBND", "15/QĐ-SNV"],
    "ubnd": ["1512/UBND-KGVX", "59/KH-UBND", "15/QĐ-SNV"],
    "công văn": ["1512/UBND-KGVX"],
    "cv": ["1512/UBND-KGVX"],
    "cntt": ["59/KH-UBND"],
    "sở nội vụ bổ nhiệm": ["15/QĐ-SNV"],
    "bo nhi": ["15/QĐ-SNV"],
    "bo nhi truong": [],
    "bo nhi* truong": ["15/QĐ-SNV"],
    "Trần Thị Bình": ["15/QĐ-SNV"],
    "20/11/2026": ["15/QĐ-SNV"],
    "11/2026": ["15/QĐ-SNV"],
    "2026-11-20": ["15/QĐ-SNV"],
    "khẩn": ["59/KH-UBND"],
    "\" OR * NOT ( ' & ! :*": [],
    "không có gì như thế": [],
}
FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"doc_type": "QĐ"}, ["15/QĐ-SNV"]),
    ({"since": "2026-01-01"}, ["59/KH-UBND", "15/QĐ-SNV"]),
    ({"until": "2026-01-01"}, ["1512/UBND-KGVX"]),
    ({"since": "2026-03-02", "until": "2026-03-02"}, ["59/KH-UBND"]),
    ({"since": "2026-03-03", "until": "2026-03-31"}, []),
    ({"issuer": "dong nai"}, ["1512/UBND-KGVX"]),
    ({"issuer": "UBND tinh"}, ["59/KH-UBND", "15/QĐ-SNV"]),
    ({"urgency": "KHẨN"}, ["59/KH-UBND"]),
    ({"state": "draft"}, []),
    ({"numbered": False}, []),
    ({"numbered": True, "words": "noi vu"}, ["15/QĐ-SNV"]),
    ({}, ["1512/UBND-KGVX", "59/KH-UBND", "15/QĐ-SNV"]),
]


@pytest.fixture
def shelf(database: Database) -> Database:
    """Three documents: 15/QĐ-SNV, 59/KH-UBND (khẩn), 1512/UBND-KGVX."""
    keep(database, sighting("a"), sighting("b", facts(LAO_CAI)), sighting("c", facts(DONG_NAI)))
    return database


def test_words_find_what_people_mean_by_them(shelf: Database) -> None:
    assert {words: numbers(shelf, words) for words in WORDS} == WORDS


def test_filters_leave_out_what_does_not_fit(shelf: Database) -> None:
    for filters, expected in FILTERS:
        assert numbers(shelf, **filters) == expected, filters


def test_an_exact_number_comes_first_then_the_same_marks_then_the_same_letters(database: Database) -> None:
    named = {**DECISION, "number_symbol": "7/QĐ-SNV", "subject": "Thu hồi Quyết định 15/QĐ-SNV"}
    keep(database, sighting("a"), sighting("b", facts(named)))
    lines = find(database, "15/QĐ-SNV").lines
    assert [(line.number_symbol, line.tier) for line in lines] == [("15/QĐ-SNV", Tier.NUMBER), ("7/QĐ-SNV", Tier.EXACT)]
    bare = {**DECISION, "number_symbol": "8/QĐ-SNV", "subject": "ve viec bo nhiem", "issuer": "", "parent_issuer": ""}
    keep(database, sighting("c", facts(bare)))
    lines = find(database, "bổ nhiệm").lines
    assert [(line.number_symbol, line.tier) for line in lines] == [("15/QĐ-SNV", Tier.EXACT), ("8/QĐ-SNV", Tier.FOLDED)]


def test_pages_follow_each_other_without_gap_or_repeat_over_all_tiers(database: Database) -> None:
    rows = [{**DECISION, "number_symbol": f"{n}/QĐ-SNV"} for n in range(1, 8)]
    rows += [{**DECISION, "number_symbol": f"{n}/QĐ-SNV", "subject": "bo nhiem"} for n in range(8, 14)]
    keep(database, *(sighting(str(n), facts(row)) for n, row in enumerate(rows)))
    found, cursor = list[int](), ""
    while True:
        page = find(database, "bổ nhiệm", cursor=cursor, limit=4)
        found += [line.id for line in page.lines]
        cursor = page.cursor
        if not cursor:
            break
    assert found == [line.id for line in find(database, "bổ nhiệm").lines]
    assert len(found) == len(set(found)) == 13


def test_a_cursor_of_nobodys_making_is_refused(sqlite_database: Database) -> None:
    for cursor in ("x", "!!", "OS4x", "Mi5h", "ă"):
        with pytest.raises(InvalidSearch):
            find(sqlite_database, "a", cursor=cursor)


def test_a_filter_that_makes_no_sense_is_refused(sqlite_database: Database) -> None:
    wrong: list[dict[str, Any]] = [{"since": "hôm qua"}, {"until": "2026-13-01"}, {"code": "x"}]
    for filters in wrong:
        with pytest.raises(InvalidSearch):
            find(sqlite_database, **filters)


def test_the_documents_of_one_message_are_found_by_its_code(shelf: Database) -> None:
    seen = sighting("b", facts(LAO_CAI), code="7K4-QW2-M9")
    keep(shelf, seen)
    assert numbers(shelf, code="7k4qw2m9") == ["59/KH-UBND"]


def test_marks_that_tell_types_apart_are_heeded(database: Database) -> None:
    contract = {**DECISION, "doc_type": "HĐ", "number_symbol": "1/HĐ-SNV"}
    guidance = {**DECISION, "doc_type": "HD", "number_symbol": "2/HD-SNV"}
    keep(database, sighting("a", facts(contract)), sighting("b", facts(guidance)))
    assert numbers(database, doc_type="HĐ") == ["1/HĐ-SNV"]
    assert numbers(database, doc_type="HD") == ["2/HD-SNV"]
    assert numbers(database, doc_type="hđ") == ["1/HĐ-SNV"]
    with pytest.raises(InvalidSearch):
        find(database, doc_type="Hd X")


def test_drafts_are_told_from_issued_ones(database: Database) -> None:
    draft = {**DECISION, "number_symbol": ""}
    found = facts(recognition=recognition(draft, state=State.DRAFT))
    keep(database, sighting("a", found), sighting("b"))
    assert [line.state for line in find(database, state="draft").lines] == ["draft"]
    assert [line.state for line in find(database, numbered=False).lines] == ["draft"]


def test_a_clerk_finds_what_went_through_the_own_agency_and_those_below(province: Database) -> None:
    make_account(province, "a@tinh.gov.vn", agency="snv-vp", password=None)
    make_account(province, "b@tinh.gov.vn", agency="syt", password=None)
    for number, address in enumerate(("a@tinh.gov.vn", "b@tinh.gov.vn"), 1):
        seen = sighting(address, facts({**DECISION, "number_symbol": f"{number}/QĐ-SNV"}))
        received(province, seen.message_id, address)
        keep(province, seen)
    with province.read() as connection:
        snv, syt, tinh = (find_agency(connection, code) for code in ("snv", "syt", "tinh"))
    assert numbers(province, actor=clerk(snv)) == ["1/QĐ-SNV"]
    assert numbers(province, "bo nhiem", actor=clerk(syt)) == ["2/QĐ-SNV"]
    assert numbers(province, actor=clerk(tinh, Role.AGENCY_ADMIN)) == ["2/QĐ-SNV", "1/QĐ-SNV"]


def test_a_document_known_already_is_found_by_the_agency_that_it_reaches_later(province: Database) -> None:
    make_account(province, "b@tinh.gov.vn", agency="syt", password=None)
    keep(province, sighting("a"))
    with province.read() as connection:
        syt = find_agency(connection, "syt")
    assert numbers(province, actor=clerk(syt)) == []
    again = sighting("a")
    received(province, again.message_id, "b@tinh.gov.vn")
    keep(province, again)
    assert numbers(province, "bổ nhiệm", actor=clerk(syt)) == ["15/QĐ-SNV"]


def test_an_official_finds_the_documents_of_own_messages_alone_and_unnoticed(province: Database) -> None:
    mine = make_account(province, "a@tinh.gov.vn", agency="snv", password=None)
    sent = sighting("a", facts({**DECISION, "number_symbol": "1/QĐ-SNV"}), account_id=mine)
    got = sighting("b", facts({**DECISION, "number_symbol": "2/QĐ-SNV"}))
    other = sighting("c", facts({**DECISION, "number_symbol": "3/QĐ-SNV"}))
    received(province, got.message_id, "a@tinh.gov.vn")
    keep(province, sent, got, other)
    me = Actor(name="a@tinh.gov.vn", role=Role.OFFICIAL, account_id=mine)
    with province.read() as connection:
        before = verify_chain(connection).rows
    assert numbers(province, "bo nhiem", actor=me) == ["2/QĐ-SNV", "1/QĐ-SNV"]
    assert numbers(province, actor=me) == ["2/QĐ-SNV", "1/QĐ-SNV"]
    with province.read() as connection:
        assert verify_chain(connection).rows == before


def test_whoever_has_no_right_is_refused_and_whoever_looks_is_written_down(province: Database) -> None:
    with pytest.raises(NotAllowed):
        find(province, actor=Actor(name="x", role=Role.CLERK))
    find(province, "mật vụ")
    with province.read() as connection:
        rows = connection.exec_driver_sql("SELECT action, object FROM audit_log ORDER BY id DESC LIMIT 1").all()
    assert [tuple(row) for row in rows] == [(Action.DOCUMENT_READ.value, "mật vụ")]


def test_full_text_is_searched_for_desks_that_one_has_a_right_on_and_after_all_headers(province: Database) -> None:
    with province.read() as connection:
        snv, syt = find_agency(connection, "snv"), find_agency(connection, "syt")
    text = "Kinh phí lấy từ nguồn bổ nhiệm cán bộ"
    hit = facts({**DECISION, "number_symbol": "9/QĐ-SNV", "subject": "Việc khác"}, text=text)
    keep(province, sighting("a", hit, desk_agency_id=snv), sighting("b"))
    assert numbers(province, "kinh phi", full_text=True) == ["9/QĐ-SNV"]
    assert numbers(province, "bo nhiem", full_text=True) == ["15/QĐ-SNV", "9/QĐ-SNV"]
    assert numbers(province, "kinh phi") == []
    assert numbers(province, "kinh phi", full_text=True, doc_type="CV") == []
    assert numbers(province, "kinh phi", full_text=True, actor=clerk(snv)) == ["9/QĐ-SNV"]
    assert numbers(province, "kinh phi", full_text=True, actor=clerk(syt)) == []
    assert numbers(province, "kinh phi", full_text=True, actor=clerk(snv, Role.AGENCY_ADMIN)) == []
    assert numbers(province, "kinh phi", full_text=True, actor=Actor(name="kt", role=Role.AUDITOR)) == []


def test_a_question_of_any_length_is_read_quickly() -> None:
    asked = read_question("1/" * 200_000 + "ă" * 500_000)
    assert len(asked.folded) <= 40


def test_limits_of_a_page_are_kept(shelf: Database) -> None:
    with shelf.write() as connection:
        assert len(registry.search(connection, ROOT, registry.Search(), limit=0).lines) == 1


def test_the_code_of_a_message_to_others_finds_nothing_though_the_document_is_known(province: Database) -> None:
    make_account(province, "a@tinh.gov.vn", agency="snv", password=None)
    make_account(province, "b@tinh.gov.vn", agency="syt", password=None)
    to_snv, to_syt = sighting("x"), sighting("x")
    received(province, to_snv.message_id, "a@tinh.gov.vn")
    received(province, to_syt.message_id, "b@tinh.gov.vn")
    keep(province, to_snv, to_syt)
    with province.read() as connection:
        snv = find_agency(connection, "snv")
    assert numbers(province, actor=clerk(snv), code=to_snv.code) == ["15/QĐ-SNV"]
    assert numbers(province, actor=clerk(snv), code=to_syt.code) == []


def test_of_a_document_that_others_got_as_well_only_the_own_messages_are_shown(province: Database) -> None:
    me = make_account(province, "a@tinh.gov.vn", agency="snv", password=None)
    make_account(province, "b@tinh.gov.vn", agency="syt", password=None)
    with province.read() as connection:
        snv, syt = find_agency(connection, "snv"), find_agency(connection, "syt")
    text = facts(text="Toàn văn")
    to_snv = sighting("x", text, names=("cong-khai.pdf",))
    to_syt = sighting("x", text, names=("noi-bo-so-y-te.pdf",), desk_agency_id=syt)
    received(province, to_snv.message_id, "a@tinh.gov.vn")
    received(province, to_syt.message_id, "b@tinh.gov.vn")
    keep(province, to_snv, to_syt)
    official = Actor(name="a@tinh.gov.vn", role=Role.OFFICIAL, account_id=me)
    with province.write() as connection:
        for actor in (clerk(snv), official):
            report = registry.show(connection, actor, "15/QĐ-SNV")
            assert [seen.code for seen in report.seen] == [to_snv.code]
            assert not report.has_text  # that it passed a desk of theirs is theirs to know
        assert {seen.code for seen in registry.show(connection, clerk(syt), "15/QĐ-SNV").seen} == {to_syt.code}
        assert len(registry.show(connection, ROOT, "15/QĐ-SNV").seen) == 2


def test_the_own_document_is_found_by_its_number_behind_any_many_of_others(province: Database) -> None:
    """Every agency begins with 01/QĐ each year."""
    make_account(province, "a@tinh.gov.vn", agency="snv", password=None)
    mine = sighting("mine")
    received(province, mine.message_id, "a@tinh.gov.vn")
    keep(province, mine)
    keep(province, *(sighting(f"other {n}", facts({**DECISION, "issuer": f"UBND XÃ SỐ {n}"})) for n in range(60)))
    with province.read() as connection:
        snv = find_agency(connection, "snv")
    with province.write() as connection:
        assert registry.show(connection, clerk(snv), "15/QĐ-SNV").line.sha256 == mine.sha256


def test_dates_types_and_marks_are_taken_as_people_type_them(sqlite_database: Database) -> None:
    keep(
        sqlite_database,
        sighting("a", facts({**DECISION, "urgency": "HỎA TỐC"})),
        sighting("b", facts({"doc_type": "BC"})),
    )
    for filters in (
        {"since": "20/11/2026", "until": "20.11.2026"},
        {"since": "1/11/2026"},
        {"doc_type": "Quyết định"},
        {"doc_type": "quyet dinh"},
        {"urgency": "hoa toc"},
    ):
        assert numbers(sqlite_database, **filters) == ["15/QĐ-SNV"], filters
    assert numbers(sqlite_database, since="21/11/2026") == []
    with pytest.raises(InvalidSearch):
        find(sqlite_database, since="31/11/2026")
