"""A file of any kind becomes facts; whatever is wrong with it is one of them."""

from __future__ import annotations

import hashlib
import io
import random
import time
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from mailhub.documents.grammar.recognise import Witness
from mailhub.documents.grammar.recognition import Evidence, Found, Recognition
from mailhub.files import reader
from mailhub.files.encoding import from_json, to_json
from mailhub.files.facts import DangerKind, FileFacts, Limits, Unreadable
from mailhub.files.reader import Given, read_file
from mailhub.text.lines import Source, Text
from tests.files.test_sniff import KNOWN, MAIL
from tests.support.office import cell, docx, open_document, paragraph, table, xlsx, zipped
from tests.support.word97 import CELL, word97

pytestmark = pytest.mark.unit

WANTED = Limits(want_text=True)
LETTER = "UBND TỈNH THỬ NGHIỆM\nSỞ MẪU\nSố: 12/SM-VP\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nKính gửi: Các phòng, ban\n"


def scan(width: int, height: int) -> bytes:
    page, out = Image.new("L", (width, height), 255), io.BytesIO()
    for top in range(height // 10, height - height // 10, 40):
        ImageDraw.Draw(page).rectangle((width // 10, top, width - width // 10, top + 14), fill=30)
    page.save(out, "PNG")
    return out.getvalue()


def facts(data: bytes, name: str = "a", limits: Limits = WANTED, mail_subject: str = "") -> FileFacts:
    return read_file(Given(memoryview(data), name, mail_subject=mail_subject), limits)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (docx(paragraph("Kính gửi: Sở Mẫu")), "docx"),
        (word97(f"Kính gửi: Sở Mẫu{CELL}\r"), "doc"),
        (open_document("<text:p>Kính gửi: Sở Mẫu</text:p>"), "odt"),
        (xlsx({"x": f"<row r='1'>{cell('A1', 'Kính gửi: Sở Mẫu')}</row>"}), "xlsx"),
        ("Kính gửi: Sở Mẫu".encode("utf-16"), "txt"),
        ("<html><p>Kính gửi: Sở Mẫu".encode(), "html"),
    ],
)
def test_text_comes_out_of_every_office_type(data: bytes, kind: str) -> None:
    found = facts(data)
    assert (found.type, found.unreadable, found.source) == (kind, None, Source.TEXT)
    assert "Kính gửi: Sở Mẫu" in found.text
    assert found.recognition is not None
    assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_text_is_given_only_when_it_is_asked_for() -> None:
    assert facts(LETTER.encode(), limits=Limits()).text == ""


def test_old_letters_and_wrong_code_points_are_mended_before_they_are_read() -> None:
    assert facts("Céng hßa x· héi, sè 12/Q§".encode("cp1252")).text == "Cộng hòa xã hội, số 12/QĐ"
    assert facts(docx(paragraph("Ƣu tiên, \u00d0ồng Nai, Ho\u0061\u0300"))).text == "Ưu tiên, Đồng Nai, Hoà"


def test_characters_that_no_page_shows_do_not_leave() -> None:
    assert facts(b"S\x01\x7fo\x0b \x08m\x1bau " + b"mau " * 99).text.startswith("So mau mau")
    assert facts(word97("Số \ud800 mẫu 😀\r")).text.strip() == "Số \ufffd mẫu 😀"


def test_name_and_subject_are_witnesses(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Witness] = []

    def watch(_: Text, witness: Witness) -> Recognition:
        seen.append(witness)
        return Recognition()

    monkeypatch.setattr(reader, "recognise", watch)
    facts(b"text", "a.txt", mail_subject="Gửi QĐ 15")
    assert seen == [Witness("a.txt", "Gửi QĐ 15")]


def test_a_letter_that_is_nothing_but_a_scan_waits_for_ocr_and_one_with_a_logo_does_not() -> None:
    assert facts(docx("<w:p/>", more={"word/media/image1.png": scan(1_240, 1_754)})).needs_ocr
    assert not facts(docx("<w:p/>", more={"word/media/image1.png": scan(200, 80)})).needs_ocr
    text = paragraph("Kính gửi: Sở Mẫu, lá thư này dài hơn một dòng vì nó có nhiều chữ để đọc")
    assert not facts(docx(text, more={"word/media/image1.png": scan(1_240, 1_754)})).needs_ocr


def test_members_of_archives_and_mails_are_read_like_files_of_their_own() -> None:
    inner = zipped({"cong_van.docx": docx(paragraph("Kính gửi: Sở Mẫu")), "a.exe": b"MZ" + bytes(100)})
    outer = facts(zipped({"trong.zip": inner}), "a.zip")
    [box] = outer.members
    assert [(m.name, m.type) for m in box.members] == [("cong_van.docx", "docx"), ("a.exe", "exe")]
    assert "Kính gửi" in box.members[0].text
    assert DangerKind.EXECUTABLE in {danger.kind for danger in box.members[1].dangers}
    mail = facts(MAIL, "a.eml")
    assert (mail.type, [m.text.strip() for m in mail.members]) == ("eml", ["body"])


def test_archives_within_archives_end_at_the_depth_allowed() -> None:
    data = zipped({"a.txt": "x"})
    for _ in range(8):
        data = zipped({"a.zip": data})
    found = facts(data, limits=Limits(depth=3))
    for _ in range(3):
        [found] = found.members
    assert (found.members, found.unreadable) == ((), Unreadable.TOO_DEEP)


def test_members_beyond_the_number_allowed_are_told() -> None:
    found = facts(zipped({f"{i}.txt": "x" for i in range(20)}), limits=Limits(members=5))
    assert found.unreadable is Unreadable.TOO_MANY
    assert len(found.members) <= 5


def test_out_of_time_is_a_fact() -> None:
    assert facts(LETTER.encode(), limits=Limits(seconds=0)).unreadable is Unreadable.TIME


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", Unreadable.EMPTY),
        (bytes(range(256)), Unreadable.UNSUPPORTED),
        (docx(paragraph("x"))[:400], Unreadable.DAMAGED),
        (word97("x\r", encrypted=True), Unreadable.ENCRYPTED),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: Unreadable) -> None:
    found = facts(data)
    assert (found.unreadable, found.recognition, found.text) == (why, None, "")


def secret(value: float) -> Recognition:
    fields = {"doc_type": "QĐ", "number_symbol": "1/QĐ", "subject": "việc kín", "signer": "Người Mẫu", "secrecy": "MẬT"}
    found = {name: Found(text, 0.9, Evidence("rule", "việc kín", 1, 3)) for name, text in fields.items()}
    found["secrecy"] = replace(found["secrecy"], confidence=value)
    return Recognition(found, addressees=("Sở Mẫu",), recipients=("Như trên",), labels=(found["subject"],))


def test_of_a_secret_document_only_what_shows_that_it_is_one_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "recognise", lambda _, __: secret(0.9))
    found = facts(LETTER.encode())
    assert found.recognition is not None
    assert found.unreadable is Unreadable.SECRET
    assert found.recognition.value("secrecy") == "MẬT"
    assert found.recognition.value("number_symbol") == "1/QĐ"
    assert "kín" not in to_json(found)
    assert "Sở Mẫu" not in to_json(found)
    assert "Như trên" not in to_json(found)


def test_a_mark_that_is_only_suspected_withholds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "recognise", lambda _, __: secret(0.3))
    assert facts(LETTER.encode()).text != ""


def test_a_fault_of_ours_is_a_fact_about_the_file_and_memory_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(text: Text, witness: Witness) -> Recognition:
        raise error

    monkeypatch.setattr(reader, "recognise", fails)
    error: BaseException = RecursionError()
    assert facts(LETTER.encode()).unreadable is Unreadable.DAMAGED
    error = MemoryError()
    with pytest.raises(MemoryError):
        facts(LETTER.encode())


@pytest.mark.parametrize(("kind", "data"), KNOWN, ids=[f"{kind}-{i}" for i, (kind, _) in enumerate(KNOWN)])
def test_the_facts_of_every_type_cross_the_wall(kind: str, data: bytes) -> None:
    found = facts(data, "a.b")
    assert found.type == kind
    assert from_json(to_json(found)) == found


def test_octets_changed_at_random_end_in_facts() -> None:
    chance = random.Random(11)
    body = table((paragraph("SỞ MẪU"), paragraph("CỘNG HÒA"))) + paragraph("Kính gửi:\tCác phòng")
    wholes = [
        docx(body),
        word97(f"a{CELL}b\r"),
        open_document("<text:p>x</text:p>"),
        xlsx({"x": cell("A1", "x")}),
        MAIL,
    ]
    start = time.process_time()
    for _ in range(200):
        data = bytearray(chance.choice(wholes))
        for _ in range(chance.randrange(1, 10)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        facts(bytes(data))
    assert time.process_time() - start < 20
