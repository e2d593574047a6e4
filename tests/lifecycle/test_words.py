"""The words of letters: wording.md's own sentences, a letter for every kind, whatever its callers know."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

import pytest

from mailhub.accounts.life.letters import LetterKind
from mailhub.i18n import LANGUAGES, texts
from mailhub.lifecycle.held_words import with_article
from mailhub.lifecycle.words import LetterText, fill, subject_line, whole_text

WHO = {"address": "nva@tinh.gov.vn", "name": "Nguyễn Văn An", "agency": "Sở Nội vụ"}
AT = 1_795_426_200_000  # 16:30 on 23/11/2026 in Vietnam
REQUEST = WHO | {"request": "7K4-QW2-M9", "kind": "new", "because": "QĐ 156/QĐ-SNV", "asked_by": "vt@tinh.gov.vn"}

HELD = {"code": "7K4-QW2-M9", "to": ["x@gmail.com"], "recipients": 1, "subject": "Báo cáo", "at": AT, "until": AT}
HELD |= {"sender": "nva@tinh.gov.vn", "vi": "kèm Công văn số 156/SYT-KHTH.", "en": "with Letter 156/SYT-KHTH."}
HELD |= {"because_vi": "khoản 1 Điều 5 Quy chế", "because_en": "Article 5(1)", "reason_needed": True, "asked": "sender"}

FROM_OUTSIDE = HELD | {"asked": "outside", "sender": "ai@so.vn", "to": ["nva@tinh.gov.vn"], "reason_needed": False}

# What each caller gives, by the keys it uses.
# The notice of a refusal is an RFC 3464 report, with words of its own (lifecycle/refusal_notice.py).
WRITTEN_HERE = sorted(set(LetterKind) - {LetterKind.POLICY_REFUSED})
GIVEN: dict[str, tuple[LetterKind, dict[str, Any]]] = {
    "request-made": (LetterKind.REQUEST_MADE, REQUEST),
    "request-approved": (LetterKind.REQUEST_DECIDED, REQUEST | {"state": "approved", "answer": ""}),
    "request-refused": (LetterKind.REQUEST_DECIDED, REQUEST | {"state": "refused", "answer": "trùng"}),
    "request-lapsed": (LetterKind.REQUEST_DECIDED, REQUEST | {"state": "lapsed", "answer": ""}),
    "request-withdrawn": (LetterKind.REQUEST_DECIDED, REQUEST | {"state": "withdrawn", "answer": ""}),
    "welcome": (LetterKind.WELCOME, WHO),
    "welcome-slip": (LetterKind.WELCOME, WHO | {"until": AT, "by": "slip"}),
    "ending": (
        LetterKind.ENDING,
        WHO
        | {
            "ends_on": "2026-12-01",
            "because": "Quyết định số 156/QĐ-SNV ngày 20/11/2026",
            "handover": "ttb@tinh.gov.vn",
        }
        | {"kept_until": "2027-06-01", "unit": "vanthu.snv@tinh.gov.vn"},
    ),
    "ended": (
        LetterKind.ENDED,
        WHO | {"on": "2026-12-01", "because": "QĐ 156", "retained_until": "2027-06-01", "handover": ""},
    ),
    "ended-taker": (LetterKind.ENDED, WHO | {"act": "taker", "because": "", "on": "2026-12-01"}),
    "mailbox-opened-reader": (
        LetterKind.MAILBOX_OPENED,
        {"act": "reader", "address": "nva@tinh.gov.vn", "order": "QĐ 9", "until_on": "2026-12-01"},
    ),
    "suspended": (LetterKind.SUSPENDED, WHO | {"because": ""}),
    "restored": (LetterKind.RESTORED, WHO | {"because": ""}),
    "moved": (LetterKind.MOVED, WHO | {"former_agency": "Sở Y tế", "former_address": "", "because": "QĐ 157"}),
    "leave-begins": (
        LetterKind.LEAVE_BEGINS,
        WHO
        | {"from_on": "2026-12-01", "until_on": "2027-05-31", "acting": "ttb@tinh.gov.vn", "closes_login": True}
        | {"because": "nghỉ thai sản"},
    ),
    "leave-over": (LetterKind.LEAVE_OVER, WHO | {"until_on": "2027-05-31", "acting": "", "closes_login": True}),
    "idle-soon": (LetterKind.IDLE_SOON, {"address": WHO["address"], "days": 40, "closes_on": "2026-12-01"}),
    "idle-closed": (LetterKind.IDLE_CLOSED, WHO | {"days": 45}),
    "review-opened": (LetterKind.REVIEW_OPENED, {"review": "2026-Q4", "due_on": "2026-12-15", "number": 7}),
    "review-reminder": (LetterKind.REVIEW_REMINDER, {"review": "2026-Q4", "due_on": "2026-12-15", "number": 7}),
    "review-suspended": (LetterKind.REVIEW_SUSPENDED, WHO | {"review": "2026-Q4"}),
    "password-expires": (LetterKind.PASSWORD_EXPIRES, WHO | {"until": AT, "days": 3}),
    "password-changed": (
        LetterKind.PASSWORD_CHANGED,
        WHO | {"at": AT, "by": "recovery", "ip": "203.0.113.7", "devices": ["Outlook"]},
    ),
    "report": (
        LetterKind.REPORT,
        {"figures": "usage", "agency": "Sở Nội vụ", "first": "2026-09-15", "last": "2026-10-14", "every": "month"},
    ),
    "recovery-code": (LetterKind.RECOVERY_CODE, {"secret": "8F3K-22QX-M4TD-9WHB", "until": AT}),
    "new-device": (LetterKind.NEW_DEVICE, WHO | {"device": "Outlook", "at": AT, "ip": "203.0.113.7"}),
    "new-token": (LetterKind.NEW_DEVICE, WHO | {"device": "Một cửa", "at": AT, "ip": "203.0.113.7", "act": "token"}),
    "new-passkey": (LetterKind.SECOND_FACTOR, WHO | {"at": AT, "act": "passkey", "device": "Khóa USB"}),
    "second-factor-on": (LetterKind.SECOND_FACTOR, WHO | {"at": AT, "act": "confirmed", "by": "nva@tinh.gov.vn"}),
    "second-factor-off": (LetterKind.SECOND_FACTOR, WHO | {"at": AT, "act": "reset", "by": "console:root"}),
    "delegated": (
        LetterKind.DELEGATED,
        {"address": "gd@tinh.gov.vn", "owner": "Lê Văn Cường", "delegate": "Nguyễn Văn An", "right": "send"}
        | {"from_at": AT, "until_at": None, "because": "", "ended": False, "name": "Nguyễn Văn An"},
    ),
    "delegation-over": (
        LetterKind.DELEGATED,
        {"address": "gd@tinh.gov.vn", "owner": "Lê Văn Cường", "delegate": "Nguyễn Văn An", "right": "send"}
        | {"from_at": None, "until_at": AT, "because": "", "ended": True, "name": "Nguyễn Văn An"},
    ),
    "role-held": (
        LetterKind.ROLE_HELD,
        {"address": "vt@tinh.gov.vn", "role_name": "Văn thư", "from_at": AT, "until_at": None, "ended": False},
    ),
    "role-over": (
        LetterKind.ROLE_HELD,
        {"address": "vt@tinh.gov.vn", "role_name": "Văn thư", "from_at": None, "until_at": AT, "ended": True},
    ),
    "signature-invalid": (
        LetterKind.SIGNATURE_INVALID,
        {"code": "7K4-QW2-M9", "subject": "Báo cáo", "sender": "vt@bo.gov.vn", "signer": "Nguyễn Văn Lãnh"}
        | {"received_at": AT, "vi": "Chứng thư đã bị thu hồi.", "en": "The certificate was revoked."},
    ),
    "moderation": (
        LetterKind.MODERATION,
        {"group": "toantinh@tinh.gov.vn", "code": "7K4-QW2-M9", "sender": "nva@tinh.gov.vn", "subject": "Họp"}
        | {"until": AT},
    ),
    "moderation-of-a-secret": (
        LetterKind.MODERATION,
        {"group": "toantinh@tinh.gov.vn", "code": "7K4-QW2-M9", "sender": "nva@tinh.gov.vn", "until": AT},
    ),
    "moderation-refused": (
        LetterKind.MODERATION_REFUSED,
        {"group": "toantinh@tinh.gov.vn", "code": "7K4-QW2-M9", "subject": "Họp", "at": AT, "because": "sai danh sách"}
        | {"late": False},
    ),
    "moderation-late": (
        LetterKind.MODERATION_REFUSED,
        {
            "group": "toantinh@tinh.gov.vn",
            "code": "7K4-QW2-M9",
            "subject": "Họp",
            "at": AT,
            "because": "",
            "late": True,
        },
    ),
    "proposal": (
        LetterKind.PROPOSAL,
        {"code": "7K4-QW2-M9", "what": "mass-end", "subject": "snv", "by": "qt@tinh.gov.vn", "because": "sáp nhập"}
        | {"until": AT},
    ),
    "proposal-approved": (
        LetterKind.PROPOSAL_DECIDED,
        {"code": "7K4-QW2-M9", "what": "policy", "subject": "Tệp nén: Chờ duyệt", "by": "tvl@tinh.gov.vn"}
        | {"decided": "approved", "answer": "", "until": AT},
    ),
    "proposal-refused": (
        LetterKind.PROPOSAL_DECIDED,
        {"code": "7K4-QW2-M9", "what": "policy", "subject": "Tệp nén: Chờ duyệt", "by": "tvl@tinh.gov.vn"}
        | {"decided": "refused", "answer": "chưa thống nhất với các sở"},
    ),
    "policy-warned": (LetterKind.POLICY_WARNED, HELD | {"promoted_on": "2027-01-01"}),
    "policy-warned-incoming": (LetterKind.POLICY_WARNED, HELD | {"outside": True}),
    "policy-asked": (LetterKind.POLICY_ASKED, HELD),
    "policy-asked-without-reason": (LetterKind.POLICY_ASKED, HELD | {"reason_needed": False, "agrees": "Lê Văn B"}),
    "policy-asked-recipient": (LetterKind.POLICY_ASKED, HELD | {"asked": "recipient"}),
    "policy-asked-other": (LetterKind.POLICY_ASKED, HELD | {"asked": "other"}),
    "policy-asked-outside": (LetterKind.POLICY_ASKED, FROM_OUTSIDE),
    "policy-asked-desk": (
        LetterKind.POLICY_ASKED,
        HELD
        | {
            "asked": "desk",
            "title": "Dự thảo gửi ra ngoài",
            "papers": ["Công văn số 156/SYT-KHTH"],
            "others": {"to": ["ttb@tinh.gov.vn"], "sent": 4},
            "shown": "whole",
        },
    ),
    "policy-asked-desk-header": (
        LetterKind.POLICY_ASKED,
        HELD | {"asked": "desk", "shown": "headers", "others": {"to": [], "sent": 0}},
    ),
    "policy-waits": (LetterKind.POLICY_WAITS, HELD | {"agrees": "Văn thư Sở Y tế"}),
    "word-taken": (LetterKind.WORD_TAKEN, HELD | {"word": "send", "said": "trả lời", "by": "nva@tinh.gov.vn"}),
    "word-taken-back": (LetterKind.WORD_TAKEN, HELD | {"word": "withdraw", "said": "", "by": "nva@tinh.gov.vn"}),
    "word-unclear": (LetterKind.WORD_UNCLEAR, {"code": "7K4-QW2-M9", "state": "unclear"}),
    "word-unclear-reason": (LetterKind.WORD_UNCLEAR, {"code": "7K4-QW2-M9", "state": "reason"}),
    "word-unclear-late": (LetterKind.WORD_UNCLEAR, {"code": "", "state": "late"}),
    **{
        f"word-unclear-{done}": (
            LetterKind.WORD_UNCLEAR,
            {"code": "7K4-QW2-M9", "state": "late", "done": done, "decided_at": AT, "by": "nva@tinh.gov.vn"},
        )
        for done in ("sent", "withdrawn", "expired", "others")
    },
    "word-unclear-several": (
        LetterKind.WORD_UNCLEAR,
        {"state": "several", "example": "7K4-QW2-M9", "listed": ["7K4-QW2-M9: Họp", "8K4-QW2-M9: Báo cáo"]},
    ),
    "word-lapsed": (LetterKind.WORD_LAPSED, HELD | {"back": "yes", "attached": True}),
    "word-lapsed-bare": (LetterKind.WORD_LAPSED, HELD | {"back": "yes"}),
    "word-lapsed-incoming": (LetterKind.WORD_LAPSED, HELD | {"back": "no", "asked": "recipient"}),
    "word-lapsed-outside": (LetterKind.WORD_LAPSED, FROM_OUTSIDE | {"back": "no"}),
    "held-digest": (
        LetterKind.HELD_DIGEST,
        {
            "at": AT,
            "number": 2,
            "example": "7K4-QW2-M9",
            "items": [HELD | {"then": "owner"}, HELD | {"then": "nobody"}],
        },
    ),
    "secret-refused": (
        LetterKind.SECRET_REFUSED,
        {
            "refusal": "7K4-QW2-M9",
            "at": AT,
            "kept": "destroyed",
            "article": "Quyết định số 12/2026/QĐ-UBND",
            "contact": "Ông Lê Văn Cường",
            "phone": "0214 3840 000",
        },
    ),
    "secret-sealed": (LetterKind.SECRET_REFUSED, {"refusal": "7K4-QW2-M9", "at": AT, "kept": "sealed"}),
    "incident": (
        LetterKind.INCIDENT,
        {
            "number": "2026-0001",
            "code": "7K4-QW2-M9",
            "at": AT,
            "level": "TỐI MẬT",
            "sender": "nva@tinh.gov.vn",
            "kept": "sealed",
            "deadline": AT,
            "found_first": "subject",
            "in_scan": True,
            "sender_name": "Nguyễn Văn An",
            "sender_agency": "Sở Nội vụ",
            "sender_phone": "0912 345 678",
            "again": True,
            "reopened": True,
        },
    ),
    "incident-too-late": (
        LetterKind.INCIDENT,
        {
            "number": "2026-0001",
            "code": "7K4-QW2-M9",
            "at": AT,
            "level": "MẬT",
            "sender": "nva@tinh.gov.vn",
            "kept": "destroyed",
            "deadline": AT,
            "found_first": "scan",
            "reached": 2,
        },
    ),
    "incident-overdue": (
        LetterKind.INCIDENT_OVERDUE,
        {"number": "2026-0001", "code": "7K4-QW2-M9", "deadline": AT},
    ),
    "domain-ending": (LetterKind.DOMAIN_ENDING, {"domain": "cu.gov.vn", "ends_on": "2026-12-31"}),
    "audit-head": (LetterKind.AUDIT_HEAD, {"day": "2026-11-22", "head": "x"}),
    "private-senders": (
        LetterKind.PRIVATE_SENDERS,
        {"agency": "Sở Y tế", "month": "10/2026", "documents": 15, "providers": ["gmail.com: 12", "yahoo.com: 3"]},
    ),
    "imitated": (
        LetterKind.IMITATED,
        {"name": "Lê Văn Cường", "sender": "gd.levancuong@gmail.com", "code": "7K4-QW2-M9", "received_at": AT},
    ),
    "sending-stopped": (
        LetterKind.SENDING_STOPPED,
        WHO | {"phone": "0912 345 678", "stopped_at": AT, "code": "7K4-QW2-M9", "title": "Gửi hàng loạt bất thường"},
    ),
    "mailbox-opened": (LetterKind.MAILBOX_OPENED, WHO | {"by": "at@tinh.gov.vn", "order": "QĐ 9", "at": AT}),
}


def letter(kind: LetterKind, facts: dict[str, Any], **more: Any) -> LetterText:
    given: dict[str, Any] = {"name": "Nguyễn Văn An", "code": "7K4-QW2-M9", "support": "CNTT, 0214 3840 111"}
    return LetterText(kind=kind, facts=facts, host="thu.tinh.gov.vn", **given | more)


@pytest.mark.parametrize("case", GIVEN)
def test_what_callers_give_makes_a_whole_letter(case: str) -> None:
    kind, facts = GIVEN[case]
    one = letter(kind, facts)
    text, subject = whole_text(one), subject_line(one)
    for said in (text, subject):
        assert said
        assert "…" not in re.sub("lý do: …", "", said)  # as officials are to write it (wording § 2.2)
        assert not re.search(r"[«»|{}]|None|True|False| {2}|\.\.| [,.;:]", said), said
    assert text.startswith("Kính gửi Ông/Bà Nguyễn Văn An,\n\n")
    assert "\n\nMã 7K4-QW2-M9; hỗ trợ: CNTT, 0214 3840 111.\n" in text
    assert "http" not in text
    assert not re.search(r"\bbạn\b", text + subject, re.IGNORECASE)


def test_every_kind_is_among_the_cases() -> None:
    assert {kind for kind, _ in GIVEN.values()} == set(WRITTEN_HERE)


@pytest.mark.parametrize("kind", WRITTEN_HERE)
@pytest.mark.parametrize("facts", [{}, {"address": None, "until": "soon", "at": -1, "listed": [], "ended": True}])
def test_a_caller_that_knows_little_still_gets_a_letter(kind: LetterKind, facts: dict[str, Any]) -> None:
    assert whole_text(letter(kind, facts))
    assert subject_line(letter(kind, facts))


def test_the_sentences_of_the_wording_about_a_mailbox_that_ends() -> None:
    one = letter(*GIVEN["ending"])
    assert subject_line(one) == "Hộp thư nva@tinh.gov.vn ngừng sử dụng từ ngày 01/12/2026"
    assert (
        "Thực hiện Quyết định số 156/QĐ-SNV ngày 20/11/2026, hộp thư của Ông/Bà ngừng sử dụng từ 00 giờ ngày "
        "01/12/2026. Trước thời điểm này, đề nghị Ông/Bà bàn giao thư, hồ sơ công việc cho ttb@tinh.gov.vn. Sau đó "
        "không đăng nhập được trên mọi thiết bị; hộp thư được lưu giữ đến 01/06/2027; người gửi thư đến sẽ được hướng "
        "dẫn liên hệ vanthu.snv@tinh.gov.vn. Trân trọng cảm ơn Ông/Bà."
    ) in whole_text(one)


def test_the_sentences_of_the_wording_about_a_password() -> None:
    one = letter(*GIVEN["password-expires"])
    assert subject_line(one) == "Đề nghị đổi mật khẩu thư công vụ trước ngày 23/11/2026"
    assert (
        "Mật khẩu hộp thư nva@tinh.gov.vn hết hạn lúc 16 giờ 30 ngày 23/11/2026. Cách đổi: đặt mật khẩu mới tại bộ "
        "phận hỗ trợ của đơn vị. Thư này không kèm đường dẫn. Hệ thống "
        "không bao giờ hỏi mật khẩu qua thư, điện thoại hay Zalo; gặp trường hợp đó, đề nghị báo CNTT, 0214 3840 111."
    ) in whole_text(one)


def test_the_sentences_of_the_wording_about_a_secret() -> None:
    one = letter(*GIVEN["secret-refused"])
    assert subject_line(one) == "Thư bị từ chối – mã 7K4-QW2-M9"
    assert (
        "do phát hiện dấu hiệu bí mật nhà nước. Tài liệu bí mật nhà nước không được soạn thảo, lưu giữ, gửi trên hệ "
        "thống thư điện tử công vụ (Quyết định số 12/2026/QĐ-UBND). Nội dung thư không được lưu. Ông Lê Văn Cường đã "
        "được thông báo. Đề nghị Ông/Bà không gửi lại bằng thư, Zalo hoặc phương tiện khác; không sao chép, không tự "
        "xóa; liên hệ ngay 0214 3840 000. Nếu hệ thống nhận diện nhầm, đề nghị cũng liên hệ số trên."
    ) in whole_text(one)
    assert "Nội dung thư đã được niêm phong." in whole_text(letter(*GIVEN["secret-sealed"]))


def test_the_first_use_of_a_slip_says_until_when_and_how_to_go_on() -> None:
    text = whole_text(letter(*GIVEN["welcome-slip"]))
    assert "Mã này chỉ dùng được đến 16 giờ 30 ngày 23/11/2026" in text
    assert "mang phiếu đến bộ phận hỗ trợ" in text


def test_only_who_may_send_hears_of_the_copies() -> None:
    kind, facts = GIVEN["delegated"]
    assert "bản lưu trong Thư đã gửi" in whole_text(letter(kind, facts))
    assert "bản lưu trong Thư đã gửi" not in whole_text(letter(kind, facts | {"right": "read"}))


def test_an_office_is_greeted_by_its_name_and_strangers_without_one() -> None:
    assert whole_text(letter(LetterKind.SUSPENDED, WHO, name="Văn thư Sở Nội vụ", office=True)).startswith(
        "Kính gửi Văn thư Sở Nội vụ,\n"
    )
    assert whole_text(letter(LetterKind.RECOVERY_CODE, {}, name="")).startswith("Kính gửi Ông/Bà,\n")


def test_a_long_list_is_cut_and_says_so() -> None:
    listed = [f"a{number}@tinh.gov.vn" for number in range(60)]
    text = whole_text(letter(LetterKind.REVIEW_REMINDER, {"review": "2026-Q4", "number": 60, "listed": listed}))
    assert "– a49@tinh.gov.vn\n– và 10 mục khác" in text
    assert "a50@" not in text


@pytest.mark.parametrize("evil", ["dòng\r\nBcc: x@y", "«{host}|x»", "{support.__class__}", "\x00\u202e", "x" * 9999])
def test_facts_are_words_and_never_more(evil: str) -> None:
    one = letter(LetterKind.ENDING, {"address": evil, "because": evil, "ends_on": evil})
    assert "\n" not in subject_line(one)
    assert "\r" not in whole_text(one)
    assert len(whole_text(one)) < 10_000


@pytest.mark.parametrize("kind", [LetterKind.LEAVE_BEGINS, LetterKind.MAILBOX_OPENED])
def test_who_may_open_a_mailbox_reads_the_login_name(kind: LetterKind) -> None:
    facts = {"act": "reader", "until_on": "2026-12-01", "login": "nva@tinh.gov.vn*ttb@tinh.gov.vn"}
    text = whole_text(letter(kind, WHO | facts))
    assert "tên đăng nhập nva@tinh.gov.vn*ttb@tinh.gov.vn" in text
    assert "01/12/2026" in text


def test_optional_words_stand_where_their_facts_are_known() -> None:
    assert fill("A« {x}»« {y}|, B»{z}.", {"x": "1", "z": "!"}) == "A 1, B!."
    assert fill("A\n«{x}»\nB", {}) == "A\nB"


def test_every_text_of_a_letter_asks_for_facts_in_words_that_can_be_filled() -> None:
    for language in LANGUAGES:
        words = texts(language)
        for ident in words.ids():
            if ident.startswith("letter."):
                for form in words.forms(ident):
                    assert form.count("«") == form.count("»")
                    assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(form))


def test_a_held_message_is_explained_in_the_words_of_wording() -> None:
    one = letter(LetterKind.POLICY_ASKED, HELD)
    assert subject_line(one) == "[7K4-QW2-M9] Thư chưa gửi, cần ý kiến: Báo cáo"
    assert whole_text(one).partition("\n----")[0] == (
        "Kính gửi Ông/Bà Nguyễn Văn An,\n\n"
        "Thư gửi x@gmail.com lúc 16 giờ 30 ngày 23/11/2026 đang tạm dừng, chưa gửi đi. Lý do: kèm Công văn số "
        "156/SYT-KHTH (khoản 1 Điều 5 Quy chế).\n"
        "Đề nghị Ông/Bà trả lời thư này, dòng đầu ghi: GỬI, lý do: … (ví dụ: GỬI, lý do: trả lời kiến nghị của công "
        "dân) hoặc HỦY.\n"
        "Quá 16 giờ 30 ngày 23/11/2026 không có trả lời, thư sẽ không được gửi và được trả lại Ông/Bà. Thư này của "
        "hệ thống không kèm đường dẫn và không yêu cầu mật khẩu.\n\n"
        "Mã 7K4-QW2-M9; hỗ trợ: CNTT, 0214 3840 111.\n"
    )


def test_a_desk_reads_what_it_decides_about_and_not_the_senders_advice() -> None:
    one = letter(*GIVEN["policy-asked-desk"])
    assert subject_line(one) == "[7K4-QW2-M9] Thư chờ ý kiến của Văn thư: Báo cáo"
    text = whole_text(one).partition("\n----")[0]
    assert (
        "Thư của nva@tinh.gov.vn gửi x@gmail.com lúc 16 giờ 30 ngày 23/11/2026 chờ ý kiến của Văn thư, chưa gửi đi. "
        "Ngoài ra, thư đã được gửi đến ttb@tinh.gov.vn và 3 người khác. Tiêu đề: Báo cáo. Văn bản kèm theo: Công văn "
        "số 156/SYT-KHTH. Quy tắc: Dự thảo gửi ra ngoài (khoản 1 Điều 5 Quy chế). Thư gốc đính kèm để Ông/Bà xem.\n"
    ) in text
    assert "kèm Công văn" not in text


def test_mail_from_outside_goes_into_a_mailbox_or_nowhere_and_never_back() -> None:
    one = letter(*GIVEN["policy-asked-outside"])
    assert subject_line(one) == "[7K4-QW2-M9] Thư đến chờ duyệt, cần ý kiến: Báo cáo"
    asks, english = whole_text(one).split("\n----", 1)
    assert (
        "Thư của ai@so.vn gửi nva@tinh.gov.vn lúc 16 giờ 30 ngày 23/11/2026 đang tạm dừng, chưa vào hộp thư. Lý do: "
        "kèm Công văn số 156/SYT-KHTH (khoản 1 Điều 5 Quy chế).\n"
        "Đề nghị Ông/Bà trả lời thư này, dòng đầu ghi: GỬI (để chuyển thư đến người nhận) hoặc HỦY (không chuyển). Thư "
        "chỉ được chuyển sau khi Ông/Bà đồng ý.\n"
        "Quá 16 giờ 30 ngày 23/11/2026 không có trả lời, thư sẽ không được chuyển vào hộp thư; người nhận được báo. "
    ) in asks
    assert "it is not delivered, and its recipient is told." in english
    papers = letter(LetterKind.POLICY_ASKED, FROM_OUTSIDE | {"papers": ["Công văn số 9/UBND"]})
    assert "Văn bản kèm theo: Công văn số 9/UBND. Lý do" in whole_text(papers)
    lapsed = letter(*GIVEN["word-lapsed-outside"])
    assert "không được chuyển vào hộp thư, do quá 16 giờ 30 ngày 23/11/2026 không có ý kiến cho chuyển." in whole_text(
        lapsed
    )
    for text in map(whole_text, (one, papers, lapsed)):
        assert not re.search("chưa gửi|trả lại|not sent|goes back|comes back", text)


def test_who_else_gets_it_is_said_of_what_is_withdrawn_or_lapsed() -> None:
    group = {"to": ["toanso@tinh.gov.vn"], "members": {"toanso@tinh.gov.vn": 120}, "sent": 122}
    for others, said in (
        ({"to": [], "sent": 0}, "Ngoài ra, thư không được gửi đến ai khác."),
        ({"to": ["b@so.vn"], "sent": 1}, "Ngoài ra, thư đã được gửi đến b@so.vn."),
        (group, "Ngoài ra, thư đã được gửi đến toanso@tinh.gov.vn (nhóm, 120 người) và 2 người khác."),
    ):
        for kind, more in ((LetterKind.WORD_TAKEN, {"word": "withdraw"}), (LetterKind.WORD_LAPSED, {"back": "yes"})):
            assert said in whole_text(letter(kind, HELD | more | {"others": others}))


def test_an_answer_that_comes_second_hears_what_happened() -> None:
    text = whole_text(letter(*GIVEN["word-unclear-sent"]))
    assert "thư mã 7K4-QW2-M9 đã được gửi lúc 16 giờ 30 ngày 23/11/2026 theo ý kiến của nva@tinh.gov.vn." in text
    assert "không thuộc thẩm quyền của Ông/Bà." in whole_text(letter(*GIVEN["word-unclear-others"]))


@pytest.mark.parametrize(
    ("because", "said"),
    [
        ("Điều 5", "Vì thế (Điều 5)"),
        ("(Điều 5)", "Vì thế (Điều 5)"),
        ("Điều 5 (sửa đổi năm 2026)", "Vì thế; Điều 5 (sửa đổi năm 2026)"),
        ("", "Vì thế"),
    ],
)
def test_no_article_stands_in_two_brackets(because: str, said: str) -> None:
    assert with_article("Vì thế.", because) == said


def test_a_strangers_words_break_no_letter_and_bring_no_link() -> None:
    hostile = "a\x00\x1b[31m\r\nBcc: x@y\u202e{0}«» https://lua.example/?q www.lua.example"
    facts = HELD | {"subject": hostile, "sender": f"{hostile}@z", "vi": hostile, "to": [hostile] * 9, "recipients": 40}
    for kind in (LetterKind.POLICY_ASKED, LetterKind.POLICY_WAITS, LetterKind.WORD_TAKEN, LetterKind.WORD_LAPSED):
        one = letter(kind, facts | {"word": "send", "said": hostile})
        text, subject = whole_text(one), subject_line(one)
        assert "https://" not in text + subject
        assert "www." not in text + subject.replace("\n", "")
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", text + subject)
        assert "\nBcc" not in text
        assert "và 37 địa chỉ khác" in text


def test_the_officer_reads_where_it_was_found_whom_to_call_and_that_it_came_again() -> None:
    kind, facts = GIVEN["incident"]
    made = LetterText(kind=kind, facts=facts, name="", office=False, code="X", support="CNTT", host="h")
    text, words = whole_text(made), texts("vi")
    assert "Phát hiện tại: tiêu đề thư; bản quét kèm theo (nhận dạng chữ, có thể nhầm).\n" in text
    assert "Người gửi: Nguyễn Văn An, Sở Nội vụ, điện thoại 0912 345 678, nva@tinh.gov.vn." in text
    assert "được gửi lại sau khi sự cố đã đóng" in text
    assert "(gửi lại)" in subject_line(made)
    assert words("letter.reopened.true") == "gửi lại"


def test_the_proposal_tells_the_command_that_agrees_to_it() -> None:
    kind, facts = GIVEN["proposal"]
    made = LetterText(
        kind=kind, facts=facts | {"address": "ttb@tinh.gov.vn"}, name="", office=False, code="X", support="", host="h"
    )
    assert "mailhub --as ttb@tinh.gov.vn --prove proposal approve 7K4-QW2-M9" in " ".join(whole_text(made).split())
