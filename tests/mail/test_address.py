"""Addresses of the envelope and of author fields: read strictly or refused with a reason."""

from __future__ import annotations

import contextlib
import time
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.mail.address import AmbiguousAddress, Mailbox, PathError, addresses_of, parse_path, read_path

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "mailbox", "shown"),
    [
        ("<an@tinh.gov.vn>", Mailbox("an", "tinh.gov.vn"), "an@tinh.gov.vn"),
        ("An.Nguyen+x@TINH.gov.VN", Mailbox("An.Nguyen+x", "tinh.gov.vn"), "An.Nguyen+x@tinh.gov.vn"),
        ('"a b"@x.vn', Mailbox("a b", "x.vn"), '"a b"@x.vn'),
        ('"a.b"@x.vn', Mailbox("a.b", "x.vn"), "a.b@x.vn"),
        ('"a\\"b"@x.vn', Mailbox('a"b', "x.vn"), '"a\\"b"@x.vn'),
        ("nguyễn@tỉnh.vn", Mailbox("nguyễn", "xn--tnh-dlz.vn"), "nguyễn@xn--tnh-dlz.vn"),
        ("nguye\u0302\u0303n@TỈNH.vn", Mailbox("nguyễn", "xn--tnh-dlz.vn"), "nguyễn@xn--tnh-dlz.vn"),
        ("postmaster", Mailbox("postmaster", ""), "postmaster"),
        ("<PostMaster>", Mailbox("postmaster", ""), "postmaster"),
        ("a" * 64 + "@x.vn", Mailbox("a" * 64, "x.vn"), "a" * 64 + "@x.vn"),
        ("b=c=d.vn@srs.example", Mailbox("b=c=d.vn", "srs.example"), "b=c=d.vn@srs.example"),
    ],
)
def test_a_path_is_read_and_written_in_one_way(text: str, mailbox: Mailbox, shown: str) -> None:
    assert read_path(text) == mailbox
    assert parse_path(text) == mailbox
    assert mailbox.text == shown


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "syntax"), ("<>", "syntax"), ("<a@b.vn", "syntax"), ("a@b.vn>", "syntax"), ("abuse", "syntax"),
        ("a b@x.vn", "syntax"), ("a@b@x.vn", "syntax"), (".a@x.vn", "syntax"), ("a.@x.vn", "syntax"),
        ("a..b@x.vn", "syntax"), ("a@x.vn.", "syntax"), ("a@.x.vn", "syntax"), ("a@x..vn", "syntax"),
        ("a@", "syntax"), ("@", "route"), ("a@-x.vn", "syntax"), ("a@x-.vn", "syntax"), ("a@x_y.vn", "syntax"),
        ("a\0@x.vn", "syntax"), ("a\r\n@x.vn", "syntax"), ("a@x.vn\n", "syntax"), ("a@x.vn ", "syntax"),
        (" a@x.vn", "syntax"), ("a,b@x.vn", "syntax"), ("a:b@x.vn", "syntax"), ('"a@x.vn', "syntax"),
        ('""@x.vn', "syntax"), ('a"b"@x.vn', "syntax"), ('"a"b@x.vn', "syntax"), ("(x)a@x.vn", "syntax"),
        ("a" * 65 + "@x.vn", "syntax"), ("a@" + "b" * 64 + ".vn", "syntax"),
        ("a@" + ".".join(["b" * 60] * 5), "syntax"), ("a" * 60 + "@" + ".".join(["b" * 48] * 4), "syntax"),
        ("a@" + "x." * 5000 + "vn", "syntax"),
        ("a@[192.0.2.1]", "literal"), ("a@[IPv6:::1]", "literal"), ("a@192.0.2.1", "literal"),
        ("a@[tinh.gov.vn]", "literal"),
        ("@x.vn:a@y.vn", "route"), ("<@x.vn,@y.vn:a@z.vn>", "route"),
        ("a%y.vn@x.vn", "percent"), ("y.vn!a@x.vn", "percent"), ('"a@y.vn"@x.vn', "percent"),
        ('"a%y.vn"@x.vn', "percent"), ("y.vn!a", "percent"),
        ("a\u200bb@x.vn", "utf8"), ("a＠y.vn@x.vn", "utf8"), ("a@x\u200b.vn", "utf8"), ("a@ｔinh.gov.vn", "utf8"),
        ("a@tinh。gov.vn", "utf8"), ("a@ỉ..vn", "utf8"),
        ("\udc80@x.vn", "utf8"), ("a\u202eb@x.vn", "utf8"), ("a\xa0b@x.vn", "utf8"),
    ],
)  # fmt: skip
def test_what_is_no_clear_path_is_refused_with_its_kind(text: str, kind: str) -> None:
    with pytest.raises(PathError) as caught:
        read_path(text)
    assert caught.value.kind == kind
    assert parse_path(text) is None


def test_a_strangers_reverse_path_may_hold_what_a_recipient_may_not() -> None:
    assert read_path("<x!y@z.vn>", hacks=True).text == "x!y@z.vn"
    assert read_path('"a@b"@z.vn', hacks=True).text == '"a@b"@z.vn'


@given(st.text(max_size=40), st.sampled_from(["tinh.gov.vn", "x.vn"]))
def test_what_is_read_reads_back_as_itself(local: str, domain: str) -> None:
    for text in (f"{local}@{domain}", f'"{local}"@{domain}'):
        mailbox = parse_path(text)
        if mailbox is not None:
            assert mailbox.domain == domain
            assert read_path(f"<{mailbox.text}>") == mailbox
            assert mailbox.text.isprintable()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"an@tinh.gov.vn", [("", "an@tinh.gov.vn")]),
        (b"<An@TINH.gov.vn>", [("", "An@tinh.gov.vn")]),
        (b'"Nguyen, Van A" <a@x.vn>', [("Nguyen, Van A", "a@x.vn")]),
        (b"=?utf-8?B?xJHhurdj?= <a@x.vn>", [("đặc", "a@x.vn")]),
        (b"=?utf-8?Q?Nguy=E1=BB=85n?= =?utf-8?Q?_A?= <a@x.vn>", [("Nguyễn A", "a@x.vn")]),
        ("Sở Y tế <syt@x.vn>".encode(), [("Sở Y tế", "syt@x.vn")]),
        (b"A. B. Nguyen <a@x.vn>", [("A. B. Nguyen", "a@x.vn")]),
        (b"[VP] An <a@x.vn>", [("[VP] An", "a@x.vn")]),
        (b"a@x.vn (Nguyen Van A)", [("Nguyen Van A", "a@x.vn")]),
        (b"An (VP \\) UBND) <a@x.vn> (x)", [("An (VP \\) UBND x)", "a@x.vn")]),
        (b'"An \\"Ba\\"" <a@x.vn>', [('An "Ba"', "a@x.vn")]),
        (b"An\r\n <a@x.vn>", [("An", "a@x.vn")]),
        (b"a@x.vn,b@x.vn", [("", "a@x.vn"), ("", "b@x.vn")]),
        (b'"a b"@x.vn', [("", '"a b"@x.vn')]),
        ("nguyễn@tỉnh.vn".encode(), [("", "nguyễn@xn--tnh-dlz.vn")]),
        (b'""<a@x.vn>', [("", "a@x.vn")]),
        (b"( (nested) ) a@x.vn", [("(nested)", "a@x.vn")]),
    ],
)
def test_author_lists(value: bytes, found: list[tuple[str, str]]) -> None:
    assert [(a.display, a.text) for a in addresses_of(value)] == found


@pytest.mark.parametrize(
    "value",
    [
        b"", b" ", b"()", b"root", b"<>", b"MAILER-DAEMON <>", b"An", b",", b"a@x.vn,", b",a@x.vn", b"a@x.vn,,b@x.vn",
        b"a@b@x.vn", b"a@x.vn@", b"@x.vn", b"a@", b"<a@x.vn", b"a@x.vn>", b"<<a@x.vn>>", b"An <a@x.vn", b"> a@x.vn <",
        b"a@x.vn <b@y.vn>", b"An @ VP <a@x.vn>", b"<a@x.vn> <b@y.vn>", b"<a@x.vn> b@y.vn", b"<a@x.vn> An",
        b"<a@x.vn>;", b"a@x.vn;b@y.vn", b"An: <a@x.vn>", b"g:;", b"g: a@x.vn;", b"undisclosed-recipients:;",
        b"a b@x.vn", b"a @x.vn", b"a@ x.vn", b"a@(c)x.vn", b"a(c)@x.vn", b"a@x.vn b", b"a . b@x.vn", b'"a".b@x.vn',
        b"<@y.vn:a@x.vn>", b"<@y.vn,@z.vn:a@x.vn>", b"a@[192.0.2.1]", b"a@192.0.2.1", b"a@x.vn.", b"a..b@x.vn",
        b'"a@x.vn"@y.vn', b'"a<b"@x.vn', b'"a,b"@x.vn', b'""@x.vn', b'"An <a@x.vn>', b"An (x <a@x.vn>", b"An) <a@x.vn>",
        b"=?utf-8?q?a=40x=2Evn?=@y.vn", b"<=?utf-8?q?a?=@y.vn>", b"a@=?utf-8?q?x?=.vn",
        b"\xff <a@x.vn>", b"a\xffb@x.vn", b"An\0 <a@x.vn>", b"a\0@x.vn", b"An\rB <a@x.vn>", b"An\nB <a@x.vn>",
        b"An \x1b <a@x.vn>", "a＠x.vn@y.vn".encode(), "a\u200b@x.vn".encode(), "a@x．vn".encode(), b"a@x_y.vn",
        b"=?utf-8?q?a,b?= <a@x.vn>", b"Nguyen, A <a@x.vn>", b"(((((((((a))))))))) a@x.vn", b"a\\@x.vn",
        b"An\\ <a@x.vn>",
        b"a" * 65 + b"@x.vn", b"A" * 1001 + b" <a@x.vn>", b"a@x.vn," * 10000,
    ],
)  # fmt: skip
def test_lists_that_programs_read_differently_are_ambiguous(value: bytes) -> None:
    with pytest.raises(AmbiguousAddress) as caught:
        addresses_of(value)
    assert caught.value.reason


def test_groups_are_read_where_they_are_asked_for() -> None:
    assert addresses_of(b"undisclosed-recipients:;", groups=True) == []
    found = addresses_of(b"An <a@x.vn>, VP: b@x.vn, c@x.vn; , d@x.vn", groups=True)
    assert [a.local for a in found] == ["a", "b", "c", "d"]
    for broken in (b"VP: a@x.vn", b"VP: BP: a@x.vn;", b"<VP: a@x.vn>;"):
        with pytest.raises(AmbiguousAddress):
            addresses_of(broken, groups=True)


@pytest.mark.parametrize(
    "piece",
    ["<", ">", "(", ")", ",", '"', "\\", "@", "a", "a ", "a,", ".", " ", "(a)", '""', '"\\', "[", ";", ":", '"a"',
     "\u0301", "<a@b>,", "=?utf-8?q?a?= ", "(\\", "a.", "a@b,"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", " <a@b.vn>", ")", "@b.vn"])
def test_64_kib_of_anything_is_judged_in_a_blink(piece: str, end: str) -> None:
    value = (piece * 65536)[:60000].encode()[:65000] + end.encode()
    began = time.process_time()
    for groups in (False, True):
        with contextlib.suppress(AmbiguousAddress):
            addresses_of(value, groups=groups)
    assert time.process_time() - began < 3


@given(
    st.lists(
        st.sampled_from(["a", "@", "x.vn", "<", ">", '"', "(", ")", ",", ":", ";", " ", ".", "\\", "[", "＠", "é"])
    )
)
def test_any_mixture_is_addresses_or_ambiguous(pieces: list[str]) -> None:
    try:
        found = addresses_of("".join(pieces).encode())
    except AmbiguousAddress:
        return
    assert found
    assert all(parse_path(a.text) is not None for a in found)


PIECES = [
    "a", "@", "x.vn", "<", ">", '"', "(", ")", ",", ":", ";", " ", ".", "\\", "[", "b@x.vn", "<c@x.vn>", '"q@z.vn"',
    "=?utf-8?q?a=40b.vn?=", "A. B",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=9))
def test_no_lenient_reader_sees_another_author(pieces: list[str]) -> None:
    """Python's reader guesses at everything: where we see an author it sees the same one, or none."""
    text = "".join(pieces)
    try:
        found = [a.text for a in addresses_of(text.encode())]
    except AmbiguousAddress:
        return
    assert [address for _, address in getaddresses([text])] in (found, [""])
