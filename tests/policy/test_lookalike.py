"""Domains that are made to look like ours are known, all of them; real ones of others are not taken for it."""

from __future__ import annotations

import itertools
import random
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.policy.lookalike import lookalike_of
from mailhub.screening.rules.shipped import load_lists

pytestmark = pytest.mark.unit

OWN = ("laocai.gov.vn", "yenbai.gov.vn")
REAL = load_lists().real
# By Unicode's names, so that the table of the code under test is not what makes the test.
FOREIGN = (
    "CYRILLIC SMALL LETTER ",
    "GREEK SMALL LETTER ",
    "FULLWIDTH LATIN SMALL LETTER ",
    "LATIN SMALL LETTER DOTLESS ",
)
SOUNDS = {
    "a": ("A", "ALPHA"),
    "o": ("O", "OMICRON"),
    "c": ("ES",),
    "i": ("BYELORUSSIAN-UKRAINIAN I", "IOTA", "I"),
    "e": ("IE", "EPSILON"),
    "y": ("U",),
    "n": ("N",),
    "l": ("L",),
    "b": ("B",),
    "g": ("G",),
    "v": ("V", "IZHITSA"),
}
MARKED = {
    "a": "àáảãạâăāåä",
    "o": "òóỏõọôơōö",
    "i": "ìíỉĩịīï",
    "e": "èéẻẽẹêëē",
    "y": "ýỳỷỹÿ",
    "c": "çćč",
    "n": "ñńņ",
    "l": "łľļ",
    "g": "ğģġ",
    "v": "ṽ",
    "b": "ḃ",
}
DIGITS = {"o": "0", "l": "1", "i": "1", "e": "3"}
PROVINCES = (
    "angiang",
    "bacgiang",
    "bacninh",
    "camau",
    "cantho",
    "caobang",
    "daklak",
    "danang",
    "dienbien",
    "dongnai",
    "dongthap",
    "gialai",
    "hagiang",
    "haiduong",
    "haiphong",
    "hanam",
    "hanoi",
    "hatinh",
    "haugiang",
    "hoabinh",
    "hue",
    "hungyen",
    "khanhhoa",
    "kiengiang",
    "laichau",
    "lamdong",
    "langson",
    "longan",
    "namdinh",
    "nghean",
    "ninhbinh",
    "ninhthuan",
    "phutho",
    "phuyen",
    "quangbinh",
    "quangnam",
    "quangngai",
    "quangninh",
    "quangtri",
    "soctrang",
    "sonla",
    "tayninh",
    "thaibinh",
    "thainguyen",
    "thanhhoa",
    "thuathienhue",
    "tiengiang",
    "travinh",
    "tuyenquang",
    "vinhlong",
    "vinhphuc",
)
# Real domains of others: state bodies, what lies in the province, firms, providers.
OTHERS = (
    *(f"{name}.gov.vn" for name in PROVINCES),
    "laocai.edu.vn",
    "yenbai.edu.vn",
    "baolaocai.vn",
    "laocaitv.vn",
    "moh.gov.vn",
    "mof.gov.vn",
    "chinhphu.vn",
    "quochoi.vn",
    "dichvucong.gov.vn",
    "vnpt.vn",
    "viettel.vn",
    "vietcombank.com.vn",
    "bidv.com.vn",
    "agribank.com.vn",
    "evn.com.vn",
    "gmail.com",
    "yahoo.com.vn",
    "outlook.com",
    "vnexpress.net",
    "zalo.me",
    "dulichlaocai.vn",
    "sapa-laocai.com",
    "caolai.vn",
    "laoscai.la",
    "govtech.vn",
    "gov.uk",
    "service.gov.uk",
    "usa.gov",
    "laogov.la",
    "yenbay.vn",
    "thuedientu.gdt.gov.vn",
    "baohiemxahoi.gov.vn",
    "laocai.dcs.vn",
    "hanoi.vn",
    "hue.vn",
    "danang.vn",
    "github.com",
    "moj.gov.vn",
    "bocongan.gov.vn",
    "gso.gov.vn",
    "tinh.gov.vn",
    "google.com.vn",
    "fpt.com",
)


def homoglyphs(chance: random.Random) -> Iterator[str]:
    letters = {
        plain: [unicodedata.lookup(start + sound) for start in FOREIGN for sound in sounds if _named(start + sound)]
        + list(MARKED.get(plain, ""))
        for plain, sounds in SOUNDS.items()
    }
    while True:
        own = chance.choice(OWN)
        at = chance.choice([place for place, letter in enumerate(own[:6]) if letter in letters])
        yield own[:at] + chance.choice(letters[own[at]]) + own[at + 1 :]


def _named(name: str) -> bool:
    try:
        return not unicodedata.lookup(name).isascii()
    except KeyError:
        return False


def puny(chance: random.Random) -> Iterator[str]:
    for name in homoglyphs(chance):
        if not (label := unicodedata.normalize("NFKC", name.partition(".")[0])).isascii():
            yield f"xn--{label.encode('punycode').decode()}.gov.vn"


def digits(chance: random.Random) -> Iterator[str]:
    while True:
        own = chance.choice(OWN)
        at = chance.choice([place for place, letter in enumerate(own[:6]) if letter in DIGITS])
        yield own[:at] + DIGITS[own[at]] + own[at + 1 :]


def hyphens(chance: random.Random) -> Iterator[str]:
    while True:
        name = chance.choice(OWN).partition(".")[0]
        at = chance.randint(1, 5)
        parted = f"{name[:at]}-{name[at:]}"
        yield chance.choice(
            (
                f"{name}-gov.vn",
                f"{parted}.gov.vn",
                f"{name}.gov-vn.com",
                f"{name}-gov-vn.com",
                f"gov-{name}.vn",
                f"mail-{name}-gov.vn",
                f"{parted}-gov.com",
                f"{name}-gov.{chance.choice(('org', 'net', 'info'))}",
            )
        )


def dotless(chance: random.Random) -> Iterator[str]:
    while True:
        name = chance.choice(OWN).partition(".")[0]
        yield chance.choice(
            (
                f"{name}gov.vn",
                f"{name}govvn.com",
                f"mail.{name}gov.vn",
                f"{name}gov.com",
                f"gov{name}.vn",
                f"syt{name}gov.vn",
                f"{name}gov.{chance.choice(('net', 'asia', 'top'))}",
            )
        )


def endings(chance: random.Random) -> Iterator[str]:
    while True:
        name = chance.choice(OWN).partition(".")[0]
        ending = chance.choice(
            (
                "com",
                "net",
                "org",
                "info",
                "vn",
                "com.vn",
                "net.vn",
                "org.vn",
                "asia",
                "xyz",
                "co",
                "cn",
                "gov.com",
                "gov.cn",
                "gov.co",
                "gov.vn.com",
                "gov.vn.dang-nhap.top",
                "gov.nv",
                "gov.vm",
                "gob.vn",
                "goc.vn",
                "qov.vn",
            )
        )
        yield chance.choice(("", "", "mail.", "syt.")) + f"{name}.{ending}"


KINDS = {
    "homoglyph": homoglyphs,
    "puny": puny,
    "digit": digits,
    "hyphen": hyphens,
    "no dot": dotless,
    "ending": endings,
}


def generated() -> list[tuple[str, str]]:
    """Two hundred, of every kind."""
    found: list[tuple[str, str]] = []
    for kind, make in KINDS.items():
        found += [(kind, name) for name in itertools.islice(make(random.Random(f"{kind} 5")), 34)]
    return found[:200]


@pytest.mark.parametrize(("kind", "name"), generated())
def test_a_look_alike_is_caught(kind: str, name: str) -> None:
    assert lookalike_of(name, OWN, REAL) in OWN, f"{kind}: {name}"


@pytest.mark.parametrize("seed", range(5))
def test_none_of_two_thousand_gets_through(seed: int) -> None:
    for kind, make in KINDS.items():
        for name in itertools.islice(make(random.Random(f"{kind} {seed}")), 400):
            assert lookalike_of(name, OWN, REAL) in OWN, f"{kind}: {name}"


@pytest.mark.parametrize("name", OTHERS)
def test_a_real_domain_of_others_is_none(name: str) -> None:
    assert lookalike_of(name, OWN, REAL) == ""


@pytest.mark.parametrize("own", PROVINCES)
def test_no_province_looks_like_another(own: str) -> None:
    ours = (f"{own}.gov.vn",)
    assert [name for name in OTHERS if name != ours[0] and lookalike_of(name, ours, REAL)] == []


@pytest.mark.parametrize("name", ["laocai.gov.vn", "syt.laocai.gov.vn", "LAOCAI.GOV.VN", "laocai.gov.vn."])
def test_ours_is_not_made_to_look_like_ours(name: str) -> None:
    assert lookalike_of(name, OWN) == ""


def test_the_one_that_is_imitated_is_named() -> None:
    assert lookalike_of("yenbai-gov.vn", OWN) == "yenbai.gov.vn"


def test_what_the_province_knows_as_real_is_let_be() -> None:
    assert lookalike_of("laocai.vn", OWN) == "laocai.gov.vn"
    assert lookalike_of("mail.laocai.vn", OWN, {"laocai.vn"}) == ""


def test_a_domain_of_ours_outside_gov_vn() -> None:
    ours = ("truonghoc.vn",)
    assert lookalike_of("truonghoc.vn.dangnhap.com", ours) == "truonghoc.vn"
    assert lookalike_of("truonghoc-vn.com", ours) == "truonghoc.vn"
    assert lookalike_of("truongh0c.vn", ours) == "truonghoc.vn"
    assert lookalike_of("truonghoc.edu.vn", ours) == ""


@given(st.text(max_size=80))
def test_any_text_is_borne(name: str) -> None:
    assert lookalike_of(name, OWN) in ("", *OWN)


@pytest.mark.parametrize("name", ["xn--", "xn--\u00e9", "xn--99999999999", "a" * 5000 + ".gov.vn", ".", "..", "-.-"])
def test_what_is_no_domain_is_borne(name: str) -> None:
    assert lookalike_of(name, OWN) in ("", *OWN)
