"""A small province with people who administer it, for the screens of the organisation."""

from __future__ import annotations

from pathlib import Path

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.rights import Role
from mailhub.admin.frame.jobs import Jobs
from mailhub.admin.frame.site import Site
from mailhub.store.database import Database
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.web import Browser, new_site

ADMIN, SNV, SYT, CLERK = "quantri@tinh.gov.vn", "snv@tinh.gov.vn", "syt@tinh.gov.vn", "vt@tinh.gov.vn"
AN, BINH = "annv@tinh.gov.vn", "binhtt@tinh.gov.vn"
DESK, SYT_DESK = "vanthu.snv@tinh.gov.vn", "vanthu.syt@tinh.gov.vn"
SCRIPT = "<script>alert(1)</script>"
_PEOPLE = {
    ADMIN: ("tinh", Role.SYSTEM_ADMIN, "Quản Trị"),
    SNV: ("snv", Role.AGENCY_ADMIN, "Quản trị Nội vụ"),
    SYT: ("syt", Role.AGENCY_ADMIN, "Quản trị Y tế"),
    CLERK: ("snv", Role.CLERK, "Văn thư Nội vụ"),
}


def peopled_site(database: Database, folder: Path) -> Site:
    """The province of `make_province`, its administrators, An and Bình of snv-vp, and two offices."""
    make_province(database)
    for address, (agency, role, name) in _PEOPLE.items():
        make_account(database, address, agency=agency, name=name)
        with database.write() as c:
            grant_role(c, ROOT, address, role, agency="" if agency == "tinh" else agency, reason="thử")
    make_account(database, AN, agency="snv-vp")
    make_account(database, BINH, agency="snv-vp", name="Trần Thị Bình")
    with database.write() as c:
        service.add_role_mailbox(c, ROOT, DESK, "Văn thư Sở Nội vụ", agency="snv")
        service.add_role_mailbox(c, ROOT, SYT_DESK, "Văn thư Sở Y tế", agency="syt")
    return new_site(database, folder)


def press(browser: Browser, path: str, **fields: str) -> tuple[str, str]:
    """The preview's page, then the second press; gives the preview's text and where it led."""
    preview = browser.send(path, fields)
    assert preview.status_code == 200, preview.text
    assert 'name="sure"' in preview.text
    done = browser.send(path, fields | {"sure": "1"})
    assert done.status_code == 303, done.text
    return preview.text, str(done.headers["location"])


def settle(site: Site) -> None:
    """Wait for the work that pages began."""
    site.jobs.close()
    site.jobs = Jobs(site.database, site.name, site.clock)
