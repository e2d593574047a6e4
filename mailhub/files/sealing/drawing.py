"""What a signature shows: the agency's seal in red, or two lines of black text (Nghị định 30/2020/NĐ-CP PL I mục II.8).

Appearances are form XObjects (ISO 32000-2 § 12.5.5). A seal's transparency becomes a soft mask (§ 11.6.5.2), and its
red is laid on as ink is, by multiplying (§ 11.3.5): the person's signature and the text below it stay legible.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from mailhub.files.sealing.geometry import POINTS_PER_MM
from mailhub.files.sealing.text import Typeface, font_of, typeface

TEXT_SIZE = 10.0  # points, of the text on attachments
_LEADING = 1.15
_DPI = 600  # of a seal at its real size; what is finer is made coarser
_EFFORT = 3  # of zlib: half the time of the usual 6, and a third more octets
_MOST_PIXELS = 16_000_000
_LEAST_SIDE = 60
_DIAMETERS = (10.0, 80.0)  # millimetres


class BadSeal(Exception):
    """The image or the diameter cannot be used."""


@dataclass(frozen=True, slots=True)
class Seal:
    """An image at its real size, in points."""

    image: Image.Image  # RGBA
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text, one below the other, flush right; sizes in points."""

    lines: tuple[str, ...]
    face: Typeface
    width: float
    height: float


def seal_of(png: bytes, diameter_mm: float) -> Seal:
    """The agency's image, as wide as its seal is.

    Raises:
        BadSeal: no PNG, nothing transparent in it, too small or too large, or a diameter that no seal has.
    """
    if not _DIAMETERS[0] <= diameter_mm <= _DIAMETERS[1]:
        raise BadSeal(f"diameter {diameter_mm:g} mm")
    try:
        opened = Image.open(io.BytesIO(png), formats=("PNG",))
        if opened.width * opened.height > _MOST_PIXELS or min(opened.size) < _LEAST_SIDE:
            raise BadSeal(f"{opened.width} × {opened.height} pixels")
        image = opened.convert("RGBA")
    except BadSeal:
        raise
    except Exception as error:
        raise BadSeal(type(error).__name__) from error
    if image.getchannel("A").histogram()[0] == 0:  # the decree asks for one that does not cover what it lies on
        raise BadSeal("nothing in it is transparent")
    most = round(diameter_mm / 25.4 * _DPI)
    if image.width > most:
        image = image.resize((most, max(1, round(image.height * most / image.width))), Image.Resampling.HAMMING)
    width = diameter_mm * POINTS_PER_MM
    return Seal(image, width, width * image.height / image.width)


def lines_of(*lines: str) -> Lines:
    """Black text of size 10, upright.

    Raises:
        NoGlyph: the font lacks a letter.
    """
    kept = tuple(line for line in lines if line)
    face = typeface("".join(dict.fromkeys("".join(kept))))
    width = max(face.width(line) for line in kept) * TEXT_SIZE / 1000
    return Lines(kept, face, width, TEXT_SIZE * _LEADING * len(kept))


def draw_seal(seal: Seal, matrix: tuple[int, ...], unit: float, writer: BasePdfFileWriter) -> generic.IndirectObject:
    """The appearance of a seal. `unit`: points of one unit of the page."""
    width, height = seal.width / unit, seal.height / unit
    content = b"q /Ink gs %s 0 0 %s 0 0 cm /Seal Do Q" % (_number(width), _number(height))
    ink = _dictionary({"/Type": pdf_name("/ExtGState"), "/BM": pdf_name("/Multiply")})
    resources = _dictionary(
        {
            "/XObject": _dictionary({"/Seal": _image_of(seal.image, writer)}),
            "/ExtGState": _dictionary({"/Ink": ink}),
        }
    )
    return writer.add_object(_form(content, width, height, matrix, resources))


def draw_lines(lines: Lines, matrix: tuple[int, ...], unit: float, writer: BasePdfFileWriter) -> generic.IndirectObject:
    """The appearance of text. `unit`: points of one unit of the page."""
    width, height, size = lines.width / unit, lines.height / unit, TEXT_SIZE / unit
    parts = [b"q 0 g BT /F %s Tf" % _number(size)]
    for number, line in enumerate(lines.lines):
        left = width - lines.face.width(line) * size / 1000
        # Above the base line lies so much of the font's height that a diacritic on a capital letter has room.
        base = height - number * size * _LEADING - size * lines.face.ascent / 1000
        parts.append(b"1 0 0 1 %s %s Tm %s Tj" % (_number(left), _number(base), lines.face.shown(line)))
    resources = _dictionary({"/Font": _dictionary({"/F": font_of(lines.face, writer)})})
    return writer.add_object(_form(b"\n".join((*parts, b"ET Q")), width, height, matrix, resources))


def _form(
    content: bytes, width: float, height: float, matrix: tuple[int, ...], resources: generic.DictionaryObject
) -> generic.StreamObject:
    entries: dict[str, generic.PdfObject] = {
        "/Type": pdf_name("/XObject"),
        "/Subtype": pdf_name("/Form"),
        "/BBox": generic.ArrayObject([generic.FloatObject(round(side, 4)) for side in (0, 0, width, height)]),
        "/Matrix": generic.ArrayObject([generic.NumberObject(part) for part in matrix]),
        "/Resources": resources,
    }
    return generic.StreamObject(_dictionary(entries), stream_data=content)


def _image_of(image: Image.Image, writer: BasePdfFileWriter) -> generic.IndirectObject:
    alpha = image.getchannel("A")
    # What nobody sees is made white: nothing of it lies hidden in the file, and it takes no room.
    colours = Image.new("RGB", image.size, "white")
    colours.paste(image.convert("RGB"), mask=alpha.point([0] + [255] * 255))
    mask = writer.add_object(_samples(image.size, alpha.tobytes(), "/DeviceGray"))
    shown = _samples(image.size, colours.tobytes(), "/DeviceRGB")
    shown[pdf_name("/SMask")] = mask
    return writer.add_object(shown)


def _samples(size: tuple[int, int], samples: bytes, space: str) -> generic.StreamObject:
    entries: dict[str, generic.PdfObject] = {
        "/Type": pdf_name("/XObject"),
        "/Subtype": pdf_name("/Image"),
        "/Width": generic.NumberObject(size[0]),
        "/Height": generic.NumberObject(size[1]),
        "/ColorSpace": pdf_name(space),
        "/BitsPerComponent": generic.NumberObject(8),
    }
    entries["/Filter"] = pdf_name("/FlateDecode")
    return generic.StreamObject(_dictionary(entries), encoded_data=zlib.compress(samples, _EFFORT))


def _dictionary(entries: dict[str, generic.PdfObject]) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(name): value for name, value in entries.items()})


def _number(value: float) -> bytes:
    return b"%.4f" % value
