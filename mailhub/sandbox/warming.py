"""Documents of our own, which the zygote reads once: what libraries load or compile at first use is then there for
every child, and what root alone can read is read while there is root."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from mailhub.files import ocr
from mailhub.files.facts import FileFacts, Limits, Mode
from mailhub.files.reader import Given
from mailhub.files.sealing import warming as sealing
from mailhub.files.signed.trusted import TrustBundle
from mailhub.sandbox.wire import read_value

# A page signed twice by certificates of a test hierarchy, and the trust data that lead to it (made by
# tests/support/signed_pdfs.py; nobody holds the keys any more).
_SIGNED, _TRUST = "signed.pdf", "trust.json"
# The interpreter makes code faster once it has run some times (PEP 659); children share what was made before.
_ROUNDS = 2
# Its own samples have all the time they need: what a busy machine interrupts would not be warm.
_LIMITS = Limits(mode=Mode.FULL, seconds=120, signed_seconds=120)
LINES = (
    "ỦY BAN NHÂN DÂN TỈNH MẪU",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "Số: 01/QĐ-UBND",
    "Tỉnh Mẫu, ngày 02 tháng 01 năm 2026",
    "QUYẾT ĐỊNH",
    "Về việc ban hành mẫu",
    "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH",
    "Căn cứ Luật Tổ chức chính quyền địa phương;",
    "Điều 1. Ban hành kèm theo Quyết định này mẫu.",
    "Nơi nhận:",
    "- Như Điều 1;",
    "- Lưu: VT.",
    "TM. ỦY BAN NHÂN DÂN",
    "KT. CHỦ TỊCH",
    "PHÓ CHỦ TỊCH",
    "Nguyễn Văn Mẫu",
)
_MAIL = (
    b"Received: from a.test by b.test; Fri, 2 Jan 2026 08:00:00 +0700\r\nFrom: a@a.test\r\nTo: b@b.test\r\n"
    b"Subject: mau\r\nDate: Fri, 2 Jan 2026 08:00:00 +0700\r\nMessage-ID: <1@a.test>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nmau\r\n"
)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def warm_up(read_file: Callable[[Given, Limits], FileFacts]) -> None:
    """Have `read_file` read one of each kind; what reads scans is loaded without reading one, which takes seconds."""
    ocr.preload()
    samples = (
        ("mau.docx", docx(LINES)),
        ("mau.pdf", pdf("QUYET DINH 01/QD-UBND")),
        ("mau.zip", pack({"mau.txt": "\n".join(LINES).encode()})),
        ("mau.txt", "\n".join(LINES).encode()),
        ("mau.eml", _MAIL),
    )
    folder = Path(__file__).parent / "samples"
    signed = ("mau-ky-so.pdf", (folder / _SIGNED).read_bytes())
    trust = read_value(TrustBundle, (folder / _TRUST).read_bytes())
    for _ in range(_ROUNDS):
        for name, data in (*samples, signed):
            with suppress(Exception):  # a reader that fails here fails on real files too, and says so there
                given = Given(memoryview(data), name, mail_subject="V/v mẫu", trust=lambda: trust)
                read_file(given, _LIMITS)
    sealing.warm_up(signed[1], trust)


def pack(members: dict[str, bytes]) -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def docx(lines: Iterable[str]) -> bytes:
    """The least that is a Word document (ECMA-376 part 1, § 11)."""
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in lines)
    document = f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    types = f'<Types xmlns="{_TYPES}"><Override PartName="/word/document.xml" ContentType="{_MAIN}"/></Types>'
    relation = f'<Relationship Id="r1" Type="{_OFFICE}" Target="word/document.xml"/>'
    relations = f'<Relationships xmlns="{_RELATIONS}">{relation}</Relationships>'
    members = {"[Content_Types].xml": types, "_rels/.rels": relations, "word/document.xml": document}
    return pack({name: text.encode() for name, text in members.items()})


def pdf(text: str) -> bytes:
    """One page with one line of ASCII (ISO 32000-1 § 7.5)."""
    stream = f"BT /F1 14 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(file) + tail % (count, table, count, len(file))
