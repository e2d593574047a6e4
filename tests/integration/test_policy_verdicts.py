"""What the rules say is carried out: held, refused with a notice, tagged, warned of, and nobody else is touched."""

from __future__ import annotations

import email
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage, Message
from email.policy import SMTP, default
from typing import Any, cast

import pytest

from mailhub.queue.timeline import Line
from tests.integration.conftest import Province, Sink
from tests.support.fakedns import FakeDNS
from tests.support.hub import RunningHub, letter, wait_until
from tests.support.rulebooks import SECRET, rule, write_book

AN, BINH, CUONG = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
AT_THE_DOT = "message.size = { at_least = 1 }"  # what RCPT cannot know


def to(domain: str, more: str = "") -> str:
    return f'recipient.domain = "{domain}"\n{more}'


def stranger(domain: str) -> str:
    return f'message.origin = "outside"\nsender.domain = "{domain}"'


BOOK = (
    SECRET,
    rule("giu", to("giu.example"), stage="hold", action="refuse"),
    rule("chan", to("gmail.com", AT_THE_DOT), message='{ vi = "Dùng hộp thư cá nhân.", en = "Private." }'),
    rule("tra-lai", to("tralai.example", AT_THE_DOT), reply='"reject"'),
    rule("nhac", to("nhac.example"), stage="warn"),
    rule("ghi-nhan", to("ghinhan.example"), stage="shadow"),
    rule("gia-mao", stranger("giamao.example"), action="tag", folder='"Nghi giả mạo"'),
    rule("cach-ly", stranger("la.example") + '\nrecipient.kind = "personal"\n' + AT_THE_DOT),
    rule("phong-bi", to("phongbi.example")),
)


@pytest.fixture(scope="module")
def hub(dns: FakeDNS, sink: Sink) -> Iterator[RunningHub]:
    settings: dict[str, dict[str, Any]] = {
        "dns": {"nameservers": ["127.0.0.1"], "port": dns.port, "timeout_seconds": 1},
        "delivery": {"smarthost": sink.address},
        "workers": {"smtp": 1},
        "secrets": {"phone": "0214 3840 000"},
    }
    with RunningHub(start=False, **cast(dict[str, Any], settings)) as running:
        write_book(running.directory, *BOOK)
        running.start()
        yield running


def kinds(lines: list[Line]) -> list[str]:
    return [line.kind.value for line in lines]


def story(province: Province, code: str, kind: str) -> list[Line]:
    """The timeline, once it has a line of this kind."""
    return wait_until(lambda: found if kind in kinds(found := province.trace(code)) else [], f"{kind} of {code}")


def only(lines: list[Line], kind: str) -> Line:
    (found,) = [line for line in lines if line.kind.value == kind]
    return found


def notice_to(hub: RunningHub, address: str, mark: str) -> Message:
    found = wait_until(lambda: [m for m in hub.mails(address) if mark.encode() in m], f"{mark} for {address}")
    assert len(found) == 1
    return email.message_from_bytes(found[0], policy=default)


def test_a_held_message_is_not_sent_and_its_story_says_who_is_asked(hub: RunningHub, province: Province) -> None:
    code = hub.submit(AN, ["x@giu.example"], letter(AN, "x@giu.example", subject="Du thao"))
    lines = story(province, code, "asked")
    assert only(lines, "asked").facts["of"] == AN
    judged = only(lines, "judged").facts
    assert [(one["rule"], one["stage"], one["effect"], one["recipients"]) for one in judged["rules"]] == [
        ("giu", "hold", "hold", 1)
    ]
    (waiting,) = [row for row in hub.queue() if row["recipient"] == "x@giu.example"]
    assert waiting["state"] == "held"


def test_refusing_one_recipient_sends_the_others_their_mail_and_one_notice(
    hub: RunningHub, province: Province, sink: Sink
) -> None:
    people = ["a@gmail.com", "b@gmail.com", BINH, "x@so.example"]
    mail = letter(AN, ", ".join(people), subject="Bao cao chung")
    code = hub.submit(AN, people, mail)
    sink.wait_for(lambda m: "x@so.example" in m.recipients)
    wait_until(lambda: [m for m in hub.mails(BINH) if b"Bao cao chung" in m], "the mail for Binh")
    notice = notice_to(hub, AN, "Bao cao chung")
    assert notice.get_content_type() == "multipart/report"
    text, status, original = cast(list[Message], notice.get_payload())
    words = text.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "Dùng hộp thư cá nhân." in words
    assert "Chỉ thị 77/2014/CT-UBND" in words
    assert "2 người nhận khác không bị ảnh hưởng" in words
    assert code in words
    fields = [dict(part.items()) for part in cast(list[Message], status.get_payload())][1:]
    assert {one["Final-Recipient"] for one in fields} == {"rfc822; a@gmail.com", "rfc822; b@gmail.com"}
    for one in fields:
        assert (one["Status"], one["Action"], one["X-Mailhub-Rule"]) == ("5.7.1", "failed", "chan")
        assert one["Diagnostic-Code"].startswith("smtp; 550 5.7.1 ")
        assert code in one["Diagnostic-Code"]
    assert b"Bao cao chung" in original.as_bytes()
    assert not [m for m in sink.sink.messages if "a@gmail.com" in m.recipients]
    story(province, code, "notified")
    again = hub.submit(AN, people, mail)
    assert again == code
    assert kinds(story(province, code, "repeated")).count("notified") == 1
    assert len([m for m in hub.mails(AN) if b"Bao cao chung" in m]) == 1


def test_a_rule_that_replies_refuses_the_whole_message_when_nobody_is_left(hub: RunningHub, province: Province) -> None:
    for _ in range(2):  # the same answer to the same message
        with pytest.raises(smtplib.SMTPDataError) as refused:
            hub.submit(AN, ["x@tralai.example"], letter(AN, "x@tralai.example"))
        assert refused.value.smtp_code == 550
        assert b"5.7.1" in cast(bytes, refused.value.smtp_error)
        assert province.refusal(cast(bytes, refused.value.smtp_error)) == "policy"


def test_a_warned_sender_is_told_and_the_mail_goes(hub: RunningHub, province: Province, sink: Sink) -> None:
    hub.submit(AN, ["x@nhac.example"], letter(AN, "x@nhac.example", subject="Nhac nho"))
    sink.wait_for(lambda m: "x@nhac.example" in m.recipients)
    assert province.rows("SELECT count(*) FROM letter WHERE kind = 'policy-warned'")[0][0] == 1


def test_a_rule_in_shadow_changes_no_delivery_and_is_counted(hub: RunningHub, province: Province, sink: Sink) -> None:
    code = hub.submit(AN, ["x@ghinhan.example"], letter(AN, "x@ghinhan.example"))
    sink.wait_for(lambda m: "x@ghinhan.example" in m.recipients)
    (counted,) = only(story(province, code, "judged"), "judged").facts["rules"]
    assert (counted["stage"], counted["effect"]) == ("shadow", "none")


def test_a_rule_about_the_envelope_answers_at_rcpt_and_the_others_go_on(hub: RunningHub, province: Province) -> None:
    with hub.submission(AN) as client:
        client.mail(AN)
        code, text = client.rcpt("x@phongbi.example")
        assert code == 550
        assert b"5.7.1" in text
        assert province.refusal(text) == "policy"
        assert client.rcpt(BINH)[0] == 250


def test_a_tagged_message_lands_in_its_folder_and_strangers_cannot_choose_one(
    hub: RunningHub, province: Province
) -> None:
    mail = letter("x@giamao.example", BINH, subject="Gia mao", extra="X-Mailhub-Folder: Trash\r\n")
    with hub.mx() as client:
        client.sendmail("x@giamao.example", [BINH], mail)
    found = wait_until(lambda: _in_folder(hub, BINH, "Nghi gi&HqM- m&HqE-o"), "the folder")
    assert b"Gia mao" in found[0]
    mail = letter("x@so.example", BINH, subject="La", extra="X-Mailhub-Folder: Trash\r\n")
    with hub.mx() as client:
        client.sendmail("x@so.example", [BINH], mail)
    wait_until(lambda: [m for m in hub.mails(BINH) if b"Subject: La\r\n" in m], "a stranger's mail in INBOX")


def _in_folder(hub: RunningHub, address: str, folder: str) -> list[bytes]:
    with hub.imap(address) as client:
        code, _ = client.select(f'"{folder}"', readonly=True)
    return hub.mails(address, folder=f'"{folder}"') if code == "OK" else []


def test_from_outside_all_refused_is_a_reply_and_some_is_a_quarantine(hub: RunningHub, province: Province) -> None:
    with hub.mx() as client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("x@la.example", [CUONG], letter("x@la.example", CUONG))
    assert refused.value.smtp_code == 550
    province.act("create_account", "vanthu@tinh.gov.vn", "Văn thư", kind="role")
    with hub.mx() as client:
        people = [CUONG, "vanthu@tinh.gov.vn"]
        client.sendmail("x@la.example", people, letter("x@la.example", CUONG, subject="Mot phan"))
    (row,) = wait_until(
        lambda: province.rows(
            "SELECT r.state, r.held_for, r.rule FROM recipient r JOIN message m ON m.id = r.message_id "
            f"WHERE m.subject = 'Mot phan' AND r.address = '{CUONG}'"
        ),
        "the quarantine",
    )
    assert tuple(row) == ("held", "word", "cach-ly")


def test_a_secret_is_refused_at_once_and_an_incident_entered(hub: RunningHub, province: Province) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = AN, BINH, "Phuong an 2027"
    mail["Message-ID"] = "<mat.1@may.tinh.gov.vn>"
    mail.set_content("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n\nTỐI MẬT\n\nKế hoạch số 12.\n")
    codes = set()
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError) as refused:
            hub.submit(AN, [BINH, CUONG], mail.as_bytes())
        said = cast(bytes, refused.value.smtp_error).decode()
        assert "bi mat nha nuoc" in said
        assert "0214 3840 000" in said
        codes.add(said.rpartition(" ")[2])
    assert len(codes) == 1
    assert province.rows("SELECT count(*) FROM incident")[0][0] == 1
    assert not province.rows("SELECT 1 FROM message WHERE subject = 'Phuong an 2027'")
