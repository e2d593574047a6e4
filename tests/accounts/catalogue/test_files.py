"""What leaves the hub: CSV, vCards, the portal's page."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from mailhub.accounts import service
from mailhub.accounts.catalogue.csv_file import csv_lines
from mailhub.accounts.catalogue.entries import Entry
from mailhub.accounts.catalogue.portal import HTML_FILE, JSON_FILE, make_portal, write_portal
from mailhub.accounts.catalogue.vcard import vcards
from mailhub.accounts.models import Listing, MailboxKind
from mailhub.accounts.organisation import AgencyChanges
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.records import AuditRow
from mailhub.cli.directory import directory
from mailhub.cli.environment import Environment
from mailhub.clock import now_ms
from mailhub.store.database import Database
from mailhub.text.cells import safe_cell
from tests.support.accounts import ROOT, Settings, make_province

AN = Entry(
    id=1,
    name="Nguyễn Văn An",
    address="annv@tinh.gov.vn",
    kind=MailboxKind.PERSONAL,
    office="",
    title="Chuyên viên; phụ trách, tạm thời",
    agency="Sở Nông nghiệp và Môi trường tỉnh Minh Họa – đơn vị có tên rất dài để phải gấp dòng",
    agency_code="snnmt",
    agency_kind="",
    phone="+84912345678",
)
EVIL = "=HYPERLINK(\"http://x\")<script>alert('1')</script>"


@pytest.mark.unit
@pytest.mark.parametrize("cell", ["=1+1", "+84912345678", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_computed_by_whoever_opens_the_file(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"
    assert safe_cell("Nguyễn = An") == "Nguyễn = An"


@pytest.mark.unit
def test_the_csv_opens_in_excel_with_its_marks() -> None:
    text = "".join(csv_lines([AN]))
    assert text.startswith("\ufeffHọ và tên")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows[1] == [AN.name, AN.title, AN.agency, "snnmt", AN.address, "'+84912345678", "cá nhân"]
    assert text.count("\r\n") == 2


@pytest.mark.unit
def test_vcards_fold_at_75_octets_between_letters_and_escape() -> None:
    text = "".join(vcards([AN]))
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = text.replace("\r\n ", "").split("\r\n")
    assert whole[:2] == ["BEGIN:VCARD", "VERSION:4.0"]
    assert "N:Nguyễn;An;Văn;;" in whole
    assert "TITLE:Chuyên viên\\; phụ trách\\, tạm thời" in whole
    assert f"ORG:{AN.agency}" in whole
    assert "EMAIL;TYPE=work:annv@tinh.gov.vn" in whole
    assert "TEL;VALUE=uri;TYPE=work:tel:+84912345678" in whole
    assert text.endswith("END:VCARD\r\n")
    assert text == "".join(vcards([AN]))  # the same UID each time, so that an import updates


class _Reader(HTMLParser):
    """Tags, and the text of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def fill(database: Database) -> None:
    with database.write() as c:
        for code, unit in (("snv", "Văn thư"), ("syt", EVIL)):
            service.add_role_mailbox(c, ROOT, f"vanthu.{code}@tinh.gov.vn", unit, agency=code, listing=Listing.PUBLIC)
        leader = NewPerson(title="Giám đốc", phone="0912345678")
        service.create_account(
            c, ROOT, "annv@tinh.gov.vn", "Nguyễn Văn An", agency="snv", person=leader, listing=Listing.PUBLIC
        )
        service.create_account(c, ROOT, "binh@tinh.gov.vn", "Trần Thị Bình", agency="snv")


def test_the_portals_page_is_escaped_scriptless_and_only_public(province: Database) -> None:
    fill(province)
    with province.read() as c:
        portal = make_portal(c, province="Tỉnh <Minh> Họa", at=now_ms())
    assert (portal.agencies, portal.addresses) == (2, 3)
    reader = _Reader()
    reader.feed(portal.html)
    assert not {"script", "img", "link", "iframe"} & set(reader.tags)
    assert reader.tags.count("h1") == 1
    assert EVIL in reader.text
    for word in ("binh@", "0912345678"):
        assert word not in portal.html + portal.json
    assert '<html lang="vi">' in portal.html
    addresses = json.loads(portal.json)["addresses"]
    assert {row["address"]: row["kind"] for row in addresses} == {
        "vanthu.snv@tinh.gov.vn": "office",
        "vanthu.syt@tinh.gov.vn": "office",
        "annv@tinh.gov.vn": "person",
    }


def test_a_block_is_not_on_the_portal_and_an_ended_agency_neither(province: Database) -> None:
    fill(province)
    with province.write() as c:
        service.change_agency(c, ROOT, "snv", AgencyChanges(block=True))
        portal = make_portal(c, province="Tỉnh", at=now_ms())
    assert "vanthu.snv" not in portal.html + portal.json
    assert portal.addresses == 1


def test_the_files_can_be_read_by_a_web_server(province: Database, tmp_path: Path) -> None:
    with province.read() as c:
        portal = make_portal(c, province="Tỉnh", at=now_ms())
    write_portal(portal, tmp_path / "portal")
    assert sorted(path.name for path in (tmp_path / "portal").iterdir()) == sorted([HTML_FILE, JSON_FILE])
    assert (tmp_path / "portal" / HTML_FILE).stat().st_mode & 0o777 == 0o644
    assert "Chưa có địa chỉ nào" in (tmp_path / "portal" / HTML_FILE).read_text()


@pytest.fixture
def environment(sqlite_database: Database, tmp_path: Path) -> Environment:
    make_province(sqlite_database)
    fill(sqlite_database)
    made = Environment(tmp_path, "quantri")
    made.__dict__.update(database=sqlite_database, settings=Settings())
    return made


def run(environment: Environment, *words: str) -> Result:
    result = CliRunner().invoke(directory, list(words), obj=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_from_the_command_line_it_is_searched_and_exported_and_the_log_keeps_it(
    environment: Environment, sqlite_database: Database, tmp_path: Path
) -> None:
    assert run(environment, "search", "giam", "doc").stdout.startswith("annv@tinh.gov.vn ")
    assert "Không tìm thấy" in run(environment, "search", "ai", "do", "la").output
    assert len(run(environment, "list", "--json").stdout.splitlines()) == 4
    out = tmp_path / "danh-ba.csv"
    run(environment, "export", "--agency", "snv", "--out", str(out))
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    assert run(environment, "export", "--format", "vcard", "--public").stdout.count("BEGIN:VCARD") == 3
    first = json.loads(run(environment, "export", "--format", "json").stdout.splitlines()[0])
    assert "id" not in first
    with sqlite_database.read() as c:
        logged = select(AuditRow.action, AuditRow.object).where(AuditRow.action == "directory.read")
        assert [tuple(row) for row in c.execute(logged.order_by(AuditRow.id))] == [
            ("directory.read", "snv"),
            ("directory.read", "all"),
            ("directory.read", "all"),
        ]


def test_a_dry_run_of_the_portal_writes_nothing(environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "portal"
    assert "Sẽ ghi 3 địa chỉ" in run(environment, "portal", "--out", str(folder), "--dry-run").output
    assert not folder.exists()
    assert "Đã ghi 3 địa chỉ của 2 đơn vị" in run(environment, "portal", "--out", str(folder)).output
    assert (folder / HTML_FILE).exists()
