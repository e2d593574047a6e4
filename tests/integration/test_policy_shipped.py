"""The rules that ship, in a running hub: drafts to private mail wait, programs come back, ordinary mail goes."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from tests.integration.conftest import Province, Sink
from tests.support.hub import RunningHub, wait_until
from tests.support.papers import as_docx, make_paper

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def mail(subject: str, to: str, *files: tuple[str, str, bytes]) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = AN, to, subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@may.tinh.gov.vn>"
    message.set_content("Kính gửi Ông/Bà, xin trao đổi.\n")
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def kinds(province: Province, code: str) -> list[str]:
    return [line.kind.value for line in province.trace(code)]


def test_a_draft_to_private_mail_waits_for_a_word_and_the_mail_says_why(
    hub: RunningHub, province: Province, sink: Sink
) -> None:
    draft = as_docx(make_paper("CV", seed=3, draft=True, number="", signer=""))
    code = hub.submit(
        AN, ["ban.toi@gmail.com"], mail("Du thao cong van", "ban.toi@gmail.com", ("dt.docx", DOCX, draft))
    )
    wait_until(lambda: "asked" in kinds(province, code), "the question")
    asking = wait_until(lambda: [m for m in hub.mails(AN) if code.encode() in m], "the letter that asks")
    assert b"Auto-Submitted: auto-generated" in asking[0]
    shown = hub.cli("trace", code).stdout
    assert "Đang chờ ý kiến của nva@tinh.gov.vn" in shown
    assert "Chờ duyệt: chờ ý kiến (1 người nhận)" in shown
    assert not [m for m in sink.sink.messages if "ban.toi@gmail.com" in m.recipients]


def test_ordinary_mail_to_citizens_and_colleagues_goes(hub: RunningHub, province: Province, sink: Sink) -> None:
    code = hub.submit(AN, ["congdan@gmail.com", BINH], mail("Tra loi", "congdan@gmail.com"))
    sink.wait_for(lambda m: "congdan@gmail.com" in m.recipients)
    wait_until(lambda: [m for m in hub.mails(BINH) if b"Subject: Tra loi" in m], "the mail for Binh")
    assert not {"asked", "refused", "held"} & set(kinds(province, code))


def test_a_program_is_not_sent_and_the_sender_reads_why(hub: RunningHub, province: Province) -> None:
    program = b"MZ" + b"\0" * 62 + b"PE\0\0" + b"\0" * 400
    code = hub.submit(AN, [BINH], mail("Phan mem", BINH, ("cai.exe", "application/octet-stream", program)))
    notice = wait_until(lambda: [m for m in hub.mails(AN) if b"report-type=delivery-status" in m], "the notice")
    assert code.encode() in notice[0]
    assert b"Status: 5.7.1" in notice[0]
    assert kinds(province, code)[-1] == "notified"
