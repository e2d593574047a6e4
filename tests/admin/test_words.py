"""Every text that a page asks for is there in both languages, and every text that is there is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import update

from mailhub.accounts import service
from mailhub.accounts.control.grants import grant_role
from mailhub.accounts.life.models import ClosingDoor
from mailhub.accounts.life.requests import request_end
from mailhub.accounts.rights import Role
from mailhub.accounts.sharing.groups import add_group
from mailhub.i18n import LANGUAGES, texts
from mailhub.ops.checks.accounts import account_checks
from mailhub.ops.checks.queue import queue_checks
from mailhub.ops.checks.rules import rule_checks
from mailhub.ops.checks.trust import trust_checks
from mailhub.ops.doctor import run_checks
from mailhub.ops.findings import Ground
from mailhub.ops.kept import keep_run
from mailhub.settings.catalogue import all_settings
from tests.admin.test_refusals import VIETNAMESE
from tests.support.accounts import ROOT
from tests.support.databases import new_tables
from tests.support.web import HOST, Browser, new_site

pytestmark = pytest.mark.unit

ADMIN = Path(__file__).parents[2] / "mailhub"
OURS = ("admin", "telling", "reports", "accounts/web")
# An id in quotes; one that ends with a point is put together with what follows at run time.
_IDENT = re.compile(r"""["'](web\.[a-z0-9_.-]+)["']""")
_PLACES = re.compile(r"\{(\w+)[^}]*\}")


@cache
def asked_for() -> dict[str, str]:
    """Each id, or beginning of one, in templates and code, and a file that has it."""
    found: dict[str, str] = {}
    for folder in OURS:
        for path in (ADMIN / folder).rglob("*"):
            if path.suffix in (".py", ".html"):
                # `f"web.x.{y}"` asks for what begins with `web.x.`.
                text = re.sub(r"""f(["'])(web\.[a-z0-9_.-]*)\{[^"']*["']""", r"\1\2\1", path.read_text())
                found |= {ident: str(path.relative_to(ADMIN)) for ident in _IDENT.findall(text)}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_asked_for_is_there(language: str) -> None:
    ids = texts(language).ids()
    missing = [
        f"{ident} ({file})"
        for ident, file in sorted(asked_for().items())
        if ident not in ids and not (ident.endswith((".", "-")) and any(one.startswith(ident) for one in ids))
    ]
    assert not missing, missing


def test_every_text_of_the_web_is_asked_for() -> None:
    asked = asked_for()
    beginnings = tuple(ident for ident in asked if ident.endswith((".", "-")))
    idle = [ident for ident in sorted(texts("vi").ids()) if ident.startswith("web.") and ident not in asked]
    idle = [ident for ident in idle if not ident.startswith(beginnings)]
    assert not idle, idle


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    vietnamese, english = texts("vi"), texts("en")
    assert vietnamese.ids() == english.ids()
    for ident in sorted(vietnamese.ids()):
        if ident.startswith(("web.", "telling.", "report")):
            places = [
                {name for form in language.forms(ident) for name in _PLACES.findall(form)}
                for language in (vietnamese, english)
            ]
            assert places[0] == places[1], ident


def test_no_text_was_left_in_the_other_language() -> None:
    """Vietnamese has its marks; a long text that is the same in both was forgotten."""
    vietnamese, english = texts("vi"), texts("en")
    same = [
        ident
        for ident in sorted(vietnamese.ids())
        if ident.startswith("web.") and vietnamese.forms(ident) == english.forms(ident)
    ]
    written = {ident: re.sub(r"\{[^}]*\}|[^\w\s]", " ", vietnamese.forms(ident)[0]) for ident in same}
    assert [ident for ident, text in written.items() if len(text.split()) > 3] == []
    plain = re.compile(r"[a-zA-Z\s.,:;()–-]{30,}")
    assert [ident for ident in same if plain.fullmatch(vietnamese.forms(ident)[0])] == []


@pytest.mark.parametrize("word", ["Bạn ", " bạn ", "khoẻ", "huỷ", "hoả tốc", "khoá"])
def test_wording_keeps_to_the_houses_words(word: str) -> None:
    """wording.md: Ông/Bà, and tone marks where Nghị định 30 prints them."""
    said = [ident for ident in texts("vi").ids() if any(word in form for form in texts("vi").forms(ident))]
    assert not said, said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_told(language: str) -> None:
    for setting in all_settings().values():
        told = texts(language)(f"web.settings.about.{setting.heading}")
        assert bool(VIETNAMESE.search(told)) or language == "en", setting.heading
        assert told == setting.description or language == "vi", setting.heading
    about = {one for one in texts("vi").ids() if one.startswith("web.settings.about.")}
    assert about == {f"web.settings.about.{setting.heading}" for setting in all_settings().values()}


# ------------------------------------------------------- whole pages, of a province whose own names have no marks

# What is Vietnamese in any language: what is quoted or said in passing, keys and examples, names of law and of ours.
LAW = re.compile(
    "|".join(
        (
            "“[^”]*”", '"[^"]*"', r"[(][^()]*[)]", r"^[\w-]+:\S.*", "Example: .*", r"\S*(?:QĐ|NĐ)\S*", "Nghị định",
            "Điều", "Công văn", "Tiếng Việt", "hỏa tốc", "GỬI", "HỦY", "Trưởng phòng", "Quản trị thư điện tử",
        )
    )
)  # fmt: skip
ENGLISH = re.compile(r"\b(?:the|is|are|of|and|for|which|with|not|from|that|this|has|was|were|to|be|by)\b")
# Pages that show law and documents by name: rules with their articles, types and urgencies, certificates.
APART = re.compile(r"/rules|/documents|/signatures/(?:trust|certificates)")


@pytest.fixture(scope="module")
def administrator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("words")
    database = new_tables("sqlite", folder)
    site = new_site(database, folder, hub={"domain": "tinh.gov.vn", "hostname": HOST, "province": "Minh Hoa"})
    with database.write() as c:
        service.add_agency(c, ROOT, "tinh", "Tinh Minh Hoa", kind="province")
        service.add_domain(c, ROOT, "tinh.gov.vn")
        service.add_agency(c, ROOT, "snv", "SNV")
        service.create_account(c, ROOT, "admin@tinh.gov.vn", "Le Van Admin", agency="tinh")
        grant_role(c, ROOT, "admin@tinh.gov.vn", Role.SYSTEM_ADMIN)
        service.create_account(c, ROOT, "an@tinh.gov.vn", "Le Van An", agency="snv")
        service.add_role_mailbox(c, ROOT, "desk@tinh.gov.vn", "Van thu SNV", agency="snv")
        add_group(c, ROOT, "all@tinh.gov.vn", "Nhom SNV", agency="snv")
        request_end(c, ROOT, "an@tinh.gov.vn", basis="QD 1", reason="x")
        service.suspend_account(c, ROOT, "an@tinh.gov.vn", reason="x")
        c.execute(update(ClosingDoor).values(checked="Không có quyền quản trị nào; đang thử lại"))
    ground = Ground(site.settings, database, ROOT)
    checks = [one for group in (account_checks, queue_checks, rule_checks, trust_checks) for one in group(ground)]
    with database.write() as c:
        keep_run(c, ROOT, run_checks(checks, ground), at=site.clock())
    one = Browser(site, "admin@tinh.gov.vn")
    yield one
    one.http.close()
    database.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_sentence_of_ours_in_the_other_language(administrator: Browser, language: str) -> None:
    administrator.http.cookies.set("language", language)
    wrong, seen = [], pages(administrator)
    for path, html in seen.items():
        for text in shown(html):
            plain = LAW.sub("", text)
            if language == "en" and VIETNAMESE.search(plain) and not APART.match(path):
                wrong.append(f"{path}: {text[:200]}")
            if language == "vi" and not VIETNAMESE.search(text) and len(ENGLISH.findall(text)) > 1:
                wrong.append(f"{path}: {text[:200]}")
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 40


def pages(one: Browser) -> dict[str, str]:
    """A page of each shape, found by links."""
    todo, found, shapes = ["/", "/system/settings", "/accounts/an@tinh.gov.vn/proof"], dict[str, str](), set[str]()
    while todo:
        path = todo.pop()
        # Forms of one kind of act are built alike.
        shape = re.sub(r"/=/(?!log|history|access|proof).*", "/=/", re.sub(r"[^/]*@[^/?]*|=[^&]*", "=", path))
        if shape in shapes or re.search(r"[?&]format=|/file/|\.(?:xlsx|toml)", path):
            continue
        shapes.add(shape)
        answer = one.get(path)
        if "location" in answer.headers:
            todo.append(answer.headers["location"])
        elif answer.headers["content-type"].startswith("text/html"):
            found[path] = answer.text
            todo += [unescape(link) for link in re.findall(r'<a [^>]*href="(/[^"#?]*)', answer.text)]
    return found


def shown(html: str) -> Iterator[str]:
    """Each text that a reader sees or hears."""
    body = re.sub(r"<(script|style|head)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
    for text in (
        *re.split(r"<[^>]+>", body),
        *re.findall(r'(?:title|placeholder|aria-label|data-\w+)="([^"]+)"', body),
    ):
        yield " ".join(unescape(text).split())
