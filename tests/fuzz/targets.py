"""What is fuzzed: for each reader its seeds, the words of its format, and what must hold whatever it is given."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from mailhub.documents.grammar.recognise import Witness, recognise
from mailhub.files.budget import budget_of
from mailhub.files.dangers import dangers_of
from mailhub.files.encoding import Malformed, from_json, to_json
from mailhub.files.facts import FileFacts, Limits
from mailhub.files.reader import Given, read_file
from mailhub.files.readers import CONTAINERS, READERS
from mailhub.files.sniff import sniff
from mailhub.mail.headers import header_end, read_fields, unfold
from mailhub.mail.part_header import read_part_header
from mailhub.mail.structure import read_structure
from mailhub.mail.transfer import decode_base64, decode_body, decode_quoted_printable
from mailhub.sandbox.errors import BadAnswer
from mailhub.sandbox.wire import facts_line, read_line
from mailhub.text.lines import text_of
from tests.fuzz import seeds

LIMITS = Limits(seconds=4.0, members=200, unpacked_bytes=64 * 2**20, want_text=True)


@dataclass(frozen=True)
class Target:
    """`run` raises when something that was promised does not hold."""

    seeds: Callable[[], tuple[bytes, ...]]
    run: Callable[[bytes], None]
    words: tuple[bytes, ...] = ()


def _structure(data: bytes) -> None:
    found = read_structure(data)
    for part in found.parts:
        assert 0 <= part.start <= part.body_start <= part.end <= len(data), part
        decode_body(data, part)
    for field in read_fields(data[: header_end(data)]):
        unfold(field.raw)


def _names(data: bytes) -> None:
    header = read_part_header(data, "text/plain")
    for name in header.names:
        assert 0 < len(name) <= 500
        assert name.isprintable() or not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name), (
            name
        )


def _transfer(data: bytes) -> None:
    for decode in (decode_base64, decode_quoted_printable):
        octets, _ = decode(data)
        assert len(octets) <= len(data)


def _container(data: bytes) -> None:
    kind = sniff(memoryview(data))
    for one in {kind, "zip"} & CONTAINERS.keys():
        contents = CONTAINERS[one](memoryview(data), one, budget_of(LIMITS))
        assert len(contents.members) <= LIMITS.members + 1
        assert sum(len(member.data) for member in contents.members) <= LIMITS.unpacked_bytes


def _mail(data: bytes) -> None:
    contents = CONTAINERS["eml"](memoryview(data), "eml", budget_of(LIMITS))
    assert len(contents.members) <= LIMITS.members


def _reader(kind: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        outcome = READERS[kind](memoryview(data), kind, LIMITS)
        assert len(outcome.text.plain) <= 2 * LIMITS.text_characters
        dangers_of(memoryview(data), kind, ("a." + kind,))

    return run


def _sheets(data: bytes) -> None:
    kind = sniff(memoryview(data))
    _reader(kind if kind in ("xls", "xlsx", "xlsm") else "xlsx")(data)


def _open_document(data: bytes) -> None:
    for kind in ("odt", "ods"):
        _reader(kind)(data)


def _picture(data: bytes) -> None:
    kind = sniff(memoryview(data))
    if kind in ("png", "jpeg", "tiff", "gif", "bmp", "webp"):
        _reader(kind)(data)


def _file(data: bytes) -> None:
    """Everything at once; what is found crosses the wall and goes into the database and comes back."""
    found = read_file(Given(memoryview(data), "tệp.pdf", "application/pdf", "V/v thử"), LIMITS)
    answer = read_line(facts_line(0, found).rstrip(b"\n")).facts
    assert isinstance(answer, FileFacts)
    assert from_json(to_json(answer)).type == found.type


def _grammar(data: bytes) -> None:
    text = text_of(data.decode("utf-8", "replace")[: LIMITS.text_characters])
    found = recognise(text, Witness("15.pdf", "Gửi QĐ"))
    for field in found.fields.values():
        assert 0 <= field.confidence <= 1
        assert len(field.value) < 20_000


def _kept(data: bytes) -> None:
    try:
        found = from_json(data.decode("utf-8", "replace"))
    except Malformed:
        return
    assert from_json(to_json(found)) == found


def _answer(data: bytes) -> None:
    try:
        read_line(data)
    except BadAnswer:
        return


def _every_kind() -> tuple[bytes, ...]:
    makers = (
        seeds.packed, seeds.word_files, seeds.word97_files, seeds.open_documents, seeds.sheets, seeds.pdf_files,
        seeds.pictures, seeds.messages, seeds.pages,
    )  # fmt: skip
    return tuple(data for make in makers for data in make())


_MIME = (
    b"--b0", b"\r\n--b1--\r\n", b"Content-Type: ", b"multipart/mixed; boundary=b0", b"message/rfc822", b"filename*0*=",
    b"filename*1=", b"=?utf-8?B?", b"=?x?Q?", b"?=", b"''", b"%C4", b'"', b"\\", b";", b"(", b")", b"\r\n ",
    b"\r\n\r\n",
    b"base64", b"\0", b"\xff", b"\xe2\x80\xae", b"x-uuencode",
)  # fmt: skip
_XML = (
    b"<w:p>", b"</w:p>", b"<w:tbl><w:tr><w:tc>", b"<w:t>", b"&amp;", b"&#0;", b"&lol;",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"<![CDATA[", b"]]>", b"<!--", b"r='1048576'", b"text:c='999999999'", b"<text:p>", b"<table:table-row>",
    b"<mc:Fallback>",
    b"<w:instrText>", b"table:number-columns-repeated='99999'", b"<row", b"<c t='s'><v>9</v></c>", b"\xff\xfe",
)  # fmt: skip
_PDF = (
    b"obj", b"endobj", b"stream\n", b"endstream", b"xref", b"trailer", b"startxref", b"<<", b">>", b"[", b"]", b"(",
    b")",
    b"1 0 R", b"3 0 R", b"/Kids[2 0 R]", b"/Length 99999999", b"/Filter/FlateDecode",
    b"/Filter[/ASCIIHexDecode/LZWDecode]",
    b"/Type/ObjStm/N 99999/First 9", b"/MediaBox[0 0 1e38 -1]", b"/Contents[4 0 R 4 0 R]", b"/Count -1", b"/JS",
    b"/Launch",
    b"-2147483648", b"/XObject<</X 4 0 R>>", b" /X Do ", b" q ", b" BT /F 12 Tf ", b" Tj ", b"/Encrypt 6 0 R",
    b"%PDF-1.7",
)  # fmt: skip
_GRAMMAR = tuple(
    word.encode()
    for word in (
        "QUYẾT ĐỊNH", "Số: 15/QĐ-UBND", "ngày 31 tháng 13 năm 2026", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Kính gửi: ",
        "Nơi nhận:", "- Lưu: VT.", "KT. CHỦ TỊCH", "TM. ỦY BAN NHÂN DÂN", "V/v ", "HỎA TỐC", "MẬT", "GIẤY MỜI",
        " " * 40,
        "\f", "\n\n\n", "./.", "1/2/3-A-B-", "Ư" * 50, "\u0301" * 20, "0" * 50, "(", ")", "DỰ THẢO", "Phụ lục",
        "Điều 1.",
    )
)  # fmt: skip
_JSON = (
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"1e999",
    b"NaN",
    b"-1",
    b"\\ud800",
    b"\\u0000",
    b"true",
    b":",
    b",",
    b"[[[[",
)

TARGETS: dict[str, Target] = {
    "structure": Target(seeds.messages, _structure, _MIME),
    "names": Target(seeds.name_headers, _names, _MIME),
    "transfer": Target(seeds.encoded, _transfer, (b"=", b"=\r\n", b"==", b"\r\n", b"=zz", b" ", b"\xff")),
    "archive": Target(seeds.packed, _container, (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"ustar", b"../")),
    "nested-mail": Target(seeds.messages, _mail, _MIME),
    "docx": Target(seeds.word_files, _reader("docx"), _XML),
    "doc": Target(
        seeds.word97_files, _reader("doc"), (b"\x13\x00", b"\x14\x00", b"\x15\x00", b"\x07\x00", b"\x08\x00")
    ),
    "odt": Target(seeds.open_documents, _open_document, _XML),
    "sheets": Target(seeds.sheets, _sheets, _XML),
    "pdf": Target(seeds.pdf_files, _reader("pdf"), _PDF),
    "image": Target(
        seeds.pictures, _picture, (b"IHDR", b"IDAT", b"acTL", b"\xff\xd8", b"\xff\xc0", b"II*\0", b"GIF89a")
    ),
    "text": Target(seeds.texts, _reader("txt"), (b"\xff\xfe", b"\xef\xbb\xbf", b"\0", b"\r")),
    "html": Target(
        seeds.pages, _reader("html"), (b"<table>", b"<td>", b"<script>", b"<!--", b"&#x110000;", b"<p ", b"'")
    ),
    "grammar": Target(seeds.texts, _grammar, _GRAMMAR),
    "kept": Target(seeds.kept_facts, _kept, _JSON),
    "answer": Target(seeds.answers, _answer, _JSON),
    "file": Target(_every_kind, _file, (*_PDF, *_XML[:6], *_MIME[:6])),
}
