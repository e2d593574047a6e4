"""Lists of domains, file types and names: what ships, what a province adds, and what no list may do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mailhub.files.facts import FileFacts
from mailhub.policy.facts import Listing, MailClass
from mailhub.policy.lists import (
    ListError,
    classify_domain,
    is_file_sharing,
    listing_of,
    provider_of,
    read_lists,
)
from mailhub.policy.rules.vocabulary import FILE_TYPES
from mailhub.screening.rules.shipped import load_lists

pytestmark = pytest.mark.unit

SHIPPED = load_lists()
OWN = ("tinh.gov.vn", "cu.gov.vn")
HEAD = 'kind = "{}"\ntitle = "Danh sách"\nsource = "Sở KHCN"\ndate = 2026-11-01\n'


def listed(kind: str, more: str = "") -> tuple[str, str]:
    return f"{kind}.toml", HEAD.format(kind) + more


PRIVATE = (
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "yahoo.com.vn",
    "ymail.com",
    "hotmail.com",
    "outlook.com",
    "outlook.com.vn",
    "live.com",
    "icloud.com",
    "me.com",
    "zoho.com",
    "proton.me",
    "mail.ru",
    "yandex.ru",
    "qq.com",
    "163.com",
    "gmx.com",
    "zing.vn",
    "aol.com",
    "naver.com",
)
# Companies, schools and papers that run their own mail, or have Google or Microsoft run it.
THEIR_OWN = (
    "vnpt.vn",
    "viettel.com.vn",
    "fpt.com",
    "fpt.com.vn",
    "fpt.vn",
    "vietcombank.com.vn",
    "vinamilk.com.vn",
    "evn.com.vn",
    "hust.edu.vn",
    "vnexpress.net",
    "petrolimex.com.vn",
    "google.com",
    "microsoft.com",
    "zalo.me",
    "vng.com.vn",
    "bachmai.edu.vn",
    "congty.vn",
    "mail.com.vn",
    "notgmail.com",
    "gmail.com.vn.example",
)


@pytest.mark.parametrize("domain", PRIVATE)
def test_private_mail_is_known(domain: str) -> None:
    assert classify_domain(domain, OWN, SHIPPED) is MailClass.PRIVATE
    assert provider_of(domain, SHIPPED)


@pytest.mark.parametrize("domain", THEIR_OWN)
def test_a_domain_of_somebodys_own_is_no_private_mail(domain: str) -> None:
    assert classify_domain(domain, OWN, SHIPPED) is MailClass.ORGANISATION
    assert provider_of(domain, SHIPPED) == ""


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("tinh.gov.vn", MailClass.OWN),
        ("syt.tinh.gov.vn", MailClass.OWN),
        ("moh.gov.vn", MailClass.GOVERNMENT),
        ("gov.vn", MailClass.GOVERNMENT),
        ("notgov.vn", MailClass.ORGANISATION),
        ("tinhgov.vn", MailClass.ORGANISATION),
        ("chinhphu.vn", MailClass.GOVERNMENT),
        ("dongthap.dcs.vn", MailClass.GOVERNMENT),
        ("MAIL.RU", MailClass.PRIVATE),
        ("gmail.com.", MailClass.PRIVATE),
        ("", MailClass.ORGANISATION),
    ],
)
def test_whose_a_domain_is(domain: str, expected: MailClass) -> None:
    assert classify_domain(domain, OWN, SHIPPED) is expected


def test_the_province_is_never_cut_off_by_a_slip_in_a_list() -> None:
    lists = read_lists(
        [listed("blocked", '[[entry]]\nname = "Nhầm"\ndomains = ["vn", "tinh.gov.vn"]\n'.replace('"vn", ', ""))]
    )
    assert classify_domain("tinh.gov.vn", OWN, lists) is MailClass.OWN


def test_a_blocked_domain_is_blocked_wherever_else_it_stands() -> None:
    lists = read_lists(
        [
            listed("private-mail", '[[entry]]\nname = "Xấu"\ndomains = ["xau.example"]\n'),
            listed("blocked", '[[entry]]\nname = "Xấu"\ndomains = ["xau.example"]\nnote = "Công văn 1"\n'),
        ]
    )
    assert classify_domain("a.xau.example", OWN, lists) is MailClass.BLOCKED


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("drive.google.com", True),
        ("www.dropbox.com", True),
        ("tinh-my.sharepoint.com", True),
        ("zalo.me", True),
        ("www.google.com", False),
        ("mail.google.com", False),
        ("tinh.gov.vn", False),
        ("dichvucong.gov.vn", False),
    ],
)
def test_hosts_that_share_files(host: str, expected: bool) -> None:
    assert is_file_sharing(host, SHIPPED) is expected


def test_types_of_files_by_direction() -> None:
    assert listing_of("pdf", "pdf", own=True, lists=SHIPPED) is Listing.ALLOWED
    assert listing_of("exe", "pdf", own=False, lists=SHIPPED) is Listing.FORBIDDEN  # by what it is, not by its name
    assert listing_of("unknown", "DWG", own=True, lists=SHIPPED) is Listing.ALLOWED
    assert listing_of("unknown", "qqq", own=True, lists=SHIPPED) is Listing.OTHER
    assert listing_of("iso", "dwg", own=False, lists=SHIPPED) is Listing.OTHER  # the ending counts only for `unknown`
    assert listing_of("tnef", "dat", own=False, lists=SHIPPED) is Listing.ALLOWED
    assert listing_of("tnef", "dat", own=True, lists=SHIPPED) is Listing.OTHER


def test_the_types_that_ship_are_types_that_there_are() -> None:
    named = SHIPPED.forbidden.union(*(way.types for way in SHIPPED.types.values()))
    assert named <= set(FILE_TYPES)
    assert all(kind in (FileFacts.__doc__ or "") for kind in named)


def test_a_province_adds_and_takes_away() -> None:
    ours = (
        listed("private-mail", 'remove = ["zing.vn"]\n[[entry]]\nname = "Mạng tỉnh"\ndomains = ["THƯ.example"]\n'),
        listed("file-types", 'forbidden = ["iso"]\nremove = ["rar"]\n[own]\ntypes = ["tar"]\n'),
        listed("hub-names", '[[entry]]\nname = "Ta"\nwords = ["Tổ hỗ trợ thư"]\n'),
    )
    folder = Path(__file__).parents[2] / "mailhub/policy/lists"
    lists = read_lists([*((path.name, path.read_text()) for path in folder.glob("*.toml")), *ours])
    assert provider_of("zing.vn", lists) == ""
    assert provider_of("xn--th-zga.example".replace("xn--th-zga", "thư".encode("idna").decode()), lists) == "Mạng tỉnh"
    assert provider_of("gmail.com", lists) == "Gmail"
    assert listing_of("tar", "tar", own=True, lists=lists) is Listing.ALLOWED
    assert listing_of("rar", "rar", own=True, lists=lists) is Listing.OTHER
    assert listing_of("iso", "iso", own=True, lists=lists) is Listing.FORBIDDEN
    assert "Tổ hỗ trợ thư" in lists.hub_names


def test_a_hubs_own_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "chan.toml").write_text(
        listed("blocked", '[[entry]]\nname = "X"\ndomains = ["x.example"]\n')[1]
    )
    assert classify_domain("x.example", OWN, load_lists(tmp_path)) is MailClass.BLOCKED
    assert load_lists(tmp_path).sources[-1].file == "lists/chan.toml"


def test_every_list_names_its_source_and_date() -> None:
    assert {source.kind for source in SHIPPED.sources} == {
        "private-mail",
        "file-sharing",
        "government",
        "blocked",
        "real",
        "hub-names",
        "file-types",
    }
    assert all(source.source and source.title and source.date >= date(2026, 11, 1) for source in SHIPPED.sources)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = ", "blocked.toml"),
        ('kind = "private"', "none of private-mail"),
        ('kind = "blocked"\ntitle = "x"\ndate = 2026-11-01', "source"),
        ('kind = "blocked"\nsource = "x"\ndate = "2026-11-01"', "date"),
        (HEAD.format("blocked") + "domains = []", "unknown key 'domains'"),
        (HEAD.format("blocked") + '[[entry]]\ndomains = ["x.vn"]', "without a name"),
        (HEAD.format("blocked") + '[[entry]]\nname = "X"\ndomain = ["x.vn"]', "unknown key 'domain'"),
        (HEAD.format("blocked") + '[[entry]]\nname = "X"\ndomains = "x.vn"', "list of words"),
        (HEAD.format("blocked") + '[[entry]]\nname = "X"\ndomains = ["a@x.vn"]', "no domain"),
        (HEAD.format("blocked") + '[[entry]]\nname = "X"\ndomains = ["vn"]', "no domain"),
        (HEAD.format("file-types") + "[inside]\ntypes = []", "unknown key 'inside'"),
        (HEAD.format("file-types") + '[own]\ntype = ["pdf"]', "nothing else"),
    ],
)
def test_a_broken_list_says_its_file_and_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ListError, match=r"blocked\.toml") as raised:
        read_lists([("blocked.toml", text)])
    assert said in str(raised.value)


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "x.toml").write_bytes(b"\xff\xfe kind")
    with pytest.raises(ListError, match="not UTF-8"):
        load_lists(tmp_path)


@pytest.mark.parametrize("text", ["a=" + "[" * 5000 + "]" * 5000, "a=" + "9" * 5000])
def test_a_list_that_no_reader_can_take_in_is_named(text: str) -> None:
    with pytest.raises(ListError, match=r"x\.toml: values lie too deep"):
        read_lists([("x.toml", text)])
