"""Kiểm tra tệp: the same verdict as `mailhub verify`, from the sandbox alone; limits, and nothing of the file stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailhub.admin.frame.site import Site
from mailhub.admin.screens import verify
from mailhub.registry.tables import document_table, file_table
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import Inspector
from mailhub.signatures.models import SignatureVerdict
from mailhub.store.database import Database
from tests.support.accounts import make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.inspector import needs_sandbox
from tests.support.pdfs import letter
from tests.support.pki import Pki, pki
from tests.support.revocation import pin_official
from tests.support.signed_pdfs import signed_by
from tests.support.web import Browser, new_site, words

__all__ = ["pki", "sqlite_database"]


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    """An official, nothing else; authorities are not asked."""
    make_province(sqlite_database)
    make_account(sqlite_database, "cb@tinh.gov.vn", agency="snv")
    made = new_site(sqlite_database, tmp_path, web={"upload_mib": 1}, signatures={"online": False})
    yield made
    made.jobs.close()


@contextmanager
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sandbox of the test's own behind the screen, in place of the hub's socket."""
    needs_sandbox()
    with LocalPool() as inspector:
        monkeypatch.setattr(verify, "Inspector", lambda _path: Inspector(inspector.path))
        yield


def kept(site: Site) -> int:
    with site.database.read() as c:
        tables = (file_table, document_table, SignatureVerdict.__table__)
        return sum(c.scalar(select(func.count()).select_from(one)) or 0 for one in tables)


def test_a_signed_letter_a_plain_one_and_a_hostile_name_each_get_their_verdict(
    site: Site, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin_official(site.database, pki)
    plain, signed = letter(), signed_by(pki, "leader")
    browser = Browser(site, "cb@tinh.gov.vn")
    with sandbox(monkeypatch):
        page = browser.send("/signatures/verify", files={"file": ("<script>x</script>.pdf", signed)})
        none = browser.send("/signatures/verify", files={"file": ("a.pdf", plain)})
        broken = browser.send("/signatures/verify", files={"file": ("a.pdf", signed.replace(b"stream", b"strexm", 3))})
    assert page.status_code == none.status_code == broken.status_code == 200
    told = words(page.text)
    assert "Chưa xác minh được" in told  # nobody was asked about revocation: never valid
    assert "Chuỗi chứng thư" in told
    assert "<script>x" not in page.text
    assert "Không có chữ ký số" in words(none.text)
    assert "Hợp lệ" not in words(broken.text).replace("Không hợp lệ", "")
    assert kept(site) == 0


@pytest.mark.unit
def test_no_file_an_empty_one_a_large_one_and_a_dead_sandbox_are_told_in_words(site: Site) -> None:
    browser = Browser(site, "cb@tinh.gov.vn")
    assert browser.send("/signatures/verify").status_code == 422
    assert "không có nội dung" in words(browser.send("/signatures/verify", files={"file": ("a.pdf", b"")}).text)
    assert browser.send("/signatures/verify", files={"file": ("a.pdf", b"x" * (2**20 + 1))}).status_code == 413
    assert browser.send("/signatures/verify", files={"file": ("a.pdf", b"x" * 2**21)}).status_code == 413
    busy = browser.send("/signatures/verify", files={"file": ("a.pdf", b"%PDF-1.7")})
    assert busy.status_code == 503
    assert "thử lại sau ít phút" in words(busy.text)
    assert Browser(site).get("/signatures/verify").status_code == 303
