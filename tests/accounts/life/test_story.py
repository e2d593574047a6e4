"""What `account why` says of logins and of steps: true now, by name, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from mailhub.accounts import service
from mailhub.accounts.authenticate import Rejected, authenticate
from mailhub.accounts.control.grants import grant_role, take_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life.leave import Leave, come_back, enter_leave
from mailhub.accounts.life.story_words import sends, standing, steps, tries
from mailhub.accounts.login import codes
from mailhub.accounts.login.app_passwords import make_app_password, revoke_app_passwords
from mailhub.accounts.reading import Story, show_account, why
from mailhub.accounts.records import LoginAttempt
from mailhub.accounts.rights import Role
from mailhub.clock import MINUTE, midnight
from mailhub.settings.sections import AccountsSection
from mailhub.store.database import Database
from tests.accounts.life.support import AT, NVA, TODAY
from tests.support.accounts import PASSWORD, ROOT, Lockout, Passwords, Settings, make_account, make_province

TTB = "ttb@tinh.gov.vn"
DEMANDING = Passwords(second_factor_roles=("system_admin", "agency_admin"))


@pytest.fixture
def office(sqlite_database: Database) -> Database:
    make_province(sqlite_database)
    make_account(sqlite_database, NVA, agency="snv")
    make_account(sqlite_database, TTB, agency="snv", name="Trần Thị Bình")
    return sqlite_database


def told(database: Database, address: str = NVA, at: int = AT, settings: Passwords | None = None) -> Story:
    with database.read() as c:
        return why(c, ROOT, address, at=at, settings=settings)


def login(database: Database, secret: str, at: int, settings: Settings | None = None, service: str = "imap") -> bool:
    rules = settings or Settings()
    verdict = authenticate(database, NVA, secret, at=at, settings=rules, service=service, ip="203.0.113.7")
    return not isinstance(verdict, Rejected)


def last_try(database: Database) -> str:
    return next(tries(told(database)))


def test_a_slip_that_is_used_up_is_called_that(office: Database) -> None:
    rules = AccountsSection(slip_client_days=3)  # where officials cannot reach the web
    with office.write() as c:
        first = codes.issue(c, ROOT, NVA, at=AT, settings=rules)
        codes.issue(c, ROOT, NVA, at=AT + 1, settings=rules)
    assert not login(office, first, AT + 2)
    assert last_try(office).endswith("  mã trên phiếu đã dùng hoặc hết hạn")
    assert not login(office, "8F3K-22QX-M4TD-9WHB", AT + 3)
    assert "Caps Lock" not in last_try(office)
    assert "có dạng mã trên phiếu" in last_try(office)
    assert not login(office, "MHK4T-7W2QX-9M3FD-8BNPR-6YHC5", AT + 4)
    assert "có dạng mật khẩu ứng dụng" in last_try(office)


def test_the_same_wrong_secret_is_one_line_and_one_row(office: Database) -> None:
    for n in range(20):
        assert not login(office, "Cu-Roi.2025", AT + n * 1000)
    with office.read() as c:
        assert c.execute(select(func.count()).select_from(LoginAttempt)).scalar_one() == 1
    assert list(tries(told(office))) == [
        "22/11/2026 09:00:00  nhận thư (IMAP)  203.0.113.7  sai mật khẩu (20 lần, lần cuối 22/11/2026 09:00:19)"
    ]
    assert not login(office, "khac-Roi.2025", AT + MINUTE)
    assert [one.times for one in told(office).attempts] == [1, 20]
    assert "(21 lần, lần cuối 22/11/2026 09:01:00)" in last_try(office)


def test_tries_while_locked_leave_a_line_a_minute(office: Database) -> None:
    locking = Settings(lockout=Lockout(failures=2, lock_minutes=15))
    login(office, "sai-1", AT, locking)
    login(office, "sai-2", AT + 1, locking)
    for n in range(5):
        assert not login(office, PASSWORD, AT + 2 + n * 1000, locking)
    assert not login(office, PASSWORD, AT + 2 * MINUTE, locking)
    lines = list(tries(told(office)))
    assert len(lines) == 3
    assert "đang bị khóa đăng nhập đến 22/11/2026 09:15:00: không xét" in lines[0]
    assert told(office).attempts[0].at == AT + 2 * MINUTE


def test_the_last_login_shown_is_the_last_success(office: Database) -> None:
    assert login(office, PASSWORD, AT)
    assert login(office, PASSWORD, AT + 5 * MINUTE)
    with office.read() as c:
        assert show_account(c, ROOT, NVA, at=AT).last_login_at == AT + 5 * MINUTE


def test_a_holder_reads_of_the_mailbox_that_was_given_and_taken(office: Database) -> None:
    with office.write() as c:
        service.add_role_mailbox(c, ROOT, "motcua@tinh.gov.vn", "Một cửa", agency="snv")
        service.hold_role(c, ROOT, "motcua@tinh.gov.vn", NVA, at=AT)
        service.hold_role(c, ROOT, "motcua@tinh.gov.vn", TTB, at=AT)
        service.release_role(c, ROOT, "motcua@tinh.gov.vn", NVA, reason="nghỉ", at=AT + 1)
    mine, offices = list(steps(told(office))), list(steps(told(office, "motcua@tinh.gov.vn")))
    assert "thôi phụ trách hộp thư motcua@tinh.gov.vn, " in mine[0]
    assert "được giao phụ trách hộp thư motcua@tinh.gov.vn, " in mine[1]
    assert f"{NVA} thôi phụ trách" in offices[0]
    assert f"giao {TTB} phụ trách" in offices[1]
    assert TTB not in "\n".join(mine)


def test_who_acts_reads_for_whom_and_until_when(office: Database) -> None:
    away = Leave(from_on=TODAY, until_on=TODAY + timedelta(days=3), acting=TTB)
    with office.write() as c:
        enter_leave(c, ROOT, NVA, away, at=AT)
    story = told(office, TTB)
    assert f"Đang xử lý thay {NVA} từ 22/11/2026 đến hết 25/11/2026" in list(standing(story))
    assert f"được giao xử lý thay {NVA} từ 22/11/2026 đến hết 25/11/2026" in next(steps(story))
    with office.write() as c:
        come_back(c, ROOT, NVA, at=AT + 1)
    assert f"thôi xử lý thay {NVA}" in next(steps(told(office, TTB)))


def test_steps_name_the_device_the_role_and_the_slip(office: Database) -> None:
    with office.write() as c:
        make_app_password(c, ROOT, NVA, "Điện thoại", settings=Passwords(), at=AT)
        revoke_app_passwords(c, ROOT, NVA, None, at=AT + 1)
        grant_role(c, ROOT, NVA, Role.CLERK, agency="snv", reason="x", at=AT + 2)
        take_role(c, ROOT, NVA, Role.CLERK, agency="snv", reason="x", at=AT + 3)
        codes.issue(c, ROOT, NVA, at=AT + 4, settings=Settings().accounts)
    slip, taken, given, revoked, made, *_ = steps(told(office, at=AT + 5))
    assert "tạo mật khẩu ứng dụng cho thiết bị “Điện thoại”" in made
    assert "thu hồi mật khẩu ứng dụng của thiết bị “Điện thoại”" in revoked
    assert "giao quyền quản trị: Văn thư (snv)" in given
    assert "thôi giao quyền quản trị: Văn thư (snv)" in taken
    assert "cấp phiếu mật khẩu, còn hiệu lực đến " in slip
    with office.write() as c:
        codes.take_back(c, ROOT, NVA, at=AT + 6)
    assert "cấp phiếu mật khẩu, đã dùng hoặc hết hiệu lực" in list(steps(told(office, at=AT + 7)))[1]


def test_the_first_use_of_a_slip_is_a_step_of_its_own(office: Database) -> None:
    rules = AccountsSection(slip_client_days=3)  # where officials cannot reach the web
    with office.write() as c:
        code = codes.issue(c, ROOT, NVA, at=AT, settings=rules)
        assert codes.try_in_client(c, find_mailbox(c, NVA).id, code, at=AT + 1, settings=rules)
    used, made, *_ = steps(told(office, at=AT + 2))
    assert "dùng mã trên phiếu lần đầu trong ứng dụng thư, đến " in used
    assert "cấp phiếu mật khẩu, đã dùng hoặc hết hiệu lực" in made


def test_it_does_not_send_when_nothing_opens_it(office: Database) -> None:
    with office.write() as c:
        grant_role(c, ROOT, NVA, Role.SYSTEM_ADMIN, reason="x", at=AT)
    line = list(standing(told(office, settings=DEMANDING)))[1]
    assert "chưa đăng nhập được (vai trò quản trị phải thiết lập xác thực hai lớp" in line
    assert "không gửi được, nhận thư" in line
    away = Leave(from_on=TODAY, until_on=TODAY)
    with office.write() as c:
        enter_leave(c, ROOT, TTB, away, at=AT)
        assert find_mailbox(c, TTB).sends
    story = told(office, TTB)
    assert not sends(story)
    assert "không đăng nhập được (đăng nhập đã đóng trong thời gian nghỉ); không gửi được, nhận thư" in "".join(
        standing(story)
    )


def test_a_last_day_is_told_as_the_day_that_people_gave(office: Database) -> None:
    with office.write() as c:
        service.add_role_mailbox(c, ROOT, "motcua@tinh.gov.vn", "Một cửa", agency="snv")
        service.hold_role(c, ROOT, "motcua@tinh.gov.vn", NVA, until_at=midnight(TODAY + timedelta(days=3)), at=AT)
    last = f"{TODAY + timedelta(days=2):%d/%m/%Y}"
    assert any(
        f"giao {NVA} phụ trách, đến hết ngày {last}" in step for step in steps(told(office, "motcua@tinh.gov.vn"))
    )
