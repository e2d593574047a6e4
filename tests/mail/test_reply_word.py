"""What an official answers: the word, the code, the reason, and everything that is none of these."""

from __future__ import annotations

import base64
import time
import unicodedata

import pytest

from mailhub.mail.automatic import is_by_machine
from mailhub.mail.headers import read_fields
from mailhub.mail.reply_html import html_lines
from mailhub.mail.reply_text import LONGEST_BODY, own_lines, reply_lines
from mailhub.mail.reply_word import Word, WordKind, find_codes, read_word

pytestmark = pytest.mark.unit

SEND, WITHDRAW = WordKind.SEND, WordKind.WITHDRAW
QUOTED = (
    "Đề nghị Ông/Bà trả lời thư này, dòng đầu ghi: GỬI, lý do: … (ví dụ: GỬI, lý do: trả lời kiến nghị của công dân) "
    "hoặc HỦY."
)
# The heads that programs put over what they quote.
HEADS = (
    "-----Original Message-----\nFrom: Hệ thống thư <thuchoduyet@tinh.gov.vn>\nSent: Monday, November 23, 2026 9:00 AM",
    "-----Thư gốc-----\nTừ: Hệ thống thư",
    "----- Tin nhắn gốc -----\nTừ: Hệ thống thư",
    "From: Hệ thống thư <thuchoduyet@tinh.gov.vn>\nSent: Monday, November 23, 2026 9:00 AM\nTo: Nguyễn Văn An",
    "Từ: Hệ thống thư <thuchoduyet@tinh.gov.vn>\nĐã gửi: 23 Tháng Mười Một 2026 9:00 SA\nĐến: Nguyễn Văn An",
    "*Từ:* Hệ thống thư\n*Ngày:* Thứ Hai\n*Đến:* an@tinh.gov.vn",
    "Từ: Hệ thống thư\n\nĐã gửi: Thứ Hai",
    "________________________________\nFrom: Hệ thống thư",
    "Vào Th 2, 23 thg 11, 2026 vào lúc 09:00 Hệ thống thư <thuchoduyet@tinh.gov.vn> đã viết:",
    "Vào 09:00, Th 2, 23 thg 11, 2026, Hệ thống thư điện tử công vụ tỉnh\n<thuchoduyet@tinh.gov.vn>\nđã viết:",
    "Vào lúc 09:00 23/11/2026, Hệ thống thư viết:",
    "On Mon, Nov 23, 2026 at 9:00 AM Hệ thống thư <thuchoduyet@tinh.gov.vn> wrote:",
    "On 23/11/2026 09:00, Hệ thống thư\n<thuchoduyet@tinh.gov.vn> wrote:",
    "> Kính gửi Ông/Bà,",
    "---------- Forwarded message ---------\nFrom: Hệ thống thư",
)  # fmt: skip


def word(text: str) -> Word:
    return read_word(own_lines(text.splitlines()))


@pytest.mark.parametrize(
    "said",
    [
        "GỬI",
        "Gửi.",
        "gui",
        "GUI",
        "CHO GUI",
        "Cho gửi!",
        "duyệt",
        "DUYET",
        "Đồng ý",
        "DONG Y",
        "ok",
        "OK.",
        "*GỬI*",
        "“GỬI”",
        "Đồng ý cho gửi",
        "OK, gửi",
        " GỬI ",
        "duyệt gửi",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_it_is_to_be_sent(said: str, form: str) -> None:
    assert word(unicodedata.normalize(form, said)) == Word(SEND)  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["HỦY", "Huỷ", "huy", "HUY.", "Hủy bỏ", "HUY BO", "*HỦY*"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_it_is_to_be_withdrawn(said: str, form: str) -> None:
    assert word(unicodedata.normalize(form, said)) == Word(WITHDRAW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("GỬI, lý do: trả lời kiến nghị của công dân", "trả lời kiến nghị của công dân"),
        ("GUI, ly do: tra loi kien nghi", "tra loi kien nghi"),
        ("GỬI lý do trả lời ông A", "trả lời ông A"),
        ("Gửi - Lý do: họp gấp.", "họp gấp"),
        ("GỬI\nLý do: trả lời ông A", "trả lời ông A"),
        ("GỬI\n\nlý do: trả lời ông A", "trả lời ông A"),
        ("GỬI, lý do:\ntrả lời ông A", "trả lời ông A"),
        ("GỬI, lý do: trả lời kiến nghị\ncủa công dân\n\nNguyễn Văn An\nSở Y tế", "trả lời kiến nghị của công dân"),
        ("GỬI, trả lời kiến nghị", "trả lời kiến nghị"),
        ("GỬI (trả lời kiến nghị)", ""),
        ("Kính gửi hệ thống,\nGỬI, lý do: đã ban hành", "đã ban hành"),
        ("GỬI, lý do: …", ""),
        ("GỬI, lý do:", ""),
        ("GỬI, lý do: không có bản giấy", "không có bản giấy"),
        ("GỬI, lý do: a\x1b[31m\u202eb", "a[31mb"),
    ],
)
def test_its_reason_is_read(said: str, reason: str) -> None:
    found = word(said)
    assert (found.kind, found.reason) == ((None if "(" in said else SEND), reason)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "Gửi anh An xem giúp",
        "Kính gửi Ông/Bà",
        "OK, nhưng chưa gửi vội",
        "GỬI, không gửi nữa",
        "GỬI hoặc HỦY",
        "Không gửi",
        "Chưa gửi",
        "Không đồng ý",
        "GỬI\nHỦY",
        "HỦY\nGỬI",
        "THA",
        "guitar",
        "okie",
        "huyen",
        "gửi/hủy",
        "1",
        "Tôi sẽ xem\nGỬI",
        "Trả lời tự động: tôi đi vắng",
        "OK, khoan đã",
        "GỬI, chờ đã",
        QUOTED,
    ],
)
def test_what_is_no_word_is_none(said: str) -> None:
    assert word(said).kind is None


@pytest.mark.parametrize("head", HEADS)
def test_what_is_quoted_says_nothing(head: str) -> None:
    assert word(f"{head}\n{QUOTED}\nGỬI\n").kind is None
    assert word(f"Tôi xem đã.\n\n{head}\nGỬI").kind is None
    assert word(f"HỦY\n{head}\nGỬI") == Word(WITHDRAW)
    assert word(f"GỬI, lý do: trả lời\n\n{head}\n{QUOTED}\nHỦY") == Word(SEND, reason="trả lời")


@pytest.mark.parametrize(
    "end",
    [
        "-- \nGửi từ iPhone của tôi",
        "Gửi từ iPhone của tôi",
        "Được gửi từ Outlook cho Android",
        "Sent from my iPhone",
        "--\nNguyễn Văn An\nHỦY BỎ",
        "Gửi bằng Zimbra",
    ],
)
def test_a_signature_says_nothing(end: str) -> None:
    assert word(f"GỬI, lý do: trả lời\n{end}") == Word(SEND, reason="trả lời")
    assert word(f"Tôi xem đã\n{end}").kind is None


def test_the_code_may_stand_in_the_line() -> None:
    assert word("GỬI 7k4-qw2-m9, lý do: trả lời") == Word(SEND, "7K4-QW2-M9", "trả lời")
    assert word("HỦY 7K4-QW2-M9") == Word(WITHDRAW, "7K4-QW2-M9")
    assert word("7K4-QW2-M9: GỬI") == Word(SEND, "7K4-QW2-M9")
    assert word("GỬI 7K4-QW2-M9 8K4-QW2-M9").kind is None
    assert find_codes("Re: [7K4-QW2-M9] Thư chưa gửi: 2024-ABC-12345") == ["7K4-QW2-M9"]


def test_html_alone_is_read_without_its_quotation() -> None:
    quote = f"<p>{QUOTED}</p><p>GỬI</p>"
    tops = (
        f'<div dir="ltr">HỦY</div><br><div class="gmail_quote"><div class="gmail_attr">Vào…</div>{quote}</div>',
        f"<html><head><style>p{{}}GỬI</style></head><body><p class=MsoNormal>HỦY<o:p></o:p></p><p>&nbsp;</p>"
        f"<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> x</p></div>{quote}</body>",
        f'HỦY<hr style="width:98%"><div id="divRplyFwdMsg">{quote}</div>',
        f"<p>HỦY</p><blockquote type=cite>{quote}</blockquote>",
        f'<div>HỦY</div><div id="appendonsend"></div>{quote}',
        f"<div>H&#7910;Y</div><div>Gửi từ iPhone</div><div>Vào 9:00, A &lt;a@b.vn&gt; đã viết:</div>{quote}",
    )
    for top in tops:
        assert read_word(own_lines(html_lines(top))) == Word(WITHDRAW), top
    assert read_word(own_lines(html_lines(f'<blockquote class="gmail_quote">{quote}</blockquote><p>GỬI</p>'))) == Word()


def test_blank_lines_of_html_end_a_reason() -> None:
    html = "<div>GỬI, lý do: trả lời</div><div><br></div><div>Nguyễn Văn An</div>"
    assert read_word(own_lines(html_lines(html))) == Word(SEND, reason="trả lời")


def mail(*parts: tuple[str, str], head: str = "") -> bytes:
    body = ""
    for kind, text in parts:
        coded = base64.b64encode(text.encode()).decode()
        body += f"--b\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}\r\n"
    return f"{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{body}--b--\r\n".encode()


def test_the_first_text_counts_and_attachments_do_not() -> None:
    assert reply_lines(mail(("text/plain", "HỦY"), ("text/html", "<p>GỬI</p>"))) == ["HỦY"]
    assert reply_lines(mail(("text/plain", " \n"), ("text/html", "<p>GỬI</p>"))) == ["GỬI"]
    assert reply_lines(mail(("text/plain", "Tôi xem đã"), ("text/plain", "GỬI"))) == ["Tôi xem đã"]
    assert reply_lines(mail(('text/plain; name="a.txt"\r\nContent-Disposition: attachment', "GỬI"))) == []
    assert reply_lines(mail(("message/rfc822", "GỬI"))) == []


@pytest.mark.parametrize("charset", ["utf-16", "x-none", "us-ascii", "\x00", "utf-8", "base64", "idna"])
def test_any_octets_are_read_without_a_fault(charset: str) -> None:
    head = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode("latin-1")
    reply_lines(head + bytes(range(256)) * 20)
    reply_lines(head.replace(b"plain", b"html") + b"<" * 5000 + b"<!--" * 500 + b"&#" * 500 + b"<![CDATA[<?" * 50)
    reply_lines(head[:20])


def test_machines_are_known() -> None:
    for line in ("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes",
                 "Content-Type: multipart/report; report-type=delivery-status"):  # fmt: skip
        assert is_by_machine(read_fields(f"From: a@b\r\n{line}\r\n\r\n".encode())), line
    assert not is_by_machine(read_fields(b"From: a@b\r\nAuto-Submitted: no\r\nPrecedence: first-class\r\n\r\n"))


@pytest.mark.parametrize(
    "piece",
    ["<", "<!--", "<![CDATA[", "<?", "<a b=", "<a b='", "&#", "&a", "</", "</a", "<script>", "<script></", "<style>",
     "<!-", "<a ", "<a\t", "<br>", "<div>", "<div class=", " ", "a ", "'", "<p id='x"],
)  # fmt: skip
def test_hostile_html_is_read_in_the_time_of_its_length(piece: str) -> None:
    text = (piece * (LONGEST_BODY // len(piece) + 1))[:LONGEST_BODY]
    begun = time.process_time()
    read_word(own_lines(html_lines(text)))
    read_word(own_lines(html_lines("<script>" + text)))
    read_word(own_lines(html_lines("<a " + text + ">")))
    assert time.process_time() - begun < 3
