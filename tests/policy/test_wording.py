"""Why a message is held, in the words of its rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.policy.facts import AttachmentFacts, DocumentFacts, Facts, MessageFacts, SenderFacts
from mailhub.policy.rules.rule import Because, Clause
from mailhub.policy.rules.rule import Test as Condition
from mailhub.policy.wording import because_words, reason
from tests.policy.made import facts, rule

pytestmark = pytest.mark.unit


def said(text: str, about: Facts | None = None, *addresses: str, language: str = "vi") -> str:
    return reason(rule(message={"vi": text, "en": text}), language, about or facts(), addresses or ("b@gmail.com",), "")


def named(**names: str) -> Facts:
    return facts(named=names)


def test_the_places_are_filled_in() -> None:
    about = facts(
        message=MessageFacts(recipients=9289, links=frozenset({"zalo.me", "drive.google.com"})),
        named={"document": "Công văn số 156/SYT-KHTH", "files": "a.pdf, b.xlsx", "agency": "Sở Y tế"},
    )
    text = "{document} – {recipients} – {domain} – {count} – {files} – {links} – {agency}"
    assert said(text, about, "x@gmail.com", "y@yahoo.com", "z@gmail.com") == (
        "Công văn số 156/SYT-KHTH – x@gmail.com, y@yahoo.com, z@gmail.com – gmail.com, yahoo.com – 9.289 – "
        "a.pdf, b.xlsx – drive.google.com, zalo.me – Sở Y tế"
    )
    assert said("{count}", about, language="en") == "9,289"


def test_without_names_the_facts_say_what_they_can() -> None:
    letter = facts(documents=(DocumentFacts(type="NONE"), DocumentFacts(type="QĐ", number="12/QĐ-SYT")))
    assert said("Thư kèm {document}", letter) == "Thư kèm Quyết định số 12/QĐ-SYT"
    assert said("Thư kèm {document}", facts(documents=(DocumentFacts(type="BC"),))) == "Thư kèm Báo cáo"
    assert said("Thư kèm {document}") == "Thư kèm văn bản"
    assert said("With {document}", language="en") == "With a document"
    assert said("Kèm {files}") == "Kèm tệp đính kèm"
    exe = facts(
        attachments=(AttachmentFacts(type="exe", extension="exe"), AttachmentFacts(type="jar", extension="jar"))
    )
    assert said("Kèm {files}", exe) == "Kèm .exe, .jar"
    assert said("{agency}", facts(sender=SenderFacts(agencies=("SYT", "TINH")))) == "SYT"
    assert said("Cơ quan {agency}", facts(sender=SenderFacts())) == "Cơ quan (không rõ)"


def test_the_document_that_the_rule_is_about_is_named() -> None:
    issued = DocumentFacts(type="CV", number="156/SYT-KHTH", state="issued")
    draft = DocumentFacts(type="QĐ", state="draft")
    about = facts(
        documents=(issued, draft, DocumentFacts(type="TTr", state="draft")), named={"document": "Công văn số 156"}
    )
    drafts = rule(message={"vi": "Thư kèm {document}"}, when=Clause((Condition("document.state", "is", ("draft",)),)))
    assert reason(drafts, "vi", about, [], "") == "Thư kèm Quyết định, Tờ trình"
    assert said("Thư kèm {document}", about) == "Thư kèm Công văn số 156"


def test_a_sentence_begins_with_a_capital() -> None:
    assert said("{document} phải ký số") == "Văn bản phải ký số"


def test_of_many_recipients_a_few_are_named() -> None:
    many = [f"n{number}@gmail.com" for number in range(9)]
    assert said("Gửi {recipients}", None, *many) == f"Gửi {', '.join(many[:5])} và 4 mục khác"
    assert said("To {recipients}", None, *many[:6], language="en").endswith("and 1 more")


@pytest.mark.parametrize(
    "bad", ["a\x1b[31m.pdf", "a\r\nBcc: x@y\n.pdf", "a\u202efdp.exe", "a\x00b", "{0.__class__}", "{count}"]
)
def test_a_strangers_name_stays_on_one_line_and_is_never_filled_in(bad: str) -> None:
    text = said("Kèm {files}.", named(files=bad))
    assert text.isprintable()
    assert "9" not in text
    assert text.startswith("Kèm a") or bad in text


def test_a_long_name_is_cut() -> None:
    assert len(said("{files}", named(files="x" * 10_000))) <= 400
    assert len(said("{recipients}", None, f"{'x' * 5000}@gmail.com")) <= 400


@given(st.text(), st.text())
def test_whatever_is_named_the_text_is_printable(document: str, files: str) -> None:
    assert said("Kèm {document} ({files})", named(document=document, files=files)).isprintable()


def test_without_a_text_the_title_speaks() -> None:
    assert reason(rule(), "vi", facts(), ["a@b.vn"], "") == "Quy tắc a-rule"


def test_vietnamese_when_there_is_no_english() -> None:
    assert reason(rule(message={"vi": "Thư dừng"}), "en", facts(), [], "") == "Thư dừng"


@pytest.mark.parametrize(
    ("article", "regulation", "expected"),
    [
        ("", "", "Chỉ thị 34/2008/CT-TTg"),
        ("", "Quy chế thư điện tử", "Quy chế thư điện tử; Chỉ thị 34/2008/CT-TTg"),
        ("Điều 7 khoản 2", "Quy chế thư điện tử", "Điều 7 khoản 2 Quy chế thư điện tử"),
        ("Điều 7", "", "Chỉ thị 34/2008/CT-TTg"),
    ],
)
def test_the_provinces_own_regulation_stands_before_what_orders_it(
    article: str, regulation: str, expected: str
) -> None:
    made = rule()
    object.__setattr__(made, "because", Because("Chỉ thị 34/2008/CT-TTg", article))
    assert because_words(made, regulation, "vi") == expected
