"""Notices: exact fields for programs, the agreed words for people, the original untouched."""

from __future__ import annotations

import dataclasses
import email
from email.header import decode_header, make_header
from email.message import Message
from typing import cast

import pytest

from mailhub.mail.headers import all_of, first, read_fields, unfold
from mailhub.mail.notice import Action, NoticeFacts, NoticeKind, NoticeRecipient, build_notice
from mailhub.mail.notice_words import reason_of

pytestmark = pytest.mark.unit

ORIGINAL = (
    b"Received: from x\r\n\tby y\r\nFrom: an@tinh.gov.vn\r\nSubject: =?utf-8?q?B=C3=A1o_c=C3=A1o?=\r\n\r\n"
    b".line\r\n--boundary\r\n\xe1\xbb\x85 \r\n\r\n"
)
NOBODY = NoticeRecipient(
    address="khong.co@x.vn",
    action=Action.FAILED,
    status="5.1.1",
    original="rfc822;khong.co@x.vn",
    host="mx.x.vn",
    reply="550 5.1.1 <khong.co@x.vn>: no\r\nsuch user",
    last_attempt=1_795_313_100_000,
    suggestion="khong.co@y.vn",
)
FULL = NoticeRecipient(address="day@x.vn", action=Action.FAILED, status="5.2.2")
FACTS = NoticeFacts(
    kind=NoticeKind.FAILED,
    to="an@tinh.gov.vn",
    name="Nguyễn Văn An",
    host="mail.tinh.gov.vn",
    domain="tinh.gov.vn",
    support="Phòng CNTT, 0214 3840 000",
    code="7K4-QW2-M9",
    at=1_795_313_400_000,
    received_at=1_795_312_800_000,  # 2026-11-22 09:00:00 +07:00
    subject="Báo cáo tháng 11",
    message_id="<1@tinh.gov.vn>",
    envid="QQ=314+159",
    recipients=(NOBODY, FULL),
    reached=13,
    original=ORIGINAL,
    whole=True,
)


def notice(**changes: object) -> bytes:
    return build_notice(dataclasses.replace(FACTS, **changes))  # type: ignore[arg-type]


def parts_of(data: bytes) -> list[Message]:
    message = email.message_from_bytes(data)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    return cast(list[Message], message.get_payload())


def words_of(data: bytes) -> tuple[str, str]:
    text = cast(bytes, parts_of(data)[0].get_payload(decode=True)).decode()
    vietnamese, english = text.replace("\r\n", "\n").split("-" * 40)
    return vietnamese, english


def groups_of(data: bytes) -> list[list[tuple[str, str]]]:
    return [group.items() for group in cast(list[Message], parts_of(data)[1].get_payload())]


def header(data: bytes, name: str) -> str:
    field = first(read_fields(data), name)
    assert field is not None
    return unfold(field.raw).decode()


def test_the_header_says_who_writes_about_what_and_that_nobody_should_answer() -> None:
    data = notice()
    assert str(make_header(decode_header(header(data, "From")))) == "Hệ thống thư điện tử <postmaster@tinh.gov.vn>"
    subject = str(make_header(decode_header(header(data, "Subject"))))
    assert subject == "Không gửi được thư đến 2 người nhận: Báo cáo tháng 11"
    assert header(data, "To") == "<an@tinh.gov.vn>"
    assert header(data, "Auto-Submitted") == "auto-replied"
    assert header(data, "In-Reply-To") == header(data, "References") == "<1@tinh.gov.vn>"
    assert header(data, "Date") == "Sun, 22 Nov 2026 09:10:00 +0700"
    assert header(data, "Message-ID").endswith("@mail.tinh.gov.vn>")
    assert all(len(all_of(read_fields(data), name)) == 1 for name in ("From", "To", "Subject", "Date", "Message-ID"))


def test_the_words_are_the_agreed_ones() -> None:
    vietnamese, english = words_of(notice())
    assert vietnamese.strip() == (
        "Kính gửi Ông/Bà Nguyễn Văn An,\n\n"
        "Thư gửi lúc 09 giờ 00 ngày 22/11/2026 không chuyển được đến:\n"
        "– khong.co@x.vn – địa chỉ không tồn tại, có thể là khong.co@y.vn\n"
        "– day@x.vn – hộp thư đã đầy\n\n"
        "13 người nhận khác: đã chuyển thành công.\n"
        "Thư gốc đính kèm để Ông/Bà sửa địa chỉ và gửi lại.\n\n"
        "Mã 7K4-QW2-M9; hỗ trợ: Phòng CNTT, 0214 3840 000."
    )
    assert "khong.co@x.vn: the address does not exist; perhaps khong.co@y.vn" in english
    assert "(server mx.x.vn said: 550 5.1.1 <khong.co@x.vn>: no such user)" in english


def test_the_report_has_exactly_these_fields() -> None:
    assert groups_of(notice()) == [
        [
            ("Original-Envelope-Id", "QQ=314+159"),
            ("Reporting-MTA", "dns; mail.tinh.gov.vn"),
            ("X-Mailhub-Code", "7K4-QW2-M9"),
            ("Arrival-Date", "Sun, 22 Nov 2026 09:00:00 +0700"),
        ],
        [
            ("Original-Recipient", "rfc822; khong.co@x.vn"),
            ("Final-Recipient", "rfc822; khong.co@x.vn"),
            ("Action", "failed"),
            ("Status", "5.1.1"),
            ("Remote-MTA", "dns; mx.x.vn"),
            ("Diagnostic-Code", "smtp; 550 5.1.1 <khong.co@x.vn>: no such user"),
            ("Last-Attempt-Date", "Sun, 22 Nov 2026 09:05:00 +0700"),
        ],
        [("Final-Recipient", "rfc822; day@x.vn"), ("Action", "failed"), ("Status", "5.2.2")],
    ]


@pytest.mark.parametrize("original", [ORIGINAL, b"a: b\r\n\r\n", b"\r\nno header", b"no end of line", b""])
def test_a_whole_original_comes_back_byte_for_byte(original: bytes) -> None:
    data = notice(original=original)
    boundary = header(data, "Content-Type").partition('boundary="')[2].rstrip('"').encode()
    last = data.split(b"\r\n--" + boundary)[3]
    head, _, body = last.partition(b"\r\n\r\n")
    assert body == original
    assert b"message/rfc822" in head
    assert (b"8bit" in head) is not original.isascii()


def test_only_the_header_comes_back_when_asked_or_when_the_message_is_large() -> None:
    for data in (notice(whole=False), build_notice(FACTS, largest_original=len(ORIGINAL) - 1)):
        part = parts_of(data)[2]
        assert part.get_content_type() == "text/rfc822-headers"
        assert part.get_payload() == ORIGINAL.partition(b"\r\n\r\n")[0].decode() + "\r\n"
        assert data.isascii()
        assert "Phần đầu của thư gốc đính kèm" in words_of(data)[0]
    assert b"message/rfc822\r\n" in build_notice(FACTS, largest_original=len(ORIGINAL))


def test_a_header_that_is_not_ascii_still_passes_seven_bit_hops() -> None:
    head = "Subject: Công văn\r\n".encode() + b"X: \0\xff =3D\r\n"
    data = notice(original=head + b"\r\nbody", whole=False)
    assert data.isascii()
    assert b"\0" not in data
    returned = cast(bytes, parts_of(data)[2].get_payload(decode=True))
    assert returned.rstrip(b"\r\n") == head.rstrip(b"\r\n")


def test_a_delay_says_until_when_and_that_nothing_is_to_be_done() -> None:
    late = NoticeRecipient(
        address="b@x.vn", action=Action.DELAYED, status="4.4.1", retry_until=1_795_572_000_000, last_attempt=FACTS.at
    )
    data = notice(kind=NoticeKind.DELAYED, recipients=(late,), reached=0, whole=False)
    subject = str(make_header(decode_header(header(data, "Subject"))))
    assert subject == "Thư chưa đến 1 người nhận, hệ thống đang tự gửi lại: Báo cáo tháng 11"
    vietnamese, english = words_of(data)
    assert "Hệ thống tự gửi lại đến 09 giờ 00 ngày 25/11/2026. Ông/Bà không cần gửi lại." in vietnamese
    assert "There is no need to send it again." in english
    assert "người nhận khác" not in vietnamese
    fields = dict(groups_of(data)[1])
    assert (fields["Action"], fields["Status"]) == ("delayed", "4.4.1")
    assert fields["Will-Retry-Until"] == "Wed, 25 Nov 2026 09:00:00 +0700"


def test_our_own_words_are_not_put_into_a_servers_mouth() -> None:
    to = NoticeRecipient(
        address="b@x.vn", action=Action.FAILED, status="4.4.1", host="mx.x.vn", reply="4.4.1 timed out"
    )
    data = notice(recipients=(to,))
    assert dict(groups_of(data)[1])["Diagnostic-Code"] == "x-mailhub; 4.4.1 timed out"
    assert "said" not in words_of(data)[1]
    assert "(4.4.1 timed out)" in words_of(data)[1]


def test_a_confirmation_tells_delivered_from_passed_on() -> None:
    here = NoticeRecipient(address="b@tinh.gov.vn", action=Action.DELIVERED, status="2.0.0")
    there = NoticeRecipient(address="c@x.vn", action=Action.RELAYED, status="", host="mx.x.vn")
    data = notice(kind=NoticeKind.DELIVERED, recipients=(here, there), reached=0, whole=False)
    vietnamese, _ = words_of(data)
    assert "– b@tinh.gov.vn – đã vào hộp thư\n" in vietnamese
    assert "– c@x.vn – đã chuyển đến máy chủ bên nhận; máy chủ đó không gửi xác nhận\n" in vietnamese
    assert [dict(group)["Action"] for group in groups_of(data)[1:]] == ["delivered", "relayed"]
    assert dict(groups_of(data)[2])["Status"] == "2.0.0"


def test_an_internationalised_notice_is_one_of_rfc_6533() -> None:
    to = NoticeRecipient(address="nguyễn@x.vn", action=Action.FAILED, status="5.1.1", original="rfc822;nguyễn@x.vn")
    data = notice(to="ân@tinh.gov.vn", recipients=(to,), utf8=True)
    assert b"message/global-delivery-status" in data
    assert b"message/global\r\n" in data
    assert "Original-Recipient: utf-8; nguyễn@x.vn\r\nFinal-Recipient: utf-8; nguyễn@x.vn\r\n".encode() in data
    assert "To: <ân@tinh.gov.vn>".encode() in data
    assert b"message/global-headers" in notice(recipients=(to,), utf8=True, whole=False)
    plain = notice(recipients=(to,), utf8=False, whole=False)
    assert plain.isascii()
    assert b"Final-Recipient: utf-8; nguy\\x{1EC5}n@x.vn" in plain


def test_strangers_words_cannot_add_lines() -> None:
    evil = "x\r\nBcc: all@x.vn\r\n\r\n--\0\x1b[2J"
    to = NoticeRecipient(
        address=evil, action=Action.FAILED, status=evil, original="rfc822;" + evil, host=evil, reply=evil * 500
    )
    data = notice(
        subject=evil + "đ",
        message_id="<x@y>\r\nBcc: z",
        envid=evil,
        name=evil,
        recipients=(to,),
        original=b"",
        whole=False,
    )
    assert not any(line.lower().startswith(b"bcc:") for line in data.split(b"\r\n"))
    assert b"\0" not in data
    assert b"\x1b" not in data
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert b"In-Reply-To" not in data
    assert data.replace(b"\r\n", b"").count(b"\n") == data.replace(b"\r\n", b"").count(b"\r") == 0
    assert dict(groups_of(data)[1])["Status"] == "5.0.0"


def test_a_notice_about_a_notice_keeps_its_parts_apart() -> None:
    inner = notice()
    outer = notice(original=inner)
    assert len(parts_of(outer)) == 3
    assert len(cast(list[Message], cast(list[Message], parts_of(outer)[2].get_payload())[0].get_payload())) == 3


def test_many_recipients_are_counted_in_words_and_listed_in_the_report() -> None:
    many = tuple(dataclasses.replace(FULL, address=f"a{n}@x.vn") for n in range(80))
    data = notice(recipients=many, waiting=2)
    vietnamese, english = words_of(data)
    assert "a49@x.vn" in vietnamese
    assert "a50@x.vn" not in vietnamese
    assert "– và 30 người nhận khác, ghi trong phần báo cáo kèm theo" in vietnamese
    assert "2 người nhận khác: chưa gửi được" in vietnamese
    assert "30 more recipients" in english
    assert len(groups_of(data)) == 81


def test_without_a_name_a_subject_or_support_there_are_still_sentences() -> None:
    data = notice(name="", subject=" ", support="")
    vietnamese, _ = words_of(data)
    assert vietnamese.startswith("Kính gửi Ông/Bà,\n")
    assert "hỗ trợ: postmaster@tinh.gov.vn." in vietnamese
    assert "(không có tiêu đề)" in str(make_header(decode_header(header(data, "Subject"))))


def test_two_notices_about_one_message_have_different_ids() -> None:
    assert header(notice(), "Message-ID") != header(notice(recipients=(FULL,)), "Message-ID")
    assert notice() == notice()


@pytest.mark.parametrize(
    ("status", "action", "reason"),
    [
        ("5.1.1", Action.FAILED, "no-such-address"), ("5.1.2", Action.FAILED, "no-such-domain"),
        ("5.1.10", Action.FAILED, "no-such-domain"), ("5.1.6", Action.FAILED, "ended"),
        ("5.2.2", Action.FAILED, "mailbox-full"), ("4.2.2", Action.FAILED, "mailbox-full"),
        ("5.3.4", Action.FAILED, "too-large"), ("5.4.6", Action.FAILED, "loop"), ("5.6.7", Action.FAILED, "utf8"),
        ("4.4.1", Action.FAILED, "gave-up"), ("5.4.7", Action.FAILED, "gave-up"), ("4.4.7", Action.FAILED, "gave-up"),
        ("4.4.1", Action.DELAYED, "not-answering"), ("4.3.2", Action.DELAYED, "busy"),
        ("4.7.1", Action.FAILED, "gave-up-busy"), ("5.7.26", Action.FAILED, "refused"), ("", Action.FAILED, "refused"),
        ("5.6.0", Action.FAILED, "format"), ("nonsense", Action.DELAYED, "busy"),
    ],
)  # fmt: skip
def test_reasons(status: str, action: Action, reason: str) -> None:
    to = NoticeRecipient(address="a@x.vn", action=action, status=status)
    assert reason_of(to) == reason


def test_an_ended_box_names_the_unit_to_write_to() -> None:
    to = NoticeRecipient(address="a@x.vn", action=Action.FAILED, status="5.1.6", suggestion="vanthu@x.vn")
    assert "– a@x.vn – hộp thư đã ngừng sử dụng, xin gửi đến vanthu@x.vn" in words_of(notice(recipients=(to,)))[0]
