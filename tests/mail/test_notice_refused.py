"""The notice about recipients whom a rule refused: fields for programs, reason and article for people."""

from __future__ import annotations

import email
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import Message
from typing import cast

import pytest

from mailhub.mail.notice import Action, NoticeFacts, NoticeKind, NoticeRecipient, build_notice
from mailhub.mail.notice_facts import NoticeRule

pytestmark = pytest.mark.unit

WHY = NoticeRule(
    title="Văn bản công vụ gửi đến hộp thư cá nhân",
    addresses=("x@gmail.com",),
    why={"vi": "Thư kèm Công văn số 156/SYT-KHTH.\nĐề nghị gửi từ hộp thư đơn vị.", "en": "It brings a document."},
    because={"vi": "Điều 9 Quy chế; Chỉ thị 77/2014/CT-UBND", "en": "Article 9"},
)


def notice(*addresses: str, **changes: object) -> bytes:
    recipients = tuple(
        NoticeRecipient(
            address=address, action=Action.FAILED, status="5.7.1", rule="van-ban", article="Dieu 9\r\nX-Forged: 1",
            reply="550 5.7.1 Khong gui van ban cong vu den hop thu ca nhan (gmail.com). Ma 7K4-QW2-M9",
        )
        for address in addresses
    )  # fmt: skip
    facts = NoticeFacts(
        kind=NoticeKind.REFUSED, to="an@tinh.gov.vn", name="Nguyễn Văn An", host="mail.tinh.gov.vn",
        domain="tinh.gov.vn", code="7K4-QW2-M9", at=1_795_313_400_000, received_at=1_795_312_800_000,
        subject="Báo cáo", recipients=recipients, others=9, rules=(WHY,), original=b"Subject: x\r\n\r\n",
        whole=True,
    )  # fmt: skip
    return build_notice(replace(facts, **changes))  # type: ignore[arg-type]


def parts(data: bytes) -> list[Message]:
    return cast(list[Message], email.message_from_bytes(data).get_payload())


def test_people_read_who_why_by_which_article_and_that_nobody_else_is_affected() -> None:
    words = cast(bytes, parts(notice("x@gmail.com"))[0].get_payload(decode=True)).decode().replace("\r\n", "\n")
    for part in (
        "Kính gửi Ông/Bà Nguyễn Văn An,",
        "không được chuyển đến:",
        "– x@gmail.com",
        "Lý do: Thư kèm Công văn số 156/SYT-KHTH.\nĐề nghị gửi từ hộp thư đơn vị.",
        "Căn cứ: Điều 9 Quy chế; Chỉ thị 77/2014/CT-UBND (quy tắc: Văn bản công vụ gửi đến hộp thư cá nhân).",
        "9 người nhận khác không bị ảnh hưởng.",
        "Mã 7K4-QW2-M9",
        "Reason: It brings a document.",
    ):
        assert part in words
    assert "http" not in words


def test_a_group_is_named_with_its_number() -> None:
    facts = replace(WHY, addresses=("nhom@tinh.gov.vn",), members={"nhom@tinh.gov.vn": 13})
    text = notice("nhom@tinh.gov.vn", rules=(facts,))
    words = cast(bytes, parts(text)[0].get_payload(decode=True)).decode()
    assert "– nhom@tinh.gov.vn (nhóm, 13 người)" in words
    assert "– nhom@tinh.gov.vn (a group, 13 people)" in words
    _, group = cast(list[Message], parts(text)[1].get_payload())
    assert group["Final-Recipient"] == "rfc822; nhom@tinh.gov.vn"


def test_programs_read_the_status_the_reply_and_the_rule() -> None:
    _, *groups = cast(list[Message], parts(notice("x@gmail.com", "y@gmail.com"))[1].get_payload())
    assert [group["Final-Recipient"] for group in groups] == ["rfc822; x@gmail.com", "rfc822; y@gmail.com"]
    for group in groups:
        assert (group["Action"], group["Status"], group["X-Mailhub-Rule"]) == ("failed", "5.7.1", "van-ban")
        assert group["Diagnostic-Code"].startswith("smtp; 550 5.7.1 ")
        assert group["X-Mailhub-Article"] == "Dieu 9 X-Forged: 1"  # a line break forges no field
        assert "X-Forged" not in group


@pytest.mark.parametrize(
    ("addresses", "subject"),
    [
        (("x@gmail.com",), "Thư chưa gửi được đến x@gmail.com: Báo cáo"),
        (("x@gmail.com", "y@gmail.com"), "Thư chưa gửi được đến 2 người nhận: Báo cáo"),
    ],
)
def test_the_subject_names_whom_it_did_not_go_to(addresses: tuple[str, ...], subject: str) -> None:
    message = email.message_from_bytes(notice(*addresses))
    assert str(make_header(decode_header(message["Subject"]))) == subject
    assert message["Auto-Submitted"] == "auto-replied"
