"""Signs a letter of the demonstration's own as its leader would: a blue signature between post and name.

For `ops/showcase.py` alone, with a key that `ops/demo_signing.py` made; no file from outside comes here.
"""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle

_WIDTH, _HEIGHT = 110, 46  # points
_FIELD = "LanhDao"


def sign_as_leader(pdf: bytes, key: bytes, password: str, *, post: str, name: str) -> bytes:
    """The letter `pdf` with the signature of whoever holds `key` (PKCS#12), drawn between `post` and `name`.

    Raises:
        ValueError: key or place cannot be found.
    """
    signer = signers.SimpleSigner.load_pkcs12_data(key, other_certs=[], passphrase=password.encode())
    if signer is None:
        raise ValueError("the leader's key cannot be read")
    metadata = signers.PdfSignatureMetadata(
        field_name=_FIELD, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    writer: Any = signers.PdfSigner(
        metadata,
        signer,
        stamp_style=StaticStampStyle(background=PdfImage(_scrawl()), border_width=0, background_opacity=1.0),
        new_field_spec=fields.SigFieldSpec(_FIELD, on_page=0, box=_between(pdf, post, name)),
    )
    with ThreadPoolExecutor(1) as pool:  # the caller may have a loop of its own
        making = writer.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        signed: io.BytesIO = pool.submit(asyncio.run, making).result()
    return signed.getvalue()


def _between(pdf: bytes, post: str, name: str) -> tuple[int, int, int, int]:
    """Left, bottom, right, top: under the post, over the name, in the middle of the name."""
    document = pdfium.PdfDocument(pdf)
    try:
        words = document[0].get_textpage()
        upper, lower = _place(words, post), _place(words, name)
    finally:
        document.close()
    middle, top = (lower[0] + lower[2]) / 2, upper[1] - 2
    bottom = max(lower[3] + 1, top - _HEIGHT)
    return round(middle - _WIDTH / 2), round(bottom), round(middle + _WIDTH / 2), round(top)


def _place(words: Any, text: str) -> tuple[float, float, float, float]:
    found, last = words.search(text, match_case=True), None
    while (hit := found.get_next()) is not None:
        last = hit  # the foot comes after the head
    if last is None:
        raise ValueError(f"{text} is not on the page")
    boxes = [words.get_charbox(at) for at in range(last[0], last[0] + last[1])]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _scrawl() -> Image.Image:
    """A handwritten signature, blue on transparent ground (Nghị định 30/2020/NĐ-CP PL I mục II.7d)."""
    picture = Image.new("RGBA", (440, 184), (0, 0, 0, 0))
    line = [(20, 130), (80, 30), (120, 150), (180, 50), (210, 140), (260, 60), (300, 130), (420, 40)]
    drawing = ImageDraw.Draw(picture)
    drawing.line(line, fill=(20, 40, 170, 255), width=9, joint="curve")
    drawing.line([(60, 160), (400, 120)], fill=(20, 40, 170, 255), width=6)
    return picture
