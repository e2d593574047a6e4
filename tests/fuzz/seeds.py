"""What is mutated: small files of every kind that the readers know, all of them generated here."""

from __future__ import annotations

import base64
import io
from functools import cache

from PIL import Image

from mailhub.documents.grammar.recognise import recognise
from mailhub.files.encoding import to_json
from mailhub.files.facts import Danger, DangerKind, FileFacts, Unreadable
from mailhub.sandbox.wire import End, begin_line, end_line, facts_line, fault_line
from mailhub.text.lines import text_of
from tests.files.test_sheets import xls
from tests.support import archives, mails, pdfs
from tests.support.office import cell, docx, open_document, paragraph, relations, styles_odt, table, xlsx
from tests.support.papers import Layout, as_docx, as_pdf, as_text, in_tcvn3, make_paper
from tests.support.word97 import CELL, FIELD, FIELD_END, RESULT, font, word97

_FILES = (("công văn 15.txt", b"So: 15/UBND\n" * 20), ("a/../../b.exe", b"MZ" + bytes(60)))
_KINDS = ("QĐ", "CV", "GM", "TB", "KH")


@cache
def messages() -> tuple[bytes, ...]:
    file = mails.attached(b"So: 15/UBND", "=?utf-8?B?xJDhu4EgYW4ucGRm?=", "application/pdf")
    extended = mails.leaf(
        "Content-Type: application/pdf; name*0*=UTF-8'vi'c%C3%B4ng; name*1=\" van.pdf\"\n"
        "Content-Disposition: attachment; filename*=utf-8''%C4%91%E1%BB%81.pdf; filename=\"=?tcvn?Q?=A9?=.pdf\"\n"
        "Content-Transfer-Encoding: quoted-printable",
        b"=48=65 soft=\r\nbreak =3D=zz\r\n",
    )
    inner = mails.multipart([mails.leaf("", b"text"), extended], subtype="alternative", boundary="b1")
    forwarded = mails.leaf("Content-Type: message/rfc822", b"Subject: chuyen\r\n\r\n" + mails.leaf("", b"body"))
    whole = mails.multipart([inner, file, forwarded], header="From: a@a.test\nSubject: =?utf-8?Q?=C4=91=E1=BB=81?=")
    digest = mails.multipart([mails.leaf("", mails.leaf("Subject: x", b"y"))] * 3, subtype="digest")
    return whole, digest, mails.leaf("Subject: plain", b"text"), mails.multipart([whole, digest], boundary="b9")


@cache
def name_headers() -> tuple[bytes, ...]:
    return (
        b"Content-Disposition: attachment; filename*0*=UTF-8''%C4%91; filename*1*=%E1%BB%81;\r\n"
        b' filename*2=" an.pdf"\r\n',
        b'Content-Type: application/pdf; name="=?utf-8?B?xJDhu4E=?= =?utf-8?Q?_an?=.pdf"; charset=tcvn3\r\n',
        b'Content-Disposition: attachment;\r\n\tfilename="c\\"ong \xc4\x91\xe1\xbb\x81 (1).pdf";'
        b" filename*=x'y'z%\r\n",
        b"Content-Type: multipart/mixed; boundary=a; boundary*0=b; boundary*1=c (comment (nested));"
        b" name=a.pdf .exe\r\n",
    )


@cache
def encoded() -> tuple[bytes, ...]:
    return (
        base64.encodebytes(bytes(range(256)) * 4),
        b"=48=65llo=20\r\nsoft=\r\nline =\r\n  =3D =C4=91\t \r\nend",
        b"begin 644 a\n#0V%T\n`\nend\n",
    )


@cache
def packed() -> tuple[bytes, ...]:
    return (
        archives.zip_of(_FILES),
        archives.nested_zips(4),
        archives.zip_with_raw_name(b"c\xa9ng v\xa8n.txt"),
        archives.packed("7zip", _FILES),
        archives.packed("ustar", _FILES),
        archives.packed("pax", _FILES, compression="gzip"),
        archives.packed("ustar", _FILES, compression="xz"),
        archives.packed("ustar", _FILES, compression="bzip2"),
        archives.rar4(_FILES),
        archives.rar5(_FILES),
        archives.rar4(_FILES, encrypted=True),
        archives.rar5(_FILES, encrypted=True),
        archives.encrypted_7z("mat.docx", headers=False),
        archives.overlapping_zip(5, b"x" * 100),
    )


@cache
def word_files() -> tuple[bytes, ...]:
    more: dict[str, str | bytes] = {
        "word/_rels/settings.xml.rels": relations(("attachedTemplate", "https://mau.example/t"))
    }
    head = table((paragraph("SỞ MẪU", "Số: 12/SM"), paragraph("CỘNG HÒA")))
    return (
        as_docx(make_paper("QĐ", seed=1)),
        docx(head + paragraph("Kính\tgửi\nSở", "A"), more=more),
        docx("", macros=True),
    )


@cache
def word97_files() -> tuple[bytes, ...]:
    text = f"SỞ MẪU{CELL}CỘNG HÒA{CELL}\x07\rSố: 12/SM {FIELD} DATE {RESULT}x{FIELD_END}\rKính gửi: Sở Mẫu\r"
    return (
        word97(text),
        word97("Kinh gui\r", narrow=True, headers="MAT\r"),
        word97("C\u00e9ng h\u00dfa \x08x\r", boxes={10: "HOA TOC"}, runs=[(0, 5, font(0))], fonts=(".VnTime",)),
        word97("x\r", encrypted=True),
    )


@cache
def open_documents() -> tuple[bytes, ...]:
    row = (
        "<table:table><table:table-row><table:table-cell table:number-columns-repeated='9'><text:p>x</text:p>"
        "</table:table-cell></table:table-row></table:table>"
    )
    text = open_document(
        "<text:p>Kính<text:tab/>gửi<text:s text:c='4'/></text:p>" + row,
        more={"styles.xml": styles_odt("<text:p>MẬT</text:p>"), "META-INF/manifest.xml": "<m/>"},
    )
    return text, open_document(row, kind="spreadsheet")


@cache
def sheets() -> tuple[bytes, ...]:
    rows = f"<row r='1'>{cell('A1', 'UBND TỈNH A')}{cell('D1', 'CỘNG HÒA')}<c r='E1'><v>12</v></c></row>"
    return xlsx({"Danh sách": rows}), xls((0, 0, "UBND TỈNH A"), (1, 3, "CỘNG HÒA"))


@cache
def pdf_files() -> tuple[bytes, ...]:
    tree = {6: "<</Type/Action/S/JavaScript/JS(app.alert(1))>>", 7: "<</Names[(a) 6 0 R]>>"}
    return (
        pdfs.one_page(),
        pdfs.one_page(catalogue="/OpenAction 6 0 R/Names<</JavaScript 7 0 R>>", more=tree),
        pdfs.encrypted(),
        pdfs.encrypted(b"secret"),
        as_pdf(make_paper("CV", seed=2)),
        pdfs.scan(Image.new("L", (800, 1_100), 255), dpi=100),
    )


@cache
def pictures() -> tuple[bytes, ...]:
    found = []
    page = Image.effect_noise((900, 1_200), 20)
    small = Image.effect_noise((40, 30), 60)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
        for picture in (small, page) if kind == "PNG" else (small,):
            out = io.BytesIO()
            picture.save(out, kind)
            found.append(out.getvalue())
    out = io.BytesIO()
    small.save(out, "TIFF", save_all=True, append_images=[small] * 3, compression="tiff_lzw")
    return (*found, out.getvalue())


@cache
def texts() -> tuple[bytes, ...]:
    papers = [make_paper(kind, seed=seed) for seed, kind in enumerate(_KINDS)]
    found = [as_text(paper, layout) for paper in papers for layout in Layout]
    return (*(text.encode() for text in found), in_tcvn3(found[0]).encode("cp1252", "replace"))


@cache
def pages() -> tuple[bytes, ...]:
    return (
        b"<html><head><meta charset='utf-8'><script>x()</script></head><body><table><tr>"
        b"<td>S\xe1\xbb\x9f M\xe1\xba\xabu"
        b"<td>C\xe1\xbb\x98NG</table><p>K\xc3\xadnh &#103;&#x1EED;i<br>a&nbsp;b<!-- c --></p></body></html>",
    )


@cache
def kept_facts() -> tuple[bytes, ...]:
    read = recognise(text_of(texts()[0].decode()))
    inner = FileFacts("a.pdf", "pdf", 5, recognition=read, text="a\nb")
    outer = FileFacts("b.zip", "zip", 9, "ab" * 32, dangers=(Danger(DangerKind.MACRO, "x"),), members=(inner,),
                      unreadable=Unreadable.TOO_MANY)  # fmt: skip
    return tuple(to_json(facts).encode() for facts in (inner, outer))


@cache
def answers() -> tuple[bytes, ...]:
    facts = FileFacts("b.zip", "zip", 9, members=(FileFacts("a.pdf", "pdf", 5, text="a"),))
    lines = (begin_line(), facts_line(0, facts), end_line(End.MEMORY), fault_line("x"))
    return tuple(line.rstrip(b"\n") for line in lines)
