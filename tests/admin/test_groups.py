"""Groups in the browser: made, filled, emptied; mail that waits is let go or refused by those whose word it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.models import GroupTask
from mailhub.accounts.sharing.group_views import show_group
from mailhub.admin.frame.site import Site
from mailhub.clock import HOUR
from mailhub.queue.records import Moderating, NewRecipient
from mailhub.store.database import Database
from tests.queue.parts import message, put
from tests.support.accounts import ROOT, make_account
from tests.support.databases import sqlite_database
from tests.support.organisation import ADMIN, AN, BINH, SCRIPT, SNV, SYT, peopled_site, press
from tests.support.web import Browser

__all__ = ["sqlite_database"]
GROUP = "duan@tinh.gov.vn"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    return peopled_site(sqlite_database, tmp_path)


def members(site: Site) -> list[str]:
    with site.database.read() as c:
        return [one.address for one in show_group(c, ROOT, GROUP).members]


def test_a_group_is_made_filled_a_page_at_a_time_and_emptied(site: Site) -> None:
    admin = Browser(site, ADMIN)
    wrong = admin.send("/groups/new", {"address": GROUP, "rule": '{"unti": "snv"}'})
    assert wrong.status_code == 422
    assert "Quy tắc chưa đúng" in wrong.text
    press(admin, "/groups/new", address=GROUP, name=SCRIPT, agency="snv", senders="members")
    many = [f"nguoi{number:02}@tinh.gov.vn" for number in range(30)]
    for address in many:
        make_account(site.database, address, agency="snv", password=None)
    here = f"/groups/{GROUP}"
    one_bad = admin.send(f"{here}/add", {"members": f"{AN}\nkhong.co@tinh.gov.vn"})
    assert one_bad.status_code == 422
    assert members(site) == []
    assert admin.send(f"{here}/add", {"members": "\n".join(many)}).status_code == 303
    assert SCRIPT not in admin.get(here).text
    first = admin.read(f"{here}?size=25")
    assert "nguoi24@" in first
    assert "nguoi25@" not in first
    assert "nguoi25@" in admin.read(f"{here}?size=25&after=nguoi24@tinh.gov.vn")
    preview = admin.send(f"{here}/remove", {"x": many})
    assert "30 thành viên ra khỏi nhóm" in preview.text
    assert members(site) == many
    assert admin.send(f"{here}/remove", {"x": many, "sure": "1"}).status_code == 303
    assert members(site) == []
    assert admin.send(f"{here}/remove", {}).status_code == 422
    preview_text, _ = press(admin, f"{here}/change", name="Văn thư", rule='{"unit": "snv-vp"}', senders="own")
    assert "2 thành viên" in preview_text
    assert members(site) == [AN, BINH]
    by_rule = admin.send(f"{here}/add", {"members": AN})
    assert "quy tắc quyết định" in by_rule.text
    assert GROUP in Browser(site, SNV).read("/groups")
    assert GROUP not in Browser(site, SYT).read("/groups")
    press(admin, f"{here}/end", reason="hết dự án")
    assert GROUP not in admin.read("/groups")
    assert GROUP in admin.read("/groups?ended=1")


def test_mail_that_waits_goes_by_the_word_of_its_moderator_who_needs_no_other_role(site: Site) -> None:
    with site.database.write() as c:
        number = service.add_group(c, ROOT, GROUP, "Dự án", agency="snv", owner=AN, moderated=True)
        service.add_officer(c, ROOT, GROUP, BINH, GroupTask.MODERATOR)
    codes = []
    for subject in ("Kế hoạch", SCRIPT):
        asked = Moderating(group_id=number, group=GROUP, until=site.clock() + HOUR, tell=(AN, BINH))
        to = NewRecipient(address="x@tinh.gov.vn", destination="local", held_about=(number,))
        given = message(to, account_id=None, moderating=(asked,), subject=subject)
        put(site.database, given)
        codes.append(given.code)
    binh, syt, here = Browser(site, BINH), Browser(site, SYT), f"/groups/{GROUP}"
    page = binh.get(here).text
    assert "Kế hoạch" in page
    assert SCRIPT not in page
    for path in (here, f"{here}/approve", f"{here}/change"):
        assert syt.get(path).status_code == 404
    assert syt.send(f"{here}/approve", {"code": codes[0]}).status_code == 404
    assert binh.get(f"{here}/change").status_code == 404  # moderates it, does not administer it
    assert f'value="{codes[0]}"' in binh.get(f"{here}/approve?code={codes[0]}").text
    assert binh.send(f"{here}/approve", {"code": codes[0]}).status_code == 303
    assert binh.send(f"{here}/approve", {"code": codes[0]}).status_code == 422
    assert binh.send(f"{here}/refuse", {"code": codes[1]}).status_code == 422  # why?
    assert binh.send(f"{here}/refuse", {"code": codes[1], "reason": "nhầm"}).status_code == 303
    assert "Thư chờ duyệt" not in binh.read(here)
    assert binh.get("/groups").status_code == 403
