"""Domains of provinces that merged."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.directory import Directory
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.life.models import Letter
from mailhub.accounts.models import DelegationRight
from mailhub.accounts.organisation import merging
from mailhub.clock import DAY, now_ms
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account


@pytest.fixture
def merged(province: Database) -> Database:
    """yenbai.gov.vn, whose people have addresses in tinh.gov.vn as well; one of them under another local part."""
    with province.write() as c:
        service.add_domain(c, ROOT, "yenbai.gov.vn")
    make_account(province, "annv@tinh.gov.vn", password=None)
    make_account(province, "annv2@tinh.gov.vn", password=None)
    with province.write() as c:
        service.add_alias(c, ROOT, "annv@yenbai.gov.vn", "annv2@tinh.gov.vn")
        service.add_alias(c, ROOT, "an.nguyen@yenbai.gov.vn", "annv@tinh.gov.vn")
        merging.rename_domain(c, ROOT, "yenbai.gov.vn", "tinh.gov.vn", reason="NQ 202/2025/QH15")
    return province


def view(directory: Directory, address: str) -> dict[str, str]:
    account = directory.account_named(address)
    assert account is not None
    return dict(account.renamed)


def test_each_former_address_is_known_by_its_owners_of_today(merged: Database) -> None:
    directory = Directory(merged)
    assert view(directory, "annv@tinh.gov.vn") == {"an.nguyen@yenbai.gov.vn": "annv@tinh.gov.vn"}
    assert view(directory, "annv2@tinh.gov.vn") == {"annv@yenbai.gov.vn": "annv2@tinh.gov.vn"}
    directory.close()


def test_nobody_is_named_as_a_namesake_for_whom_they_send(merged: Database) -> None:
    """annv@yenbai is annv2@tinh today; annv@tinh is somebody else, who lets annv2 send for them."""
    with merged.write() as c:
        service.delegate_mailbox(c, ROOT, "annv@tinh.gov.vn", "annv2@tinh.gov.vn", DelegationRight.SEND)
    directory = Directory(merged)
    found = view(directory, "annv2@tinh.gov.vn")
    assert found == {"annv@yenbai.gov.vn": "annv2@tinh.gov.vn", "an.nguyen@yenbai.gov.vn": "annv@tinh.gov.vn"}
    directory.close()


def test_the_former_domain_goes_on_receiving_to_its_last_day(merged: Database) -> None:
    last, now = date(2027, 6, 30), now_ms()
    with merged.write() as c:
        merging.rename_domain(c, ROOT, "yenbai.gov.vn", "tinh.gov.vn", reason="x", receives_until=last)
    days = (last - date(2026, 11, 22)).days
    for ahead, kind in ((0, "alias"), (days + 400, "ended")):
        directory = Directory(merged, clock=lambda ahead=ahead: now + ahead * DAY)  # type: ignore[misc]
        found = directory.resolve("annv@yenbai.gov.vn")
        assert found is not None
        assert found.kind == kind
        assert directory.is_own_domain("yenbai.gov.vn")
        directory.close()


def test_the_end_is_announced_once_a_step(merged: Database) -> None:
    with merged.write() as c:
        until = date(2027, 6, 30)
        merging.rename_domain(c, ROOT, "yenbai.gov.vn", "tinh.gov.vn", reason="x", receives_until=until)
        told = [merging.remind_of_ends(c, day, at=now_ms()) for day in (
            date(2027, 1, 1), date(2027, 4, 2), date(2027, 4, 3), date(2027, 6, 1), date(2027, 6, 29), date(2027, 7, 2),
        )]  # fmt: skip
        letters = c.execute(select(Letter.to_address)).scalars().all()
    assert told == [0, 1, 0, 1, 1, 0]
    assert set(letters) == {"postmaster@tinh.gov.vn"}


def test_another_domain_becomes_the_first_one_and_a_renamed_one_does_not(merged: Database) -> None:
    with merged.write() as c:
        service.add_domain(c, ROOT, "moi.gov.vn")
        merging.make_canonical(c, ROOT, "moi.gov.vn", reason="đổi tên tỉnh")
    directory = Directory(merged)
    assert directory.canonical_domain() == "moi.gov.vn"
    directory.close()
    with pytest.raises(InvalidValue), merged.write() as c:
        merging.make_canonical(c, ROOT, "yenbai.gov.vn", reason="x")


def test_a_chain_of_names_is_straightened(merged: Database) -> None:
    with merged.write() as c:
        service.add_domain(c, ROOT, "moi.gov.vn")
        merging.rename_domain(c, ROOT, "tinh.gov.vn", "moi.gov.vn", reason="đổi tên tỉnh")
        rows = {row["name"]: row["renamed_to"] for row in service.list_domains(c)}
    assert rows == {"tinh.gov.vn": "moi.gov.vn", "yenbai.gov.vn": "moi.gov.vn", "moi.gov.vn": None}
    with pytest.raises(InvalidValue), merged.write() as c:
        merging.rename_domain(c, ROOT, "moi.gov.vn", "yenbai.gov.vn", reason="x")
