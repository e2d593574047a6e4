"""Mail that means harm, of every kind, each with the words by which its timeline must say what was wrong."""

from __future__ import annotations

import base64
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support import archives, mails, pdfs
from tests.support.office import docx, part, relations, zipped
from tests.support.ole import compound
from tests.support.word97 import word97

SENDER, RECEIVER = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
_OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Hostile:
    """A message; all `words` stand in the facts of its `inspected` line. Empty: it is plain text to every reader."""

    name: str
    message: bytes
    words: tuple[str, ...]


def hostile_mails(series: int = 0) -> Iterator[Hostile]:
    """One of each kind; those of another series are other messages."""
    for name, data, words, more in _files():
        file = mails.attached(data, str(more.get("name", name)), str(more.get("type", "application/octet-stream")))
        yield Hostile(name, _mail(name, [mails.leaf("", b"Kem theo %d." % series), file]), words)
    yield from _structures(series)


def _mail(name: str, parts: list[bytes]) -> bytes:
    subject = name.encode("ascii", "replace").decode()
    ident = zlib.crc32(b"".join(parts))
    header = f"From: {SENDER}\nTo: {RECEIVER}\nSubject: thu {subject}\nMIME-Version: 1.0\nMessage-ID: <{ident}@x.test>"
    return mails.multipart(parts, boundary="ngoai", header=header)


def _files() -> Iterator[tuple[str, bytes, tuple[str, ...], dict[str, str]]]:
    plain: dict[str, str] = {}
    yield "zeros.zip", zip_that_claims(10 * 10**9), ("bomb", "too large"), plain
    yield "42.zip", zip_of_zips(), ("too deep",), plain
    yield "overlapping.zip", archives.overlapping_zip(1_000, bytes(100_000)), ("bomb",), plain
    yield "bomb.tar.xz", archives.packed("ustar", [("0", bytes(60 * 2**20))], compression="xz"), ("bomb",), plain
    yield "bomb.7z", archives.packed("7zip", [("0", bytes(60 * 2**20))]), ("bomb",), plain
    yield "cut.7z", archives.packed("7zip", [("a.txt", b"x" * 999)])[:-20], ("damaged",), plain
    yield "many.zip", archives.zip_of((f"{n}", b"") for n in range(5_000)), ("too many parts",), plain
    yield "paths.tar", tar_of_paths(), ("path traversal",), plain
    yield "paths.zip", archives.zip_of([("../../../../etc/cron.d/x", b"* * * * * root x")]), ("path traversal",), plain
    secret = archives.packed("zip", [("a", b"x")], options="zip:encryption=aes256", password="p")
    yield "secret.zip", secret, ("encrypted",), plain
    yield "secret.7z", archives.encrypted_7z("a", headers=True), ("encrypted",), plain
    yield "secret.rar", archives.rar5([("a", b"x")], encrypted_headers=True), ("encrypted",), plain
    yield "secret.docx", _locked_office(), ("encrypted",), {"type": _OFFICE}
    yield "secret.doc", word97("x\r", encrypted=True), ("encrypted",), {"type": "application/msword"}
    yield "secret.pdf", pdfs.encrypted(b"x"), ("encrypted",), {"type": "application/pdf"}
    yield (
        "endless.pdf",
        pdfs.by_hand({1: "<</Type/Catalog/Pages 2 0 R>>", 2: "<</Kids[2 0 R]/Count 1>>"}),
        ("damaged",),
        plain,
    )
    yield "brackets.pdf", b"%PDF-1.7\n" + b"<<" * 200_000, ("damaged",), {"type": "application/pdf"}
    yield "slow.pdf", pdf_of_forms(6, 12), ("unreadable",), {"type": "application/pdf"}
    yield "script.pdf", pdfs.one_page(catalogue="/OpenAction<</S/JavaScript/JS(1)>>"), ("script",), plain
    yield "launch.pdf", pdfs.one_page(catalogue="/OpenAction<</S/Launch/F(cmd.exe)>>"), ("launch",), plain
    yield "both.pdf", pdfs.one_page() + archives.zip_of([("a.exe", b"MZ")]), ("polyglot",), {"type": "application/pdf"}
    yield "cut.docx", docx("x" * 5_000)[:500], ("damaged",), {"type": _OFFICE}
    yield "macro.docx", docx("", macros=True), ("macro",), {"type": _OFFICE}
    template = relations(("attachedTemplate", "https://mau.example/t.dotm"))
    yield "template.docx", docx("", more={"word/_rels/settings.xml.rels": template}), ("launch",), {"type": _OFFICE}
    yield "laughs.docx", zipped({**_TYPES, "word/document.xml": _laughs()}), ("damaged",), {"type": _OFFICE}
    yield "xml.docx", docx("<w:p>" * 100_000), ("damaged",), {"type": _OFFICE}
    yield "cut.doc", word97("SỞ MẪU\r")[:1_500], ("unsupported type",), {"type": "application/msword"}
    yield "cong_van.pdf.exe", b"MZ" + bytes(100), ("executable", "double extension"), {"type": "application/pdf"}
    turned = base64.b64encode("vb\u202efdp.exe".encode()).decode()
    yield "turned", b"MZ" + bytes(100), ("executable", "hidden characters"), {"name": f"=?utf-8?B?{turned}?="}
    yield "huge.png", png(60_000, 60_000), ("too large",), {"type": "image/png"}
    yield "huge.tiff", tiff(60_000, 60_000), ("too large",), {"type": "image/tiff"}
    yield "words.txt", _words_for_expressions(), (), {"type": "text/plain"}
    yield "brackets.json", b"[" * 1_000_000, (), {"type": "text/plain"}


_TYPES: dict[str, str | bytes] = {"[Content_Types].xml": "<Types>wordprocessingml.document.main+xml</Types>"}


def _structures(series: int) -> Iterator[Hostile]:
    many = b"--ngoai\r\n\r\nx\r\n" * 100_000
    head = mails.leaf(
        f"From: {SENDER}\nTo: {RECEIVER}\nSubject: nhieu phan {series}\nContent-Type: multipart/mixed; boundary=ngoai",
        b"",
    )
    yield Hostile("100,000 parts", head + many + b"--ngoai--\r\n", ("too many parts",))
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(10_000)
    )
    yield Hostile("10,000 levels", head + b"--ngoai\r\n" + nested + b"\r\nx\r\n--ngoai--\r\n", ("too deep",))
    garbage = mails.leaf(
        "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64",
        b"!!!! khong phai base64 @@@\r\n" * 99,
    )
    yield Hostile(
        "base64 garbage", _mail(f"base64 {series}", [mails.leaf("", b"%d" % series), garbage]), ("bad encoding",)
    )
    tricks = mails.leaf(
        'Content-Type: application/pdf; name="a.pdf"\n'
        "Content-Disposition: attachment; filename*0*=UTF-8''b.pdf; filename*1*=%2e; filename*2*=exe;"
        ' filename="a.pdf"',
        b"MZ" + b"x" * 99,
    )
    yield Hostile("two names", _mail(f"hai ten {series}", [mails.leaf("", b"%d" % series), tricks]), ("executable",))


def zip_that_claims(octets: int) -> bytes:
    """A ZIP of 60 MiB zeros whose directory claims more, in the fields of ZIP64 (APPNOTE § 4.5.3)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("0.bin", bytes(60 * 2**20), zipfile.ZIP_DEFLATED)
    data = bytearray(out.getvalue())
    at = data.rfind(b"PK\x01\x02")
    extra = struct.pack("<HHQ", 1, 8, octets)
    name = struct.unpack_from("<H", data, at + 28)[0]
    struct.pack_into("<I", data, at + 24, 0xFFFFFFFF)
    struct.pack_into("<H", data, at + 30, len(extra))
    end = data.rfind(b"PK\x05\x06")
    data[at + 46 + name : end] = extra
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<I", data, end + 12, end - at)
    return bytes(data)


def zip_of_zips(levels: int = 8, breadth: int = 4) -> bytes:
    """Like 42.zip: each archive holds the one below several times."""
    data = archives.zip_of([("0.bin", bytes(2**20))])
    for level in range(levels):
        data = archives.zip_of((f"{level}-{n}.zip", data) for n in range(breadth))
    return data


def tar_of_paths() -> bytes:
    """Members that would land outside, and a link that leads there."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("/etc/cron.d/x", "../../../tmp/mailhub-got-out"):
            info = tarfile.TarInfo(name)
            info.size = 2
            archive.addfile(info, io.BytesIO(b"x\n"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


def pdf_of_forms(levels: int, breadth: int) -> bytes:
    """A page of drawings that are each made of others: two thousand octets, `breadth ** levels` words."""
    objects: dict[int, str | bytes] = {}
    for number in range(6, 6 + levels):
        within = f"/X{number + 1} Do " * breadth if number < 5 + levels else "BT /F 12 Tf 9 9 Td (a) Tj ET"
        used = f"/Resources<</XObject<</X{number + 1} {number + 1} 0 R>>/Font<</F 5 0 R>>>>"
        objects[number] = pdfs.stream(within, f"/Type/XObject/Subtype/Form/BBox[0 0 600 800]{used}")
    page = "/Resources<</XObject<</X6 6 0 R>>>>"
    return pdfs.one_page("/X6 Do " * breadth, page=page, more=objects)


def png(width: int, height: int) -> bytes:
    """A picture of that size which is only announced."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1_000))) + chunk(b"IEND", b"")
    )


def tiff(width: int, height: int) -> bytes:
    """The same as a TIFF of one strip (TIFF 6.0, section 2)."""
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1)]
    entries += [(278, 4, height), (279, 4, width * height & 0xFFFFFFFF)]
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return (b"II*\0" + struct.pack("<IH", 8, len(entries)) + rows + struct.pack("<I", 0)).ljust(1_200, b"\0")


def _locked_office() -> bytes:
    return compound({"EncryptedPackage": b"x", "EncryptionInfo": b"x"})


def _laughs() -> str:
    rows = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{rows}]>'
        + part("<w:p><w:t>&a11;</w:t></w:p>").partition("?>")[2]
    )


def _words_for_expressions() -> bytes:
    """A megabyte of what slow expressions stumble over, in the words of the grammar."""
    pieces = (
        "Số: " + "1" * 500 + "/",
        "ngày " * 100,
        "V/v " + " " * 900 + "\n",
        "KT. " * 200 + "\n",
        "Kính gửi: " + "- " * 300,
    )
    return ("".join(pieces) * 400).encode()[: 2**20]
