"""Lists and single accounts, on both engines, for those who may see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from mailhub.accounts import service
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.life import ending
from mailhub.accounts.life.leave import Leave, enter_leave
from mailhub.accounts.life.moving import Move, transfer
from mailhub.accounts.life.story_words import standing, steps
from mailhub.accounts.models import Mailbox, MailboxKind
from mailhub.accounts.reading import Only, list_accounts, show_account, why
from mailhub.accounts.records import LoginThrottle
from mailhub.accounts.rights import Actor, Role
from mailhub.store.database import Database
from tests.accounts.life.support import AT, NVA, TODAY, make_actor, noon
from tests.support.accounts import ROOT, make_account


def found(database: Database, actor: Actor = ROOT, **wanted: object) -> list[str]:
    with database.read() as c:
        return [line.address for line in list_accounts(c, actor, **wanted)]  # type: ignore[arg-type]


def test_a_list_is_cut_down_by_what_is_odd(province: Database) -> None:
    for address, name in ((NVA, "Nguyễn Văn Đạt"), ("b@tinh.gov.vn", "H'Hen Niê"), ("c@tinh.gov.vn", "Lê C")):
        make_account(province, address, agency="snv", name=name, password=None if address == NVA else "Song-Lo.2026")
    with province.write() as c:
        service.create_account(c, ROOT, "may@tinh.gov.vn", "Máy quét", kind=MailboxKind.SERVICE)
        enter_leave(c, ROOT, "b@tinh.gov.vn", Leave(from_on=TODAY, until_on=TODAY), at=AT)
        ending.announce(c, ROOT, "c@tinh.gov.vn", TODAY + timedelta(days=9), reason="x", at=AT)
        c.execute(update(Mailbox).where(Mailbox.address == NVA).values(login_closed="idle"))
    assert found(province, only=[Only.IDLE]) == [NVA]
    assert found(province, only=[Only.AWAY]) == ["b@tinh.gov.vn"]
    assert found(province, only=[Only.ENDING]) == ["c@tinh.gov.vn"]
    assert found(province, only=[Only.NO_PASSWORD]) == [NVA]
    assert found(province, only=[Only.HELD]) == []
    assert found(province, kind="service") == ["may@tinh.gov.vn"]
    assert found(province, text="dat van") == [NVA]
    assert found(province, text="ĐẠT") == [NVA]
    assert found(province, text="%") == []
    assert found(province, text="_") == []
    assert found(province, only=[Only.IDLE, Only.AWAY]) == []


def test_an_administrator_lists_the_own_tree(province: Database) -> None:
    make_account(province, NVA, agency="snv-vp")
    make_account(province, "y@tinh.gov.vn", agency="syt")
    admin = make_actor(province, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, "snv")
    assert found(province, admin) == [NVA, "qt@tinh.gov.vn"]
    assert found(province, admin, agency="syt") == []
    with pytest.raises(NotAllowed), province.read() as c:
        show_account(c, admin, "y@tinh.gov.vn", at=AT)
    with pytest.raises(NotAllowed), province.read() as c:
        why(c, admin, "y@tinh.gov.vn", at=AT)


def test_an_account_in_full(province: Database) -> None:
    make_actor(province, "qt@tinh.gov.vn", Role.AGENCY_ADMIN, "snv")
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        away = Leave(from_on=TODAY, until_on=TODAY + timedelta(days=3), acting="qt@tinh.gov.vn")
        enter_leave(c, ROOT, NVA, away, at=AT)
        report = show_account(c, ROOT, NVA, at=noon(1))
        other = show_account(c, ROOT, "qt@tinh.gov.vn", at=noon(1))
    assert (report.delegates, other.delegated) == (("qt@tinh.gov.vn (read)",), (f"{NVA} (read)",))
    assert (other.rights, report.agency_name) == (("agency_admin (snv)",), "Sở Nội vụ")
    assert [leave.from_on for leave in report.leaves] == [TODAY]
    assert (report.access.devices, report.access.second_factor) == (0, False)


def test_the_story_goes_on_behind_a_new_address_and_names_what_is_locked(province: Database) -> None:
    number = make_account(province, NVA, agency="snv")
    with province.write() as c:
        service.suspend_account(c, ROOT, NVA, reason="mất điện thoại", at=AT)
        service.restore_account(c, ROOT, NVA, at=AT)
        transfer(c, ROOT, NVA, Move(agency="syt", address="nva.syt@tinh.gov.vn"), reason="điều động", at=AT)
        row = {"account": str(number), "network": "192.0.2.0/24", "failures": 5, "last_at": AT}
        c.execute(insert(LoginThrottle).values(**row, blocked_until=AT + 60_000))
        story = why(c, ROOT, NVA, at=AT)
    assert "Đăng nhập từ mạng 192.0.2.0/24 tạm đóng đến 22/11/2026 09:01:00 do sai mật khẩu nhiều lần" in standing(
        story
    )
    told = list(steps(story))
    assert "chuyển từ Sở Nội vụ đến Sở Y tế, địa chỉ mới nva.syt@tinh.gov.vn" in told[0]
    assert "tạm khóa, quản trị máy chủ (test)  (mất điện thoại)" in told[2]


def test_what_has_ended_says_where_mail_goes_and_how_long_it_is_kept(province: Database) -> None:
    make_account(province, NVA, agency="snv")
    with province.write() as c:
        service.end_account(c, ROOT, NVA, reason="nghỉ hưu", because="QĐ 156/QĐ-SNV", at=AT)
        told = "\n".join(standing(why(c, ROOT, NVA, at=AT)))
    assert "người gửi được hướng dẫn gửi đến vanthu.snv@tinh.gov.vn" in told
    assert "Đã thu hồi lúc 22/11/2026 09:00:00, thực hiện QĐ 156/QĐ-SNV" in told
    assert "có thể khôi phục đến hết 22/05/2027" in told
