"""A small province for tests, and settings that make argon2 cheap."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mailhub.accounts import service
from mailhub.accounts.passwords import new_hash
from mailhub.accounts.rights import console
from mailhub.settings.sections import AccountsSection, Mailboxes, WebSection
from mailhub.store.database import Database

ROOT = console("test")
PASSWORD = "Song-Lo.2026"


@dataclass(frozen=True)
class Passwords:
    time_cost: int = 1
    memory_kib: int = 8
    parallelism: int = 1
    concurrent: int = 2
    minimum_length: int = 8
    character_kinds: int = 4
    second_factor_roles: tuple[str, ...] = ()
    admin_days: int = 0
    old_imap: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lockout:
    failures: int = 0  # no lock: these tests look at delays
    lock_minutes: int = 15
    scope: str = "account-network"
    account_lock_hours: int = 12
    network_failures: int = 0
    free_failures: int = 5
    delay_seconds: float = 1
    longest_delay_seconds: float = 30
    window_minutes: int = 15


@dataclass(frozen=True)
class Settings:
    passwords: Passwords = field(default_factory=Passwords)
    lockout: Lockout = field(default_factory=Lockout)
    accounts: AccountsSection = field(default_factory=AccountsSection)
    mailboxes: Mailboxes = field(default_factory=Mailboxes)
    keys_directory: Path = Path("/nonexistent")
    web: WebSection = field(default_factory=WebSection)


def make_province(database: Database) -> None:
    """Agencies tinh > snv (with a unit address) > snv-vp, and syt; domain tinh.gov.vn."""
    with database.write() as c:
        service.add_agency(c, ROOT, "tinh", "Tỉnh Minh Họa", kind="province")
        service.add_domain(c, ROOT, "tinh.gov.vn")
        service.add_agency(c, ROOT, "snv", "Sở Nội vụ", unit_address="vanthu.snv@tinh.gov.vn")
        service.add_agency(c, ROOT, "snv-vp", "Văn phòng Sở Nội vụ", parent="snv")
        service.add_agency(c, ROOT, "syt", "Sở Y tế")


def make_account(
    database: Database, address: str, *, agency: str = "", password: str | None = PASSWORD, name: str = "Nguyễn Văn An"
) -> int:
    """A personal account; its number."""
    secret = None if password is None else new_hash(Passwords(), password, address)
    with database.write() as c:
        return service.create_account(c, ROOT, address, name, agency=agency, password_hash=secret)
