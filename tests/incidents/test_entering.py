"""An incident is entered once, whoever sends the same again; who hears of it, and when."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import Person
from mailhub.accounts.rights import console
from mailhub.clock import HOUR
from mailhub.incidents import acts, service
from mailhub.incidents.entering import MOST_TOLD
from mailhub.incidents.models import Incident
from mailhub.incidents.overdue import count_unreported, tell_overdue
from mailhub.mail.body_text import BodyText
from mailhub.queue.models import Door
from mailhub.store.errors import StoreUnavailable
from tests.incidents.conftest import AN, BINH, NOW, House

pytestmark = pytest.mark.unit
ROOT = console("test")
OFFICER = "attt@tinh.gov.vn"


def refuse(house: House, **changes: object) -> str:
    return service.refuse_at_door(house.database, house.settings, house.secret(**changes))


def test_an_incident_has_a_number_a_deadline_and_two_letters(house: House) -> None:
    code = refuse(house)
    (row,) = house.incidents()
    assert (row.number, row.code, row.state) == ("2026-0001", code, "open")
    assert row.deadline_at == NOW + 24 * HOUR
    assert (row.level, row.found_in, row.kept) == ("MẬT", "body", "destroyed")
    assert house.letters() == [("incident", OFFICER), ("secret-refused", AN)]


def test_the_same_again_is_the_same_incident_and_no_second_letter(house: House) -> None:
    first = refuse(house)
    again = [refuse(house, message_id=f"<{n}@client.test>") for n in range(3)]
    assert again == [first] * 3
    (row,) = house.incidents()
    assert row.times == 4
    assert house.letters() == [("incident", OFFICER), ("secret-refused", AN)]


def test_the_same_sent_by_somebody_else_is_the_same_incident_and_that_one_is_told(house: House) -> None:
    first = refuse(house)
    assert refuse(house, account_id=house.binh, sender=BINH) == first
    assert len(house.incidents()) == 1
    assert house.letters() == [("incident", OFFICER), ("secret-refused", AN), ("secret-refused", BINH)]
    assert {row.mailbox_id for row in house.copies()} == {house.an, house.binh}


def test_the_same_file_under_other_words_is_the_same_incident(house: House) -> None:
    file = {"found_in": frozenset({"file"}), "file_hashes": (b"h" * 32,)}
    first = refuse(house, **file)
    assert refuse(house, **file, subject="Xin ý kiến", body=BodyText(lines=("Kính gửi anh",))) == first


def test_blanks_and_quoting_signs_do_not_make_it_another(house: House) -> None:
    first = refuse(house)
    quoted = BodyText(lines=("> MẬT", "", ">  Phương án bảo vệ mục tiêu trọng điểm năm 2027 "))
    assert refuse(house, body=quoted) == first


def test_another_secret_is_another_incident(house: House) -> None:
    first = refuse(house)
    assert refuse(house, body=BodyText(lines=("MẬT", "Một việc khác hẳn"))) != first
    assert [row.number for row in house.incidents()] == ["2026-0001", "2026-0002"]


def test_from_outside_nobody_but_the_officer_hears_of_it(house: House) -> None:
    refuse(house, account_id=None, sender="a@so.vn")
    assert house.letters() == [("incident", OFFICER)]
    assert house.copies() == []
    (row,) = house.incidents()
    assert row.agency_id is not None  # the recipient's


def test_what_was_closed_and_comes_again_is_open_again(house: House) -> None:
    refuse(house)
    with house.database.write() as connection:
        acts.report(connection, ROOT, "2026-0001", "Đã báo cáo Công an tỉnh.")
        acts.close(connection, ROOT, "2026-0001", reason="đã xử lý")
    refuse(house, at=NOW + 48 * HOUR)
    (row,) = house.incidents()
    assert (row.state, row.deadline_at, row.closed_at) == ("open", NOW + 72 * HOUR, None)
    assert house.letters().count(("incident", OFFICER)) == 2
    first, again = officers_facts(house)
    assert "reopened" not in first
    assert again["reopened"]
    assert again["again"]


def officers_facts(house: House) -> list[dict[str, Any]]:
    with house.database.read() as connection:
        query = select(Letter.facts).where(Letter.kind == "incident").order_by(Letter.id)
        return [json.loads(one) for one in connection.scalars(query)]


def test_the_officer_is_told_whom_to_call(house: House) -> None:
    with house.database.write() as connection:
        connection.execute(update(Person).values(phone="0912 345 678"))
    refuse(house, found_in=frozenset({"subject", "body"}))
    (facts,) = officers_facts(house)
    assert facts["sender_name"]
    assert facts["sender_agency"]
    assert facts["sender_phone"] == "0912 345 678"
    assert (facts["found_first"], facts["in_body"]) == ("subject", True)
    refuse(house, account_id=None, sender="a@so.vn", door=Door.MX, body=BodyText(lines=("MẬT", "việc khác")))
    assert "sender_name" not in officers_facts(house)[1]


def test_the_sender_reads_a_sentence_that_begins_with_a_capital(house: House) -> None:
    house.settings = house.settings.model_copy(
        update={"secrets": house.settings.secrets.model_copy(update={"contact": "phòng An ninh mạng"})}
    )
    refuse(house)
    with house.database.read() as connection:
        facts = connection.scalar(select(Letter.facts).where(Letter.kind == "secret-refused"))
    assert json.loads(facts or "")["contact"] == "Phòng An ninh mạng"


@pytest.mark.parametrize(
    "text",
    ["BÁO CÁO (DỰ THẢO)\nVề sự cố 2026-0001", "Kính gửi: …………", "Kính gửi: ..........", "Về sự cố 2026-0007: đã xử lý"],
)
def test_a_draft_that_nobody_finished_or_anothers_report_is_refused(house: House, text: str) -> None:
    refuse(house)
    with house.database.write() as connection, pytest.raises(InvalidValue):
        acts.report(connection, ROOT, "2026-0001", text)
    assert house.incidents()[0].state == "open"


def test_the_closing_reason_is_kept_and_goes_when_it_is_open_again(house: House) -> None:
    refuse(house)
    with house.database.write() as connection:
        acts.report(connection, ROOT, "2026-0001", "Đã báo cáo sự cố 2026-0001.")
        acts.close(connection, ROOT, "2026-0001", reason="đã xử lý xong")
    assert house.incidents()[0].closed_reason == "đã xử lý xong"
    refuse(house)
    assert house.incidents()[0].closed_reason == ""


def test_unreported_incidents_are_counted_and_the_overdue_ones_among_them(house: House) -> None:
    refuse(house)
    refuse(house, at=NOW + 48 * HOUR, body=BodyText(lines=("MẬT", "Một việc khác hẳn")))
    with house.database.read() as connection:
        assert count_unreported(connection, at=NOW) == (2, 0)
        assert count_unreported(connection, at=NOW + 25 * HOUR) == (2, 1)


def test_no_word_of_it_is_in_any_row(house: House) -> None:
    refuse(house, found_in=frozenset({"subject", "body"}))
    with house.database.read() as connection:
        facts = [json.loads(one) for one in connection.scalars(select(Letter.facts))]
    said = json.dumps([*facts, *(list(row._mapping.values()) for row in house.incidents())], default=str)
    assert "Phương án" not in json.dumps(json.loads(said), ensure_ascii=False)


def test_when_it_cannot_be_entered_nothing_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr("mailhub.incidents.entering.tell", broken)
    with pytest.raises(StoreUnavailable):
        refuse(house)
    assert house.incidents() == []


def test_an_overdue_report_is_asked_for_once_a_day(house: House) -> None:
    refuse(house)
    late = NOW + 25 * HOUR
    assert tell_overdue(house.database, house.settings, at=NOW) == 0
    assert tell_overdue(house.database, house.settings, at=late) == 1
    assert tell_overdue(house.database, house.settings, at=late) == 0
    assert tell_overdue(house.database, house.settings, at=late + 24 * HOUR) == 1
    with house.database.write() as connection:
        acts.report(connection, ROOT, "2026-0001", "Đã báo cáo.")
    assert tell_overdue(house.database, house.settings, at=late + 72 * HOUR) == 0


def test_what_only_a_scan_shows_is_sealed_where_there_is_a_key(house: House) -> None:
    from mailhub.incidents import sealing

    scan = house.secret(found_in=frozenset({"scan"}), file_hashes=(b"s" * 32,), data=b"octets of the scan")
    destroyed = service.prepare_late(house.settings, scan)
    assert (destroyed.kept, destroyed.sealed) == ("destroyed", "")
    sealing.install_key(house.settings.keys_directory, sealing.make_key("mật khẩu dài của cán bộ")[1])
    prepared = service.prepare_late(house.settings, scan)
    assert prepared.kept == "sealed"
    path = service.sealed_folder(house.settings) / prepared.sealed
    assert b"octets of the scan" not in path.read_bytes()
    service.give_up(house.settings, prepared)
    assert not path.exists()
    text_too = replace(scan, found_in=frozenset({"scan", "file"}))
    assert service.prepare_late(house.settings, text_too).kept == "destroyed"


def test_the_same_scan_again_is_not_sealed_twice(house: House) -> None:
    from mailhub.incidents import sealing

    sealing.install_key(house.settings.keys_directory, sealing.make_key("mật khẩu dài của cán bộ")[1])
    scan = {"found_in": frozenset({"scan"}), "file_hashes": (b"s" * 32,), "data": b"octets of the scan"}
    refuse(house, **scan)
    refuse(house, **scan)
    folder: Path = service.sealed_folder(house.settings)
    assert len(list(folder.iterdir())) == 1


def test_numbers_go_on_beyond_9999(house: House) -> None:
    refuse(house)
    with house.database.write() as connection:
        connection.execute(update(Incident).values(number="2026-9999"))
    for number in range(3):
        refuse(house, body=BodyText(lines=("MẬT", f"Một việc khác hẳn thứ {number}")))
    assert [row.number for row in house.incidents()][1:] == ["2026-10000", "2026-10001", "2026-10002"]


def test_a_flood_from_outside_buries_no_officer_and_hides_nothing_of_ours(house: House) -> None:
    for number in range(MOST_TOLD + 5):
        refuse(house, account_id=None, door=Door.MX, body=BodyText(lines=("MẬT", f"Bịa đặt thứ {number}")))
    assert len(house.incidents()) == MOST_TOLD + 5
    assert house.letters() == [("incident", OFFICER)] * MOST_TOLD
    refuse(house)
    assert house.letters()[-2:] == [("incident", OFFICER), ("secret-refused", AN)]


def test_what_a_machine_sends_in_somebodys_name_takes_nothing_from_the_mailbox(house: House) -> None:
    refuse(house, door=Door.MX)
    assert house.copies() == []


def test_mails_forwarded_whole_are_told_apart_by_their_subjects(house: House) -> None:
    first, other = (refuse(house, body=BodyText(subjects=(f"[MẬT] Việc thứ {n}",))) for n in range(2))
    assert first != other
