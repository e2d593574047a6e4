"""Held mail is let go by a reply from any mail client, by nobody else, and the reply leaves no trace of its own."""

from __future__ import annotations

import base64
import email
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any, cast

import pytest

from mailhub.clock import HOUR, now_ms
from mailhub.queue import words
from mailhub.settings import load
from mailhub.store.database import Database, open_database
from tests.integration.conftest import Province, Sink, refusal
from tests.support.fakedns import FakeDNS
from tests.support.hub import RunningHub, letter, wait_until
from tests.support.rulebooks import rule, write_book

AN, BINH, CUONG = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
HUB = "thuchoduyet@tinh.gov.vn"
DESK = "vanthu.snv@tinh.gov.vn"
BOOK = (
    rule("giu", 'recipient.domain = "giu.example"', stage="hold"),
    rule("hoi", 'recipient.domain = "hoi.example"', stage="hold", action="ask", reason_needed="false"),
    rule("duyet", 'recipient.domain = "duyet.example"', stage="hold", asks='"desk"'),
    rule("cach-ly", 'message.origin = "outside"\nsender.domain = "la.example"', stage="hold"),
)


@pytest.fixture(scope="module")
def hub(dns: FakeDNS, sink: Sink) -> Iterator[RunningHub]:
    settings: dict[str, dict[str, Any]] = {
        "dns": {"nameservers": ["127.0.0.1"], "port": dns.port, "timeout_seconds": 1},
        "delivery": {"smarthost": sink.address},
        "workers": {"smtp": 1},
    }
    with RunningHub(start=False, **cast(dict[str, Any], settings)) as running:
        write_book(running.directory, *BOOK)
        running.start()
        yield running


@pytest.fixture(scope="module")
def office(province: Province) -> Province:
    """ttb holds the document desk of the province, to which nva belongs."""
    province.act("add_role_mailbox", DESK, "Văn thư Sở Nội vụ", office="van-thu")
    province.act("hold_role", DESK, BINH)
    return province


@pytest.fixture(scope="module")
def database(hub: RunningHub) -> Iterator[Database]:
    opened = open_database(load(hub.directory / "mailhub.toml").database_url)
    yield opened
    opened.close()


def hold(hub: RunningHub, to: str, subject: str) -> str:
    """A message of nva's that a rule holds; its code."""
    return hub.submit(AN, [to], letter(AN, to, subject=subject))


def asked(hub: RunningHub, address: str, code: str, *, words_: str = "") -> EmailMessage:
    """The one letter to `address` whose subject begins with the code and has these words."""

    def look() -> list[EmailMessage]:
        read = [email.message_from_bytes(one, policy=default) for one in hub.mails(address)]
        return [one for one in read if one["Subject"].startswith(f"[{code}]") and words_ in one["Subject"]]

    found = wait_until(look, f"a letter about {code} ({words_}) to {address}")
    assert len(found) == 1
    return found[0]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return cast(str, part.get_content())


def reply(asking: EmailMessage, sender: str, body: str, *, html: bool = False, **fields: str) -> bytes:
    """As a mail client writes it: below, the whole letter is quoted; a file is attached that is held elsewhere."""
    answer = EmailMessage(policy=SMTP)
    answer["From"], answer["To"] = sender, asking["Reply-To"]
    answer["Subject"] = f"Re: {asking['Subject']}"
    answer["Message-ID"] = f"<{now_ms()}.{abs(hash(body))}@client.test>"
    answer["In-Reply-To"] = answer["References"] = asking["Message-ID"]
    for name, value in fields.items():
        del answer[name.replace("_", "-")]
        if value:
            answer[name.replace("_", "-")] = value
    quoted = text_of(asking)
    if html:
        answer.set_content(f"<div>{body}</div><div class='gmail_quote'><p>{quoted}</p></div>", subtype="html")
    else:
        lines = "\n".join(f"> {line}" for line in quoted.splitlines())
        answer.set_content(f"{body}\n\nVào 09:00, Th 2, Hệ thống <{HUB}> đã viết:\n{lines}\n")
    answer.add_attachment(b"BI-MAT-TRONG-TEP " * 50, maintype="application", subtype="octet-stream", filename="a.docx")
    return answer.as_bytes()


def send(hub: RunningHub, login: str, message: bytes, *, sender: str = "") -> str:
    with hub.submission(login) as client:
        client.mail(sender or login)
        code, text = client.rcpt(HUB)
        assert code == 250, text
        code, text = client.data(message)
    return f"{code} {text.decode()}"


def states(province: Province, code: str) -> list[str]:
    query = f"SELECT r.state FROM message m JOIN recipient r ON r.message_id = m.id WHERE m.code = '{code}'"
    return [row[0] for row in province.rows(query)]


def refused_words(province: Province) -> list[tuple[str, str]]:
    query = "SELECT actor, after FROM audit_log WHERE action = 'word.give' AND after LIKE '%refused%' ORDER BY id"
    return [(row[0], row[1]) for row in province.rows(query)]


def test_a_reply_with_its_reason_releases_the_mail_and_the_trace_tells_it(
    hub: RunningHub, office: Province, sink: Sink
) -> None:
    code = hold(hub, "x@giu.example", "Du thao mot")
    asking = asked(hub, AN, code)
    assert asking["Subject"] == f"[{code}] Thư chưa gửi, cần ý kiến: Du thao mot"
    assert HUB in asking["From"]
    assert HUB in asking["Reply-To"]
    said = text_of(asking)
    assert "Thư gửi x@giu.example lúc " in said
    assert "Lý do: Không đúng quy định (" in said
    assert "Chỉ thị 77/2014/CT-UBND" in said
    assert "dòng đầu ghi: GỬI, lý do: … (ví dụ: GỬI, lý do: trả lời kiến nghị của công dân) hoặc HỦY." in said
    assert f"Mã {code}; hỗ trợ: " in said
    answer = reply(asking, AN, "GỬI, lý do: trả lời kiến nghị của công dân")
    assert send(hub, AN, answer) == f"250 2.0.0 Ma {code}"
    assert b"Du thao mot" in sink.wait_for(lambda m: "x@giu.example" in m.recipients).content
    shown = hub.cli("trace", code).stdout
    assert f"Đang chờ ý kiến của {AN}" in shown
    assert f"Đã cho gửi  theo ý kiến của {AN}" in shown
    assert "lý do: trả lời kiến nghị của công dân" in shown
    assert "lý do: trả lời" in text_of(asked(hub, AN, code, words_="được cho gửi")).lower()
    assert office.rows(f"SELECT id FROM recipient WHERE address = '{HUB}'") == []
    everything = b"".join(path.read_bytes() for path in (hub.directory / "data").rglob("*") if path.is_file())
    assert b"BI-MAT-TRONG-TEP" not in everything
    assert base64.b64encode(b"BI-MAT-TRONG-TEP")[:20] not in everything
    # The same once more, by a client that did not hear our 250, is known; another has no effect, its writer hears so.
    assert send(hub, AN, answer) == f"250 2.0.0 Ma {code}"
    answer = reply(asking, AN, "GỬI, lý do: trả lời kiến nghị của công dân")
    assert send(hub, AN, answer).startswith("250")
    late = asked(hub, AN, code, words_="đã được gửi trước đó")
    assert f"theo ý kiến của {AN}" in text_of(late)
    assert late["In-Reply-To"] == email.message_from_bytes(answer, policy=default)["Message-ID"]
    assert "late or double" in refused_words(office)[-1][1]
    assert len([m for m in sink.sink.messages if "x@giu.example" in m.recipients]) == 1


def test_without_a_reason_it_waits_on_and_can_be_withdrawn_from_outlook(
    hub: RunningHub, office: Province, sink: Sink
) -> None:
    code = hold(hub, "y@giu.example", "Du thao hai")
    asking = asked(hub, AN, code)
    send(hub, AN, reply(asking, AN, "GUI"))
    assert "yêu cầu nêu lý do" in text_of(asked(hub, AN, code, words_="nêu lý do"))
    send(hub, AN, reply(asking, AN, "Tôi xem đã, chưa gửi"))
    assert "chưa hiểu câu trả lời" in text_of(asked(hub, AN, code, words_="chưa hiểu"))
    assert states(office, code) == ["held"]
    # HTML alone, and the client has lost the thread: the code in the subject is enough.
    send(hub, AN, reply(asking, AN, "H&#7910;Y", html=True, In_Reply_To="", References=""))
    assert states(office, code) == ["withdrawn"]
    asked(hub, AN, code, words_="đã hủy")
    assert not [m for m in sink.sink.messages if "y@giu.example" in m.recipients]


def test_nobody_else_releases_it(hub: RunningHub, office: Province) -> None:
    code = hold(hub, "z@giu.example", "Du thao ba")
    asking = asked(hub, AN, code)
    word = "GỬI, lý do: thử"
    send(hub, CUONG, reply(asking, CUONG, word))
    assert "không thuộc thẩm quyền" in text_of(asked(hub, CUONG, code, words_="không được thực hiện"))
    assert refused_words(office)[-1][0] == CUONG
    assert "not this account's" in refused_words(office)[-1][1]
    forged = reply(asking, AN, word)
    with hub.submission(CUONG) as client:
        assert refusal(client, AN, [HUB], forged).startswith("550 5.7.1")  # the envelope
        assert office.refusal(refusal(client, CUONG, [HUB], forged)) == "from-not-owned"
        assert office.refusal(refusal(client, "", [HUB], forged)) == "word-automatic"
        assert office.refusal(refusal(client, CUONG, [HUB, AN], forged)) == "word-alone"
        assert office.refusal(refusal(client, CUONG, [AN, HUB], forged)) == "word-alone"
    with hub.mx() as client:
        for sender in ("ai@khac.example", "", AN):
            assert office.refusal(refusal(client, sender, [HUB], forged)) == "word-not-here"
    with hub.submission(AN) as client:
        machine = reply(asking, AN, word, Auto_Submitted="auto-replied")
        assert office.refusal(refusal(client, AN, [HUB], machine)) == "word-automatic"
    below = f"Vào 09:00, Th 2, Hệ thống <{HUB}> đã viết:\n> Thư gửi\n\n{word}"
    send(hub, AN, reply(asking, AN, below))
    asked(hub, AN, code, words_="chưa hiểu")
    assert states(office, code) == ["held"]


def test_without_a_code_nothing_is_guessed(hub: RunningHub, office: Province) -> None:
    first, second = hold(hub, "m@hoi.example", "Mot"), hold(hub, "n@hoi.example", "Hai")
    bare = letter(AN, HUB, subject="tra loi", body="GUI")
    send(hub, AN, bare)

    def look() -> list[bytes]:
        return [one for one in hub.mails(AN) if first.encode() in one and second.encode() in one]

    wait_until(look, "the letter with both codes")
    assert states(office, first) == states(office, second) == ["held"]
    send(hub, AN, letter(AN, HUB, subject="tra loi", body=f"GUI {second}"))
    assert states(office, first) == ["held"]
    assert states(office, second) != ["held"]
    send(hub, AN, letter(AN, HUB, subject="tra loi", body=f"HUY {first}"))
    assert states(office, first) == ["withdrawn"]


def test_whoever_holds_the_desk_answers_for_it(hub: RunningHub, office: Province, sink: Sink) -> None:
    code = hold(hub, "x@duyet.example", "Cong van di")
    waits = asked(hub, AN, code, words_="đang chờ ý kiến")
    assert "Thư chỉ được gửi sau khi Văn thư Sở Nội vụ đồng ý." in text_of(waits)
    asking = asked(hub, f"{DESK}*{BINH}", code, words_="chờ ý kiến của Văn thư")
    [original] = [part for part in asking.walk() if part.get_content_type() == "message/rfc822"]
    assert "Cong van di" in str(original.get_payload(0)["Subject"])  # type: ignore[index]
    assert "Thư gốc đính kèm để Ông/Bà xem." in text_of(asking)
    assert "Ngoài ra, thư không được gửi đến ai khác." in text_of(asking)
    assert f"{code}" in hub.cli("--as", BINH, "word", "list").stdout
    send(hub, AN, reply(waits, AN, "GỬI, lý do: gấp"))
    assert "không thuộc thẩm quyền" in text_of(asked(hub, AN, code, words_="không được thực hiện"))
    assert send(hub, f"{DESK}*{BINH}", reply(asking, DESK, "Đồng ý, lý do: đã ký ban hành"), sender=DESK).startswith(
        "250"
    )
    sink.wait_for(lambda m: "x@duyet.example" in m.recipients)
    assert BINH in text_of(asked(hub, AN, code, words_="được cho gửi"))
    send(hub, AN, reply(waits, AN, "HỦY"))
    assert f"theo ý kiến của {BINH}" in text_of(asked(hub, AN, code, words_="đã được gửi trước đó"))
    again = hold(hub, "y@duyet.example", "Cong van khac")
    send(hub, AN, reply(asked(hub, AN, again, words_="đang chờ ý kiến"), AN, "HỦY"))  # one's own may be taken back
    assert states(office, again) == ["withdrawn"]


def test_mail_from_outside_waits_for_whom_it_is_for(hub: RunningHub, office: Province) -> None:
    with hub.mx() as client:
        client.sendmail("ai@la.example", [CUONG], letter("ai@la.example", CUONG, subject="Nhan thuong www.lua.example"))
    [[code]] = office.rows("SELECT code FROM message WHERE sender = 'ai@la.example'")
    asking = asked(hub, CUONG, code)
    assert "chưa vào hộp thư" in asking["Subject"]
    assert "www.lua" not in asking["Subject"] + text_of(asking)
    send(hub, CUONG, reply(asking, CUONG, "OK, lý do: đối tác"))
    wait_until(lambda: [m for m in hub.mails(CUONG) if b"\r\nSubject: Nhan thuong" in m], "the mail itself")


def test_what_nobody_answers_comes_back_with_the_original(
    hub: RunningHub, office: Province, database: Database
) -> None:
    code = hold(hub, "w@giu.example", "Du thao bon")
    asked(hub, AN, code)
    with database.write() as connection:
        words.lapse(connection, at=now_ms() + 400 * HOUR)
    back = asked(hub, AN, code, words_="trả lại Ông/Bà")
    assert "Thư gốc đính kèm" in text_of(back)
    [original] = [part for part in back.walk() if part.get_content_type() == "message/rfc822"]
    assert "Du thao bon" in str(original.get_payload(0)["Subject"])  # type: ignore[index]
    assert states(office, code) == ["expired"]
    assert "Quá hạn chờ ý kiến" in hub.cli("trace", code).stdout


def test_the_command_line_gives_a_word_too(hub: RunningHub, office: Province, sink: Sink) -> None:
    code = hold(hub, "v@giu.example", "Du thao \x1b[31mnam")
    listed = hub.cli("--as", AN, "word", "list").stdout
    assert code in listed
    assert "\x1b" not in listed
    assert code not in hub.cli("--as", CUONG, "word", "list", "--json").stdout
    assert hub.cli("--as", AN, "word", "send", code, check=False).returncode == 2
    assert hub.cli("--as", CUONG, "word", "send", code, "--reason", "x", check=False).returncode == 1
    assert hub.cli("queue", "release", code, check=False).returncode != 0  # even an administrator says why
    hub.cli("--as", AN, "word", "send", code, "--reason", "họp gấp", "--dry-run")
    assert states(office, code) == ["held"]
    assert "Đã cho gửi thư" in hub.cli("--as", AN, "word", "send", code, "--reason", "họp gấp").stdout
    sink.wait_for(lambda m: "v@giu.example" in m.recipients)
    other = hold(hub, "u@giu.example", "Du thao sau")
    assert "Đã hủy thư" in hub.cli("--as", AN, "word", "withdraw", other, "--reason", "nhầm").stdout
    assert states(office, other) == ["withdrawn"]


def test_nobody_can_have_the_address(hub: RunningHub, office: Province) -> None:
    taken = hub.cli("account", "create", HUB, "--name", "Thử", check=False)
    assert taken.returncode == 1
    assert re.search("taken", taken.stderr)


def test_nobody_but_the_hub_has_answers_sent_to_it(hub: RunningHub, office: Province) -> None:
    """Else the "Đồng ý" to a colleague's question would let the one message go that waits."""
    bait = letter(BINH, AN, subject="Anh co dong y khong", extra=f"Reply-To: {HUB}\r\n")
    with hub.submission(BINH) as client:
        assert office.refusal(refusal(client, BINH, [AN], bait)) == "word-reply-to"
    foreign = bait.replace(BINH.encode(), b"a@ngoai.example")
    with hub.mx() as client:
        assert office.refusal(refusal(client, "a@ngoai.example", [AN], foreign)) == "word-reply-to"
