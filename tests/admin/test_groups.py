"""Groups in the browser: made, filled, emptied; mail that waits is let go or refused by those whose word it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.errors import NotFound
from mailhub.accounts.models import GroupTask
from mailhub.accounts.sharing.group_views import show_group
from mailhub.admin.frame.site import Site
from mailhub.clock import HOUR
from mailhub.queue.records import Moderating, NewRecipient
from mailhub.store.database import Database
from tests.queue.parts import message, put
from tests.support.accounts import ROOT, make_account
from tests.support.databases import sqlite_database
from tests.support.organisation import ADMIN, AN, BINH, DESK, SCRIPT, SNV, SYT, peopled_site, press
from tests.support.web import Browser, words

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


FIELDS = {"how": "rule", "address": GROUP, "name": "Nội vụ", "agency": "snv"}


def test_a_rule_is_put_together_from_fields_and_its_members_are_seen_before_it_is_kept(site: Site) -> None:
    admin = Browser(site, ADMIN)
    asked = FIELDS | {"unit": ["sở nội vụ", ""], "but-unit": ["", "snv-vp"]}
    for path in ("/groups-rule", "/groups/new"):  # while one types, and without script by a button
        seen = admin.send(path, asked | {"edit": "1"})
        assert seen.status_code == 200
        assert "sẽ có 2 thành viên" in words(seen.text), words(seen.text)
        assert SNV in seen.text
        assert AN not in seen.text
    assert 'value="sở nội vụ"' in seen.text
    preview = admin.send("/groups/new", asked)
    assert "2 thành viên" in preview.text
    back = admin.send("/groups/new", asked | {"edit": "1"}).text
    assert 'value="rule" checked' in back
    assert f'value="{GROUP}"' in back
    assert admin.send("/groups/new", asked | {"sure": "1"}).status_code == 303
    with site.database.read() as c:
        assert show_group(c, ROOT, GROUP).group.rule == '{"except":{"unit":"snv-vp"},"unit":"snv"}'
    assert "thuộc snv và cấp dưới; trừ (thuộc snv-vp và cấp dưới)" in admin.read(f"/groups/{GROUP}")
    form = admin.get(f"/groups/{GROUP}/change").text
    assert 'value="snv-vp"' in form
    assert "sẽ có 2 thành viên" in words(form)
    changed = {"how": "rule", "name": "Nội vụ", "unit": "snv", "office": "van-thu", "title": "Chánh văn phòng"}
    preview_text, _ = press(admin, f"/groups/{GROUP}/change", **changed)
    assert "Trước khi đổi: 2 thành viên" in preview_text
    assert members(site) == [DESK]
    press(admin, f"/groups/{GROUP}/change", how="hand", name="Nội vụ")
    assert members(site) == []


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "Chọn ít nhất một điều kiện"),
    ({"but-unit": "snv"}, "Chọn ít nhất một điều kiện"),
    ({"unit": SCRIPT}, "khớp với “<script>"),
    ({"unit": "snv", "but-unit": "khong-co"}, "khớp với “khong-co”"),
    ({"level": "xyz"}, "Quy tắc chưa đúng"),
    ({"rank": "boss"}, "Quy tắc chưa đúng"),
    ({"unit": "syt"}, "ngoài phạm vi được giao (syt)"),
    ({"rank": "leader"}, "ngoài phạm vi được giao"),
    ({"how": "text"}, "Cần điền"),
    ({"how": "text", "rule": '{"unti": "snv"}'}, "Quy tắc chưa đúng"),
)


def test_what_is_wrong_with_a_rule_is_told_beside_its_field_and_what_was_typed_stays(site: Site) -> None:
    snv = Browser(site, SNV)
    for asked, said in WRONG:
        page = snv.send("/groups/new", FIELDS | asked)
        assert page.status_code == 422
        assert SCRIPT not in page.text
        assert said in words(page.text), words(page.text)
        assert 'value="Nội vụ"' in page.text
        assert re.search(r'id="f-(how|unit|but-unit|rule)-wrong"', page.text)
    with pytest.raises(NotFound):
        members(site)


def test_a_rule_with_rules_within_stays_a_text_and_another_agencys_is_not_looked_at(site: Site) -> None:
    rule = '{"any":[{"unit":"snv-vp"},{"unit":"snv","rank":"leader"}]}'
    with site.database.write() as c:
        service.add_group(c, ROOT, GROUP, "Dự án", agency="snv", rule=rule)
    form = Browser(site, ADMIN).get(f"/groups/{GROUP}/change").text
    assert 'value="text" checked' in form
    assert "snv-vp&#34;" in form
    syt = Browser(site, SYT)
    for group in (GROUP, "khong.co@tinh.gov.vn"):
        assert syt.send("/groups-rule", {"how": "rule", "unit": "syt", "group": group}).status_code == 404
    told = {agency: FIELDS | {"unit": "syt", "agency": agency} for agency in ("snv", "khong-co")}
    assert len({syt.send("/groups-rule", asked).text for asked in told.values()}) == 1
    for asked in told.values():
        page = syt.send("/groups/new", asked)
        assert page.status_code == 422
        assert 'value="Nội vụ"' in page.text


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
