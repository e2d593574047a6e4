"""A province to try things on: agencies, officials, role mailboxes, groups, three domains. All names are made up."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection

from mailhub.accounts import service as accounts
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.passwords import new_hash
from mailhub.accounts.rights import Actor, Role, console
from mailhub.settings import Settings
from mailhub.store.database import Database

# One password for all, since it is a demonstration; the showcase prints it.
PASSWORD = "Thu-cong-vu#2026"  # noqa: S105
OLD_DOMAINS = ("tinhcu.gov.vn", "tinhbencanh.gov.vn")  # of provinces that were merged into this one
COMMUNES = (
    "Phường Hòa Bình", "Phường Trung Tâm", "Phường Bến Nước", "Phường Đông Sơn", "Phường Tây Hồ", "Phường Nam Cường",
    "Xã An Lạc", "Xã Bình Minh", "Xã Cẩm Giang", "Xã Đồng Tiến", "Xã Gia Phú", "Xã Hợp Thành", "Xã Khánh Hòa",
    "Xã Lâm Thao", "Xã Mỹ Đức", "Xã Ngọc Sơn", "Xã Phú Lương", "Xã Quảng Lạc", "Xã Sơn Thủy", "Xã Tân Lập",
)  # fmt: skip
DEPARTMENTS = (
    ("VPUBND", "Văn phòng Ủy ban nhân dân tỉnh"),
    ("SNV", "Sở Nội vụ"),
    ("STP", "Sở Tư pháp"),
    ("STC", "Sở Tài chính"),
    ("SCT", "Sở Công Thương"),
    ("SNNMT", "Sở Nông nghiệp và Môi trường"),
    ("SXD", "Sở Xây dựng"),
    ("SKHCN", "Sở Khoa học và Công nghệ"),
    ("SVHTTDL", "Sở Văn hóa, Thể thao và Du lịch"),
    ("SGDDT", "Sở Giáo dục và Đào tạo"),
    ("SYT", "Sở Y tế"),
    ("TTR", "Thanh tra tỉnh"),
)
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
MIDDLE = ("Văn", "Thị", "Hữu", "Minh", "Thanh", "Ngọc", "Quốc", "Thu")
GIVEN = (
    "An",
    "Bình",
    "Chi",
    "Dũng",
    "Giang",
    "Hà",
    "Khánh",
    "Lan",
    "Mai",
    "Nam",
    "Oanh",
    "Phúc",
    "Quân",
    "Sơn",
    "Trang",
)
OFFICE = "van-thu"
POSTS = ("Văn thư", "Chuyên viên", "Lãnh đạo")


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency of the demonstration. `local` is what its addresses are made of."""

    code: str
    name: str
    kind: str
    local: str


def populate(database: Database, settings: Settings) -> None:
    """Enter everything, in one transaction."""
    password = new_hash(settings.passwords, PASSWORD, "demo")
    actor = console("demo")
    with database.write() as connection:
        _Province(connection, actor, settings.hub.domain, password).enter()


def agencies() -> list[Agency]:
    """All agencies below the province, in a fixed order."""
    found = [Agency(code, name, "department", code.lower()) for code, name in DEPARTMENTS]
    found += [Agency(fold(name).upper(), name, "commune", fold(name)) for name in COMMUNES]
    return found


def fold(text: str) -> str:
    """`Phường Đông Sơn` → `phuongdongson`: letters and digits without diacritics."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", plain)


def address_local(full_name: str) -> str:
    """`Nguyễn Văn An` → `nvan`: initials, then the given name (reference/organisation § 4.2)."""
    *before, given = full_name.split()
    return "".join(fold(word)[0] for word in before) + fold(given)


class _Province:
    def __init__(self, connection: Connection, actor: Actor, domain: str, password: str) -> None:
        self._connection = connection
        self._actor = actor
        self._domain = domain
        self._password = password
        self._taken: Counter[str] = Counter()
        self._people = 0
        self._staff: dict[str, list[str]] = {}

    def enter(self) -> None:
        for old in OLD_DOMAINS:
            accounts.add_domain(self._connection, self._actor, old, alias_of=self._domain)
        for agency in agencies():
            self._enter_agency(agency)
        everybody = f"vanthu.toantinh@{self._domain}"
        # By rule: whoever opens the mailbox of another clerk's office later is in it at once.
        accounts.add_group(
            self._connection, self._actor, everybody, "Văn thư toàn tỉnh", rule=json.dumps({"office": OFFICE})
        )
        self._give_roles()
        accounts.ensure_system_addresses(self._connection, self._actor, self._domain, admin=self._admin())

    def _enter_agency(self, agency: Agency) -> None:
        office = f"vanthu.{agency.local}@{self._domain}"
        accounts.add_agency(
            self._connection, self._actor, agency.code, agency.name, kind=agency.kind,
            level="xa" if agency.kind == "commune" else "tinh", unit_address=office,
        )  # fmt: skip
        accounts.add_role_mailbox(
            self._connection, self._actor, office, f"Văn thư {agency.name}", agency=agency.code, office=OFFICE
        )
        people = self._staff[agency.code] = [self._enter_person(agency.code, post) for post in POSTS]
        accounts.hold_role(self._connection, self._actor, office, people[0])

    def _enter_person(self, agency: str, post: str) -> str:
        number = self._people
        self._people += 1
        name = f"{FAMILY[number % 12]} {MIDDLE[(number // 3) % 8]} {GIVEN[(number * 7) % 15]}"
        local = address_local(name)
        self._taken[local] += 1
        if self._taken[local] > 1:
            local += str(self._taken[local])
        address = f"{local}@{self._domain}"
        accounts.create_account(
            self._connection, self._actor, address, name, agency=agency, title=post, password_hash=self._password
        )
        return address

    def _give_roles(self) -> None:
        """Whom to log in as on the web: one of each role, in the department that the showcase writes from."""
        clerk, specialist, leader = self._staff["SNV"]
        given = ((clerk, Role.CLERK), (specialist, Role.HELP_DESK), (leader, Role.MANAGER))
        for address, role in given:
            grant_role(self._connection, self._actor, address, role, agency="SNV")
        grant_role(self._connection, self._actor, self._staff["SYT"][1], Role.AGENCY_ADMIN, agency="SYT")
        for agency, role in (("VPUBND", Role.APPROVER), ("STP", Role.SECURITY_OFFICER), ("TTR", Role.AUDITOR)):
            grant_role(self._connection, self._actor, self._staff[agency][1], role)

    def _admin(self) -> str:
        address = f"quantri@{self._domain}"
        accounts.create_account(
            self._connection, self._actor, address, "Quản trị hệ thống thư", agency="SKHCN", title="Quản trị",
            password_hash=self._password,
        )  # fmt: skip
        grant_role(self._connection, self._actor, address, Role.SYSTEM_ADMIN)
        return address
