"""The rules for sending and receiving: is what people wrote what is in force, and is somebody there to be told?"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, func, select

from mailhub.accounts.login.app_passwords import live_count
from mailhub.accounts.login.rule import standing_of
from mailhub.accounts.models import Grant, Mailbox, MailboxState
from mailhub.accounts.periods import in_force
from mailhub.accounts.rights import Role
from mailhub.clock import local_time, now_ms
from mailhub.incidents.overdue import count_unreported
from mailhub.incidents.sealing import PUBLIC_FILE
from mailhub.ops.findings import Check, Ground, Verdict, broken, joined, look, ok
from mailhub.policy.lists import ListError
from mailhub.policy.rules.errors import BookErrors
from mailhub.screening.rules import exceptions, versions
from mailhub.screening.rules.book import rules_of
from mailhub.screening.rules.errors import PolicyFileFault
from mailhub.screening.rules.policy_file import POLICY_FILE, read_text
from mailhub.screening.rules.shipped import LISTS, load_lists
from mailhub.screening.rules.versions import Version
from mailhub.store.errors import StoreUnavailable

SOON_DAYS = 14
SHOWN = 5


def rule_checks(_ground: Ground) -> list[Check]:
    """The version in force, the file beside it, exceptions that end soon, who answers for secrets."""
    return [
        Check("rules.version", "Quy tắc gửi, nhận", check_version),
        Check("rules.file", "Tệp policy.toml", check_file),
        Check("rules.lists", "Danh sách của quy tắc", check_lists),
        Check("rules.exceptions", "Ngoại lệ sắp hết hạn", check_exceptions),
        Check("rules.officer", "Phụ trách bí mật", check_officer),
        Check("rules.incidents", "Sự cố bí mật nhà nước", check_incidents),
    ]


def check_version(ground: Ground) -> Verdict:
    """There are rules in force, and this program can read them."""
    try:
        with ground.database.read() as connection:
            version = versions.in_force(connection)
    except StoreUnavailable as error:
        return broken(str(error))
    if version is None:
        return look("chưa có quy tắc nào", "chạy mailhub serve một lần, hoặc mailhub policy activate --reason …")
    try:
        rules = rules_of(version.text, version.number).rules
    except BookErrors as error:
        return broken(
            f"phiên bản {version.number} không đọc được bằng chương trình này, bản trước đó đang được dùng: "
            + _first(error),
            "sửa policy.toml rồi mailhub policy activate, hoặc mailhub policy back",
        )
    return ok(f"phiên bản {version.number}, {len(rules)} quy tắc, từ {local_time(version.activated_at):%d/%m/%Y %H:%M}")


def check_file(ground: Ground) -> Verdict:
    """`policy.toml` is right, and is what is in force."""
    path = ground.settings.directory / POLICY_FILE
    try:
        with ground.database.read() as connection:
            version = versions.in_force(connection)
        text = read_text(path)
        if text is None:
            return look(f"không có {path}", "khởi động lại mailhub: tệp được ghi lại từ phiên bản đang áp dụng")
        versions.read_all(text, POLICY_FILE)
        with ground.database.read() as connection:
            seen = versions.number_of(connection, text)
    except StoreUnavailable as error:
        return broken(str(error))
    except PolicyFileFault as error:
        return broken(f"{error}; {_still(version)}", _REPAIR)
    except BookErrors as error:
        return broken(f"{_first(error)}; {_still(version)}", _REPAIR)
    return _compared(text, version, seen)


_REPAIR = (
    "sửa dòng đó rồi mailhub policy check; tệp sai thì lần khởi động sau mailhub không chạy. "
    "Lấy lại bản đang áp dụng: mailhub policy back"
)


def _still(version: Version | None) -> str:
    return "chưa có quy tắc nào" if version is None else f"phiên bản {version.number} vẫn đang áp dụng"


def _first(error: BookErrors) -> str:
    lines = error.lines()
    return lines[0] + (f" (và {len(lines) - 1} lỗi khác)" if len(lines) > 1 else "")


def _compared(text: str, version: Version | None, seen: int) -> Verdict:
    if version is None:
        return look("đúng, nhưng chưa áp dụng", "mailhub policy activate --reason …")
    if version.text == text:
        return ok(f"đúng, là phiên bản {version.number} đang áp dụng")
    if seen:
        what = f"là phiên bản {seen} cũ, trong khi phiên bản {version.number} đang áp dụng"
    else:
        what = f"khác với phiên bản {version.number} đang áp dụng"
    return look(what, "xem mailhub policy diff, rồi mailhub policy activate --reason …")


def check_lists(ground: Ground) -> Verdict:
    """The province's own lists can be read; if not, those of before are used."""
    try:
        load_lists(ground.settings.directory)
    except (ListError, OSError) as error:
        return broken(str(error), f"sửa tệp đó trong {ground.settings.directory / LISTS}; danh sách cũ vẫn được dùng")
    own = len(list((ground.settings.directory / LISTS).glob("*.toml")))
    return ok(f"đọc được, {own} tệp riêng của tỉnh" if own else "đọc được, chưa có tệp riêng của tỉnh")


def check_exceptions(ground: Ground) -> Verdict:
    """People hear of the end of an exception before it comes."""
    today = local_time(now_ms()).date()
    try:
        with ground.database.read() as connection:
            soon = exceptions.ending(connection, today, today + timedelta(days=SOON_DAYS))
            every = exceptions.count(connection)
    except StoreUnavailable as error:
        return broken(str(error))
    if not soon:
        return ok(f"{every} ngoại lệ, không có ngoại lệ nào hết hạn trong {SOON_DAYS} ngày tới")
    named = [f"{one.who} ({one.rule}) đến hết {one.until:%d/%m/%Y}" for one in soon[:SHOWN]]
    more = f" và {len(soon) - SHOWN} ngoại lệ khác" if len(soon) > SHOWN else ""
    return look("; ".join(named) + more, "gia hạn: mailhub policy exception add …; không cần thì để tự hết hạn")


def check_officer(ground: Ground) -> Verdict:
    """Somebody is told of a state secret, and what may be a mistake can be sealed instead of destroyed."""
    query = (
        select(func.count(func.distinct(Grant.account_id)))
        .join(Mailbox, Mailbox.id == Grant.account_id)
        .where(
            Grant.role == Role.SECURITY_OFFICER.value,
            in_force(Grant, now_ms()),
            Mailbox.state == MailboxState.ACTIVE,
        )
    )
    try:
        with ground.database.read() as connection:
            count = connection.scalar(query) or 0
            shut = _shut_out(connection, ground)
    except StoreUnavailable as error:
        return broken(str(error))
    secrets = ground.settings.secrets
    verdicts = []
    if not count and not secrets.officers:
        advice = "mailhub right grant ĐỊA-CHỈ security_officer, hoặc ghi địa chỉ vào [secrets] officers"
        verdicts.append(look("chưa giao cho ai: không ai được báo khi phát hiện bí mật nhà nước", advice))
    if secrets.found_by_ocr == "seal" and not (ground.settings.keys_directory / PUBLIC_FILE).exists():
        what = "chưa có khóa niêm phong: thư chỉ nhận diện qua bản quét sẽ bị hủy ngay, kể cả khi máy đọc nhầm"
        verdicts.append(look(what, "cán bộ phụ trách chạy mailhub incident key"))
    if shut:
        what = f"chưa thiết lập xác thực hai lớp, không đăng nhập được: {', '.join(shut[:SHOWN])}"
        advice = f"mailhub second-factor set-up {shut[0]}, rồi second-factor confirm; ứng dụng thư: app-password make"
        verdicts.append(look(what, advice))
    if not secrets.phone:
        verdicts.append(look("chưa có số điện thoại trong thư từ chối", "ghi vào [secrets] phone"))
    return joined(verdicts) if verdicts else ok(f"{count or len(secrets.officers)} người")


def _shut_out(connection: Connection, ground: Ground) -> list[str]:
    """The officers who have to have a second factor and have none, nor an app password to read their letters with."""
    at = now_ms()
    query = (
        select(Mailbox.id, Mailbox.address)
        .join(Grant, Grant.account_id == Mailbox.id)
        .where(Grant.role == Role.SECURITY_OFFICER.value, in_force(Grant, at), Mailbox.state == MailboxState.ACTIVE)
        .distinct()
        .order_by(Mailbox.address)
    )
    return [
        row.address
        for row in connection.execute(query)
        if standing_of(connection, row.id, None, ground.settings.passwords, at=at).lacks_factor
        and not live_count(connection, row.id, at=at)
    ]


def check_incidents(ground: Ground) -> Verdict:
    """Every incident is reported in time."""
    try:
        with ground.database.read() as connection:
            unreported, late = count_unreported(connection, at=now_ms())
    except StoreUnavailable as error:
        return broken(str(error))
    if not unreported:
        return ok("không có sự cố nào chờ báo cáo")
    overdue = f", trong đó {late} sự cố quá hạn" if late else ""
    advice = "mailhub incident list --state open; mailhub incident report SỐ"
    return look(f"{unreported} sự cố chưa báo cáo{overdue}", advice)
