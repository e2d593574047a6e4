"""An agency hears once a month how many of its documents came from private mailboxes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.life.models import Letter
from mailhub.accounts.organisation.agencies import AgencyChanges
from mailhub.clock import midnight
from mailhub.screening.records.monthly import tell_agencies
from mailhub.store.database import Database
from tests.screening.judged_mail import arrived, enter, on, own
from tests.support.accounts import ROOT, make_account

LAST_OF_OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 1)


def told(database: Database, today: date) -> list[str]:
    with database.write() as connection:
        return tell_agencies(connection, today, at=midnight(today))


def letters(database: Database) -> list[tuple[str, dict[str, Any]]]:
    with database.read() as connection:
        rows = connection.execute(select(Letter).where(Letter.kind == "private-senders").order_by(Letter.id)).all()
    return [(row.to_address, json.loads(row.facts)) for row in rows]


def test_each_agency_is_told_once_of_the_month_before(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="syt", password=None)
    mails = [("SỞ NỘI VỤ", "gmail.com", LAST_OF_OCTOBER)] * 2 + [("SỞ NỘI VỤ", "yahoo.com", LAST_OF_OCTOBER)]
    mails += [("SỞ NỘI VỤ", "gmail.com", NOVEMBER), ("SỞ Y TẾ", "gmail.com", LAST_OF_OCTOBER)]
    with province.write() as connection:
        for issuer, domain, day in mails:
            enter(connection, on(arrived({"nva@tinh.gov.vn": own()}, issuer, domain=domain), day))
    assert told(province, LAST_OF_OCTOBER) == []
    assert told(province, NOVEMBER) == ["snv"]
    assert told(province, date(2026, 11, 30)) == []
    [(to, facts)] = letters(province)
    assert to == "vanthu.snv@tinh.gov.vn"
    assert facts == {
        "agency": "Sở Nội vụ", "month": "10/2026", "documents": 3, "providers": ["gmail.com: 2", "yahoo.com: 1"]
    }  # fmt: skip
    assert told(province, DECEMBER) == ["snv"]
    assert letters(province)[1][1]["documents"] == 1


def test_who_had_no_address_is_told_as_soon_as_there_is_one(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="snv", password=None)
    with province.write() as connection:
        enter(connection, on(arrived({"nva@tinh.gov.vn": own()}, "SỞ Y TẾ"), LAST_OF_OCTOBER))
    assert told(province, NOVEMBER) == []
    with province.write() as connection:
        service.change_agency(connection, ROOT, "syt", AgencyChanges(unit_address="vt.syt@tinh.gov.vn"))
    assert told(province, NOVEMBER) == ["syt"]


def test_a_blocks_figures_are_told_to_nobody_above_it(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="snv", password=None)
    with province.write() as connection:
        service.change_agency(connection, ROOT, "tinh", AgencyChanges(unit_address="vt@tinh.gov.vn"))
        service.add_agency(connection, ROOT, "tu", "Tỉnh ủy", block=True)
        service.add_agency(connection, ROOT, "btc", "Ban Tổ chức", parent="tu")
        enter(connection, on(arrived({"nva@tinh.gov.vn": own()}, "BAN TỔ CHỨC"), LAST_OF_OCTOBER))
    assert told(province, NOVEMBER) == []
    with province.write() as connection:
        service.change_agency(connection, ROOT, "tu", AgencyChanges(unit_address="vt.tu@tinh.gov.vn"))
    assert told(province, NOVEMBER) == ["btc"]
    assert letters(province)[0][0] == "vt.tu@tinh.gov.vn"


def test_the_letter_names_nobody(province: Database) -> None:
    make_account(province, "nva@tinh.gov.vn", agency="syt", password=None)
    with province.write() as connection:
        enter(connection, on(arrived({"nva@tinh.gov.vn": own()}, "SỞ NỘI VỤ"), LAST_OF_OCTOBER))
    told(province, NOVEMBER)
    [(_, facts)] = letters(province)
    assert "@" not in json.dumps(facts)
