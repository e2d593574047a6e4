"""People and boxes on the web: the list, one account's pages, acts with their reason, many at once, the help desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.people.people import PersonFacts, change_person
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.rights import Role
from mailhub.admin.frame.site import Site
from mailhub.i18n import texts
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Settings, make_province
from tests.support.databases import new_tables
from tests.support.web import Browser, new_site, words

VI = texts("vi")
HOSTILE = "Nguyễn <script>alert(1)</script> {{7*7}} Văn"
ADMIN, SNV, DESK, AUDIT = "an@tinh.gov.vn", "qt.snv@tinh.gov.vn", "hotro@tinh.gov.vn", "kt@tinh.gov.vn"
BINH, HOA = "binh@tinh.gov.vn", "hoa@tinh.gov.vn"
PEOPLE = {
    ADMIN: ("Lê Thị An", "", Role.SYSTEM_ADMIN),
    SNV: ("Quản Trị Sở", "snv", Role.AGENCY_ADMIN),
    DESK: ("Hỗ Trợ", "snv", Role.HELP_DESK),
    AUDIT: ("Kiểm Tra", "", Role.AUDITOR),
    BINH: (HOSTILE, "snv-vp", None),
    HOA: ("Đỗ Thị Hòa", "syt", None),
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = new_tables("sqlite", tmp_path)
    make_people(database)
    site = new_site(database, tmp_path)
    yield site
    site.jobs.close()
    database.close()


def make_people(database: Database) -> None:
    """Everybody of PEOPLE, with their roles."""
    from mailhub.accounts.passwords import new_hash

    make_province(database)
    with database.write() as c:
        for address, (name, agency, role) in PEOPLE.items():
            secret = new_hash(Settings().passwords, PASSWORD, address)
            person = NewPerson(title="Chuyên viên", phone="0912345678" if address == BINH else "")
            service.create_account(c, ROOT, address, name, agency=agency, password_hash=secret, person=person)
            if role is not None:
                grant_role(c, ROOT, address, role, agency=agency, reason="giao việc")


def revision(site: Site, address: str) -> str:
    with site.database.read() as c:
        return str(service.show_account(c, ROOT, address, at=site.clock()).mailbox.revision)


def test_the_list_is_searched_filtered_paged_exported_and_shows_no_foreign_agency(site: Site) -> None:
    admin, own = Browser(site, ADMIN), Browser(site, SNV)
    assert f'/accounts/{BINH}"' in admin.get("/accounts?q=0912+345+678").text
    assert f'/accounts/{HOA}"' in admin.get("/accounts?q=do+thi+hoa").text
    assert f'/accounts/{HOA}"' not in admin.get("/accounts?agency=snv").text
    assert "1 kết quả" in admin.read("/accounts?q=binh%40")
    page = own.get("/accounts?sort=-name")
    assert HOA not in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text
    # By a code or by words of the name; what is none says so and keeps what was typed; another's agency has nothing.
    named = admin.get("/accounts?agency=so+noi+vu")
    assert f'/accounts/{BINH}"' in named.text
    assert f'/accounts/{HOA}"' not in named.text
    assert "Sở Nội vụ (snv)" in words(named.text)
    assert "<option" not in own.get("/accounts-agencies?field=agency&agency=zz").text
    assert ">Sở Nội vụ</option>" in own.get("/accounts-agencies?field=agency&agency=noi+vu").text
    none = own.get("/accounts?agency=khong-co")
    assert none.status_code == 200
    assert VI("web.listing.no-agency") in none.text
    assert 'value="khong-co"' in none.text
    assert 'href="/accounts/' not in none.text
    assert 'href="/accounts/' not in own.get("/accounts?agency=syt").text
    one, seen = "/accounts?size=25&sort=name", []
    with site.database.write() as c:
        for number in range(27):
            service.create_account(c, ROOT, f"nguoi{number}@tinh.gov.vn", "Trần Văn Người", agency="syt")
    for _ in range(3):
        rows = admin.get(one).text
        seen += [a for a in (f"nguoi{number}@tinh.gov.vn" for number in range(27)) if f'/accounts/{a}"' in rows]
        if 'rel="next"' not in rows:
            break
        one = rows.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 27
    file = admin.get("/accounts?q=script&format=csv")
    assert HOSTILE in file.content.decode("utf-8-sig")
    assert file.headers["content-disposition"].startswith("attachment")


def test_each_tab_of_an_account_is_there_for_its_administrators_and_for_nobody_else(site: Site) -> None:
    own, english, official = Browser(site, SNV), Browser(site, ADMIN), Browser(site, BINH)
    english.http.cookies.set("language", "en")
    for tab in ("", "/access", "/history", "/log"):
        page = own.get(f"/accounts/{BINH}{tab}")
        assert page.status_code == 200, (tab, words(page.text)[:300])
        assert "<script>alert" not in page.text
        foreign = own.get(f"/accounts/{HOA}{tab}")
        assert foreign.status_code == own.get(f"/accounts/khongco@tinh.gov.vn{tab}").status_code == 404
        assert HOA not in words(foreign.text)
        assert official.get(f"/accounts/{BINH}{tab}").status_code == 403
        assert english.get(f"/accounts/{BINH}{tab}").status_code == 200


def test_an_offices_account_leads_to_who_held_it_when(site: Site) -> None:
    desk = "vanthu.snv@tinh.gov.vn"
    with site.database.write() as c:
        service.add_role_mailbox(c, ROOT, desk, "Văn thư Sở Nội vụ", agency="snv", office="van-thu")
    admin = Browser(site, ADMIN)
    page = admin.get(f"/accounts/{desk}")
    assert f'href="/offices/{desk}"' in page.text
    assert "chưa có người phụ trách" in words(page.text)
    assert "Bộ phận Văn thư" in words(page.text)
    assert f'href="/offices/{BINH}"' not in admin.get(f"/accounts/{BINH}").text


def test_a_change_says_what_it_changed_and_one_that_came_between_keeps_what_was_typed(site: Site) -> None:
    own, other = Browser(site, SNV), Browser(site, ADMIN)
    seen = revision(site, BINH)
    with site.database.read() as c:
        listing = service.show_account(c, ROOT, BINH, at=site.clock()).mailbox.listing
    typed = {"name": "Nguyễn Văn Bình", "title": "Phó Trưởng phòng", "rank": "staff", "employment": ""}
    typed |= {"listing": listing, "because": "QĐ 9", "reason": "", "expect": seen}
    assert other.send(f"/accounts/{BINH}/quota", {"quota_mib": "4096", "expect": seen}).status_code == 303
    page = own.send(f"/accounts/{BINH}/change", typed)
    assert page.status_code == 409
    assert "Phó Trưởng phòng" in page.text
    assert ADMIN in words(page.text)
    typed["expect"] = revision(site, BINH)
    done = own.send(f"/accounts/{BINH}/change", typed, follow=True)
    assert "Chức vụ: Chuyên viên → Phó Trưởng phòng" in words(done.text)
    again = own.send(f"/accounts/{BINH}/change", typed | {"rank": "head", "expect": revision(site, BINH)})
    assert again.status_code == 422


def test_an_act_needs_its_reason_and_the_typed_address_and_is_undone_by_restoring(site: Site) -> None:
    own = Browser(site, SNV)
    page = own.send(f"/accounts/{BINH}/suspend", {"because": "QĐ 7", "expect": revision(site, BINH)})
    assert page.status_code == 422
    assert VI("web.form.required") in page.text
    assert "QĐ 7" in page.text
    done = own.send(f"/accounts/{BINH}/suspend", {"reason": "mất máy", "expect": revision(site, BINH)}, follow=True)
    assert VI("web.proof.act.suspend") in words(done.text)
    assert VI("web.account.state.suspended") in words(done.text)
    assert "mất máy" in own.read(f"/accounts/{BINH}")
    assert own.get(f"/accounts/{BINH}/suspend").status_code == 422  # it fits no longer
    back = own.send(f"/accounts/{BINH}/restore", {"reason": "đã tìm thấy", "expect": revision(site, BINH)}, follow=True)
    assert VI("web.account.state.active") in words(back.text)
    end = {"reason": "nghỉ hưu", "expect": revision(site, BINH), "confirm": "sai@tinh.gov.vn"}
    assert own.send(f"/accounts/{BINH}/end", end).status_code == 422
    assert own.send(f"/accounts/{BINH}/end", end | {"confirm": BINH}).status_code == 303
    assert VI("web.account.state.retained") in own.read(f"/accounts/{BINH}")


def test_every_act_has_a_page_in_both_languages_and_none_over_a_foreign_account(site: Site) -> None:
    from mailhub.admin.people.standing import ACTS

    with site.database.write() as c:
        service.add_alias(c, ROOT, "binh.cu@tinh.gov.vn", BINH)
        change_person(c, ROOT, BINH, PersonFacts(phone="0912345678"))
    admin, own = Browser(site, ADMIN), Browser(site, SNV)
    for act in ACTS:
        for language in ("vi", "en"):
            admin.http.cookies.set("language", language)
            page = admin.get(f"/accounts/{BINH}/{act.key}")
            assert page.status_code in (200, 422), (act.key, words(page.text)[:300])
            assert texts(language)(f"web.act.{act.key}") in page.text.replace("&#39;", "'")
        assert own.get(f"/accounts/{HOA}/{act.key}").status_code in (403, 404)
        assert own.send(f"/accounts/{HOA}/{act.key}", {"reason": "x", "expect": "1"}).status_code in (403, 404)


def test_acts_of_every_kind_are_done_by_their_forms(site: Site) -> None:
    admin = Browser(site, ADMIN)

    def do(act: str, **typed: str) -> str:
        page = admin.send(
            f"/accounts/{BINH}/{act}", {"reason": "thử", "expect": revision(site, BINH), **typed}, follow=True
        )
        assert page.status_code == 200, (act, words(page.text)[:600])
        return words(page.text)

    assert "binh.cu@tinh.gov.vn" in do("alias-add", alias="binh.cu@tinh.gov.vn")
    do("alias-remove", alias="binh.cu@tinh.gov.vn")
    assert HOA in do("delegate", delegate=HOA, right="read", because="CV 1")
    do("delegation-end", delegation=f"{BINH} {HOA}")
    assert "0987654321" in do("person", phone="0987654321", birth_date="1985-09-02")
    assert "31/12/2030" in do("leave", until_on="31/12/2030", acting=HOA, right="read")
    do("back")
    assert "QĐ 12" in do("hold", order="QĐ 12/QĐ-CA")
    do("unhold", order="QĐ 12/QĐ-CA")
    assert "01/12/2031" in do("plan-end", on="2031-12-01")
    do("call-off")
    do("stop-sending")
    do("allow-sending")
    do("sessions-end")
    do("unlock")
    assert "Sở Y tế" in do("move", agency="syt", title="Bác sĩ", rank="", new_address="")


def test_many_accounts_are_previewed_and_then_changed_together_or_not_at_all(site: Site) -> None:
    own = Browser(site, SNV)
    preview = own.send("/accounts-many/suspend", {"x": [BINH, DESK, HOA]})
    assert preview.status_code == 200
    assert HOA not in preview.text  # a foreign account is not there at all
    assert VI("web.many.count", number=2, all=2) in words(preview.text)
    seen = [f"{BINH} {revision(site, BINH)}", f"{DESK} 99"]
    sure = {"x": [BINH, DESK], "seen": seen, "reason": "sự cố", "sure": "1"}
    assert own.send("/accounts-many/suspend", sure).status_code == 422
    assert VI("web.account.state.active") in own.read(f"/accounts/{BINH}")
    sure["seen"] = [f"{one} {revision(site, one)}" for one in (BINH, DESK)]
    assert own.send("/accounts-many/suspend", sure).status_code == 303
    assert VI("web.account.state.suspended") in own.read(f"/accounts/{BINH}")
    assert own.send("/accounts-many/suspend", {}).status_code == 303


def test_the_help_desk_finds_the_caller_says_why_and_opens_in_three_steps(site: Site) -> None:
    from mailhub.accounts.attempts import Cause, Hint, note

    with site.database.write() as c:
        box = service.show_account(c, ROOT, BINH, at=site.clock()).mailbox
        note(
            c,
            box.id,
            service="imap",
            ip="192.0.2.9",
            cause=Cause.WRONG_PASSWORD,
            hints=(Hint.VIETNAMESE,),
            at=site.clock(),
        )
    desk = Browser(site, DESK)
    found = desk.get("/help-desk?q=0912.345.678")
    assert found.headers["location"] == f"/help-desk/{BINH}"
    told = desk.read(f"/help-desk/{BINH}")
    assert VI("web.help.say.hint-vietnamese") in told
    done = desk.send(f"/help-desk/{BINH}/unlock", {"reason": VI("web.help.verified.called-back")}, follow=True)
    assert VI("web.help.was-open", address=BINH) in words(done.text)
    assert desk.send(f"/help-desk/{BINH}/unlock", {"reason": "khác"}).status_code == 422
    assert desk.get(f"/help-desk/{HOA}").status_code == 404
    assert VI("web.help.nobody") in desk.read("/help-desk?q=do+thi+hoa")
    with site.database.write() as c:
        service.suspend_account(c, ROOT, BINH, reason="nghi lộ mật khẩu")
    assert "nghi lộ mật khẩu" in desk.read(f"/help-desk/{BINH}")
    rows = Browser(site, AUDIT).read(f"/accounts/{BINH}/log")
    assert VI("web.help.looked") in rows
