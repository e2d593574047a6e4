"""PDFs sealed for tests, and what their pages look like: rendered by poppler and by PDFium, measured in pixels."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image
from pyhanko.sign import signers

from mailhub.files.sealing.geometry import Box
from mailhub.files.sealing.values import Prepared
from tests.support.pki import Identity

Picture = NDArray[np.int16]
DPI = 144
BETWEEN = (375, 500, 485, 555)  # post and name of the sample letter: where a signature is


def filled(original: bytes, prepared: Prepared, update: bytes, who: Identity) -> bytes:
    """The file with a signature in the placeholder, made as the signer makes it: PAdES B-B over what is around it."""
    file = original + update
    begin, end = prepared.contents
    signature = signature_over(hashlib.sha256(file[: begin - 1] + file[end + 1 :]).digest(), who)
    digits = signature.hex().encode().ljust(end - begin, b"0")
    return file[:begin] + digits + file[end:]


def signature_over(digest: bytes, who: Identity) -> bytes:
    """A CMS as PAdES wants it (EN 319 142-1 § 6.3), detached."""
    signer: Any = signers.SimpleSigner(signing_cert=who.certificate, signing_key=who.key, cert_registry=_store(who))
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(asyncio.run, signer.async_sign(digest, "sha256", use_pades=True)).result()
    der: bytes = made.dump()
    return der


def _store(who: Identity) -> Any:
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(who.chain)
    return store


def by_poppler(pdf: bytes, *, page: int = 1, dpi: int = DPI) -> Image.Image:
    """A page as `pdftocairo` draws it: what is seen of it (/CropBox), annotations as well."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.pdf"
        file.write_bytes(pdf)
        command = ["pdftocairo", "-png", "-r", str(dpi), "-f", str(page), "-l", str(page), "-singlefile", "-cropbox"]
        subprocess.run([*command, file, Path(folder) / "page"], check=True, capture_output=True)
        return Image.open(Path(folder) / "page.png").convert("RGB").copy()


def by_pdfium(pdf: bytes, *, page: int = 1, dpi: int = DPI) -> Image.Image:
    document = pdfium.PdfDocument(pdf)
    try:
        document.init_forms()
        picture: Image.Image = document[page - 1].render(scale=dpi / 72).to_pil()
        return picture.convert("RGB")
    finally:
        document.close()


def extent(picture: Image.Image, colour: str, *, dpi: int = DPI) -> Box:
    """Where there is ink of a colour ("red", "blue", "black"): left, bottom, right, top in points from the lower left
    corner of the page as it is shown."""
    pixels: Picture = np.asarray(picture).astype(np.int16)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    wanted = {
        "red": (red > 120) & (red - green > 80) & (red - blue > 80),
        "blue": (blue > 100) & (blue - red > 80),
        "black": (red < 110) & (green < 110) & (blue < 110),
    }[colour]
    rows, columns = np.nonzero(wanted)
    points = 72 / dpi
    height = picture.height
    return (
        float(columns.min()) * points,
        float(height - 1 - rows.max()) * points,
        float(columns.max() + 1) * points,
        float(height - rows.min()) * points,
    )


def pdfsig(pdf: bytes) -> list[str]:
    """What poppler says of each signature: "Signature is Valid.", … (the chain is not its business here)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.pdf"
        file.write_bytes(pdf)
        done = subprocess.run(["pdfsig", "-nocert", file], check=False, capture_output=True, text=True)
    lines = (line.strip() for line in done.stdout.splitlines())
    return [line.removeprefix("- Signature Validation: ") for line in lines if "Signature Validation:" in line]
