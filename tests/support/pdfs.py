"""PDF files for tests: set by Typst, or put together by hand where the fault is the point."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cache

import pypdfium2 as pdfium
import typst
from PIL import Image

A4 = (595, 842)

LETTER = """
#set page(paper: "a4", margin: (left: 3cm, right: 1.8cm, y: 2cm))
#set text(font: "Liberation Serif", size: 13pt, lang: "vi")
#grid(columns: (1fr, 1.4fr), align: center, row-gutter: 6pt,
  [ỦY BAN NHÂN DÂN], [*CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM*],
  [*XÃ THỬ NGHIỆM*], [*Độc lập - Tự do - Hạnh phúc*],
  [Số: %(number)s/UBND-VX], [_Thử Nghiệm, ngày %(day)s tháng 4 năm 2026_],
  [V/v trồng cây xanh\\ ở trường học], [])
#v(%(gap)s)
#align(center)[Kính gửi: Các trường học trên địa bàn xã.]
#v(10pt)
#set par(justify: true, first-line-indent: 1cm)
Để trường học có bóng mát, Ủy ban nhân dân xã đề nghị các trường chọn giống cây phù hợp với đất, trồng xong trước
ngày 30 tháng 5, giao từng lớp chăm sóc và báo cáo kết quả về Văn phòng trước khi bế giảng năm học này./.
#v(12pt)
#grid(columns: (1fr, 1fr), align: (left, center),
  [Nơi nhận:\\ - Như trên;\\ - Lưu: VT.], [*TM. ỦY BAN NHÂN DÂN*\\ *CHỦ TỊCH*\\ #v(40pt) *Trần Thị Mẫu*])
"""


@cache
def letter(number: str = "87", day: str = "05", gap: str = "14pt") -> bytes:
    """An official letter of a made-up commune, as text."""
    return typeset(LETTER % {"number": number, "day": day, "gap": gap})


@cache
def typeset(source: str) -> bytes:
    """What Typst makes of `source`."""
    compiled = typst.compile(source.encode())
    assert isinstance(compiled, bytes)
    return compiled


def picture_of(document: bytes, *, page: int = 0, dpi: int = 200) -> Image.Image:
    """A page as a scanner sees it."""
    opened = pdfium.PdfDocument(document)
    try:
        picture = opened[page].render(scale=dpi / 72).to_pil()
        assert isinstance(picture, Image.Image)
        return picture.convert("RGB")
    finally:
        opened.close()


def scan(*pages: Image.Image, dpi: int = 200) -> bytes:
    """A PDF that is nothing but pictures."""
    file = io.BytesIO()
    pages[0].save(file, "PDF", resolution=dpi, save_all=True, append_images=list(pages[1:]))
    return file.getvalue()


def by_hand(objects: Mapping[int, str | bytes], *, trailer: str = "") -> bytes:
    """A PDF of these objects (ISO 32000-1 § 7.5); number 1 is the catalogue."""
    file = bytearray(b"%PDF-1.7\n")
    places: dict[int, int] = {}
    for number, body in sorted(objects.items()):
        places[number] = len(file)
        file += b"%d 0 obj\n" % number + (body.encode("latin-1") if isinstance(body, str) else body) + b"\nendobj\n"
    start, size = len(file), max(objects) + 1
    file += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        file += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    file += f"trailer\n<</Root 1 0 R/Size {size} {trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(file)


def stream(content: str, extra: str = "") -> str:
    return f"<<{extra}/Length {len(content)}>>\nstream\n{content}\nendstream"


def one_page(
    content: str = "BT /F 12 Tf 72 700 Td (So: 15/UBND) Tj ET",
    *,
    page: str = "",
    catalogue: str = "",
    more: Mapping[int, str | bytes] | None = None,
    box: Sequence[float] = (0, 0, *A4),
    trailer: str = "",
) -> bytes:
    """A page of Latin text; `page` and `catalogue` are further entries, `more` further objects from number 6."""
    place = " ".join(map(str, box))
    resources = "/Resources<</Font<</F 5 0 R>>>>"
    objects: dict[int, str | bytes] = {
        1: f"<</Type/Catalog/Pages 2 0 R {catalogue}>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: f"<</Type/Page/Parent 2 0 R/MediaBox[{place}]{resources}/Contents 4 0 R {page}>>",
        4: stream(content),
        5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **(more or {}),
    }
    return by_hand(objects, trailer=trailer)


def encrypted(password: bytes = b"") -> bytes:
    """A page that needs `password` to be opened (§ 7.6, 40-bit RC4); b"" leaves only the owner's password."""
    padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    identifier = bytes(16)
    owner = _rc4(hashlib.md5((b"owner" + padding)[:32]).digest()[:5], (password + padding)[:32])
    rights = (-44).to_bytes(4, "little", signed=True)
    key = hashlib.md5((password + padding)[:32] + owner + rights + identifier).digest()[:5]
    content = b"BT /F 12 Tf 72 700 Td (So: 15/UBND) Tj ET"
    own = hashlib.md5(key + (4).to_bytes(3, "little") + bytes(2)).digest()[:10]
    locked = b"<</Length %d>>\nstream\n" % len(content) + _rc4(own, content) + b"\nendstream"
    handler = (
        f"<</Filter/Standard/V 1/R 2/P -44/O <{owner.hex()}>/U <{_rc4(key, padding).hex()}>>>"
    )  # fmt: skip
    trailer = f"/Encrypt 6 0 R /ID[<{identifier.hex()}><{identifier.hex()}>]"
    return one_page(more={4: locked, 6: handler}, trailer=trailer)


def _rc4(key: bytes, data: bytes) -> bytes:
    state, at = list(range(256)), 0
    for index in range(256):
        at = (at + state[index] + key[index % len(key)]) % 256
        state[index], state[at] = state[at], state[index]
    one = two = 0
    result = bytearray()
    for octet in data:
        one = (one + 1) % 256
        two = (two + state[one]) % 256
        state[one], state[two] = state[two], state[one]
        result.append(octet ^ state[(state[one] + state[two]) % 256])
    return bytes(result)
