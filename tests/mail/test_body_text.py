"""What a message says in its own words, and which links it names; and that no octets make the reading long."""

from __future__ import annotations

import base64
import quopri
import time

import pytest

from mailhub.mail.body_text import LONGEST_LINE, MOST_HOSTS, MOST_OCTETS, BodyText, read_body
from mailhub.mail.structure import read_structure
from tests.support.mails import CRLF, attached, leaf, multipart

pytestmark = pytest.mark.unit


def plain(text: str | bytes, charset: str = "utf-8", more: str = "") -> bytes:
    body = text if isinstance(text, bytes) else text.encode(charset)
    return leaf(f"Content-Type: text/plain; charset={charset}{more}", body)


def page(markup: str) -> bytes:
    return leaf("Content-Type: text/html; charset=utf-8", markup.encode())


def test_a_plain_mail_says_its_lines() -> None:
    found = read_body(plain("Kính gửi: Sở Nội vụ\r\n\r\n  MẬT  \r\n"))
    assert found == BodyText(lines=("Kính gửi: Sở Nội vụ", "MẬT"))


def test_the_structure_may_be_given() -> None:
    data = plain("một")
    assert read_body(data, read_structure(data)).lines == ("một",)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", base64.encodebytes("TỐI MẬT".encode())),
        ("quoted-printable", quopri.encodestring("TỐI MẬT".encode())),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, body: bytes) -> None:
    data = leaf(f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}", body)
    assert read_body(data).lines == ("TỐI MẬT",)


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "windows-1258", "utf-7"])
def test_a_declared_charset_is_believed(charset: str) -> None:
    codec = {"windows-1258": "cp1258"}.get(charset, charset)
    body = "Báo cáo".encode(codec)
    assert read_body(leaf(f"Content-Type: text/plain; charset={charset}", body)).lines == ("Báo cáo",)


def test_letters_without_a_declared_charset_are_utf_8_or_an_old_vietnamese_font() -> None:
    assert read_body(leaf("Content-Type: text/plain", "Tuyệt mật".encode())).lines == ("Tuyệt mật",)
    old = "Céng hßa x· héi chñ nghÜa ViÖt Nam".encode("cp1252")
    assert read_body(leaf("Content-Type: text/plain", old)).lines == ("Cộng hòa xã hội chủ nghĩa Việt Nam",)


def test_an_unknown_charset_is_read_as_well_as_it_can_be() -> None:
    assert read_body(leaf("Content-Type: text/plain; charset=x-none", "Số 12".encode())).lines == ("Số 12",)


def test_letters_in_pieces_are_put_together() -> None:
    import unicodedata

    assert read_body(plain(unicodedata.normalize("NFD", "TUYỆT MẬT"))).lines == ("TUYỆT MẬT",)


def test_html_is_laid_out_as_lines_and_scripts_are_not_said() -> None:
    found = read_body(
        page(
            "<html><head><title>x</title><style>p{color:red}</style></head><body><!-- ẩn --><p>Kính&nbsp;gửi<br>"
            "t&#7889;i m&#x1EAD;t</p><script>alert('MẬT')</script><table><tr><td>a</td><td>b</td></tr></table></body>"
        )
    )
    assert found.lines == ("Kính gửi", "tối mật", "a", "b")


def test_both_alternatives_are_read() -> None:
    data = multipart([plain("chữ thường"), page("<p>MẬT</p>")], subtype="alternative")
    assert read_body(data).lines == ("chữ thường", "MẬT")


def test_what_is_attached_is_not_the_message() -> None:
    data = multipart([plain("xem tệp"), attached("MẬT".encode(), "a.txt", "text/plain")])
    assert read_body(data).lines == ("xem tệp",)


def test_a_mail_within_the_mail_is_kept_apart_and_its_links_count() -> None:
    inner = b"Content-Type: message/rfc822" + CRLF + CRLF + plain("MẬT https://drive.google.com/x")
    found = read_body(multipart([plain("chuyển tiếp"), inner]))
    assert found.lines == ("chuyển tiếp",)
    assert found.forwarded == ("MẬT https://drive.google.com/x",)
    assert found.hosts == {"drive.google.com"}


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("xem https://Drive.Google.com/file/d/1?x=2", {"drive.google.com"}),
        ("(http://www.dropbox.com:443/s/abc).", {"www.dropbox.com"}),
        ("drive.google.com/file/d/1", {"drive.google.com"}),
        ("https://an@1drv.ms/x", {"1drv.ms"}),
        (
            "https://check.example/?url=https%3A%2F%2Fwetransfer.com%2Fdownloads",
            {"check.example", "wetransfer.com"},
        ),
        ("https://bücher.example/", {"xn--bcher-kva.example"}),
        ("ngày 20/11/2026, số 12/QĐ-UBND, và/hoặc, a.b", set()),
        ("an@tinh.gov.vn/x", set()),
        ("http://localhost/x", set()),
    ],
)
def test_hosts_of_links_in_text(text: str, hosts: set[str]) -> None:
    assert read_body(plain(text)).hosts == hosts


def test_hosts_of_links_in_attributes() -> None:
    found = read_body(
        page('<a href="https:&#47;&#47;mega.nz/f?a=1&amp;b=2">tải về</a><img src=http://x.example/1.png>')
    )
    assert found.hosts == {"mega.nz", "x.example"}
    assert found.lines == ("tải về",)


@pytest.mark.parametrize(
    ("data", "encrypted"),
    [
        (multipart([leaf("Content-Type: application/pgp-encrypted", b"Version: 1")], subtype="encrypted"), True),
        (leaf("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"), True),
        (leaf("Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"), False),
        (plain("-----BEGIN PGP MESSAGE-----\r\n\r\nabc"), True),
        (plain("thường"), False),
    ],
)
def test_a_sealed_message_is_told(data: bytes, *, encrypted: bool) -> None:
    assert read_body(data).encrypted is encrypted


def test_only_the_beginning_of_a_large_body_is_read() -> None:
    found = read_body(plain("dòng\r\n" * MOST_OCTETS))
    assert found.cut
    assert len(found.lines) < MOST_OCTETS / len("dòng".encode())
    assert not read_body(plain("dòng")).cut


def test_long_lines_go_on_in_the_next_one() -> None:
    found = read_body(plain("a" * (2 * LONGEST_LINE + 5)))
    assert [len(line) for line in found.lines] == [LONGEST_LINE, LONGEST_LINE, 5]


def test_hosts_are_bounded() -> None:
    text = " ".join(f"http://h{i}.example/" for i in range(3 * MOST_HOSTS))
    assert len(read_body(plain(text)).hosts) == MOST_HOSTS


HOSTILE = {
    "tags that never end": b"<" * MOST_OCTETS,
    "comments that never end": b"<!--" * (MOST_OCTETS // 4),
    "scripts in scripts": b"<script>" * (MOST_OCTETS // 8),
    "labels": b"aaa-" * (MOST_OCTETS // 4),
    "dots": b"a." * (MOST_OCTETS // 2),
    "bare names": b"a.a.a.a.a.a.zz/ " * (MOST_OCTETS // 16),
    "schemes": b"https://" * (MOST_OCTETS // 8),
    "a number of many digits": b"&#" + b"9" * MOST_OCTETS,
    "marks": "\u0323\u0300".encode() * (MOST_OCTETS // 4),
    "marks of another script": "\u05b0\u0591".encode() * (MOST_OCTETS // 4),
    "a letter and marks": ("a" + "\u0323\u0300" * 40).encode() * 1500,
    "blanks": b" " * MOST_OCTETS,
    "NUL": b"\0" * MOST_OCTETS,
    "quoted": b"=3C" * (MOST_OCTETS // 3),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_hostile_octets_take_no_long_time(name: str, kind: str, encoding: str) -> None:
    data = leaf(f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}", HOSTILE[name])
    begun = time.process_time()
    read_body(data)
    assert time.process_time() - begun < 3


def test_no_octets_make_it_fail() -> None:
    for data in (b"", b"\r\n", b"Content-Type: text/html", b"\xff\xfe\xfd", b"Content-Type: multipart/mixed\r\n\r\nx"):
        assert isinstance(read_body(data), BodyText)


@pytest.mark.parametrize("markup", ["<!--><p>TỐI MẬT</p>", "<!---><p>TỐI MẬT</p>", "<!-- a --!><p>TỐI MẬT</p><!-- -->"])
def test_a_comment_ends_where_browsers_end_it(markup: str) -> None:
    assert read_body(page(markup)).lines == ("TỐI MẬT",)


def test_utf_8_under_the_name_of_latin_1_is_read_as_what_it_is() -> None:
    assert read_body(leaf("Content-Type: text/plain; charset=iso-8859-1", "TUYỆT MẬT".encode())).lines == ("TUYỆT MẬT",)


def test_the_subjects_of_mails_forwarded_whole_are_told() -> None:
    third = leaf("Content-Type: message/rfc822", leaf("Subject: ba\nSubject: bốn", b"x"))
    second = leaf("Content-Type: message/rfc822", multipart([third], boundary="in", header="Subject: =?utf-8?q?hai?="))
    found = read_body(multipart([leaf("", b"x"), second], header="Subject: mot"))
    assert found.subjects == ("hai", "ba", "bốn")


def test_many_foreign_hosts_take_no_long_time() -> None:
    data = plain(" ".join(f"http://{'ệ' * 40}{number}.vn/" for number in range(2_000)))
    begun = time.process_time()
    read_body(data)
    assert time.process_time() - begun < 3
