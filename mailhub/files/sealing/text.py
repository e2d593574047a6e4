"""Text for an appearance: Liberation Serif, which has the widths of Times New Roman, with the letters that are needed
(ISO 32000-2 § 9.7.4; reference/signatures § 2). A reader of the file finds the letters by /ToUnicode.

The font is Debian's (`fonts-liberation2`): its Liberation 1.07 has no letter with a hook or a dot below.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

_FOLDER = Path("/usr/share/fonts/truetype")
# Where Debian 12 keeps it, and where Debian 13 does.
_PLACES = (_FOLDER / "liberation2/LiberationSerif-Regular.ttf", _FOLDER / "liberation/LiberationSerif-Regular.ttf")
_NAME = "LiberationSerif"
_THOUSAND = 1000  # glyph space of a PDF font (§ 9.2.4)
# Flags of a font descriptor (§ 9.8.2): serif; symbolic, since there is no standard encoding.
_FLAGS = 0b110
_DROPPED = ["GSUB", "GPOS", "GDEF", "kern", "DSIG", "FFTM", "OS/2", "name", "post", "gasp", "fpgm", "prep", "cvt "]


class NoGlyph(Exception):
    """The font lacks a letter, or is not installed."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font reduced to some letters. `glyphs` are their numbers in it; widths in thousandths of the size."""

    program: bytes
    glyphs: dict[str, int]
    widths: dict[int, int]
    bounds: tuple[int, int, int, int]
    ascent: int
    descent: int

    def width(self, line: str) -> float:
        """Of a line, in thousandths of the size."""
        return sum(self.widths[self.glyphs[letter]] for letter in line)

    def shown(self, line: str) -> bytes:
        """The operand of Tj."""
        return b"<" + b"".join(b"%04X" % self.glyphs[letter] for letter in line) + b">"


def typeface(letters: str) -> Typeface:
    """The font with these letters.

    Raises:
        NoGlyph: it lacks one, or is not installed.
    """
    return _measured(_reduced(_program(), letters), letters)


@cache
def _program() -> bytes:
    for place in _PLACES:
        if place.exists():
            return place.read_bytes()
    raise NoGlyph("fonts-liberation2 is not installed")


def _reduced(font: bytes, letters: str) -> bytes:
    options = subset.Options()
    options.hinting = options.legacy_kern = options.glyph_names = options.recalc_timestamp = False
    options.layout_features = []
    options.name_IDs = []
    options.notdef_outline = True
    options.drop_tables += _DROPPED
    face = TTFont(io.BytesIO(font), lazy=True)
    reducer = subset.Subsetter(options)
    reducer.populate(text=letters)
    reducer.subset(face)
    reduced = io.BytesIO()
    face.save(reduced, reorderTables=None)
    return reduced.getvalue()


def _measured(program: bytes, letters: str) -> Typeface:
    face = TTFont(io.BytesIO(program), lazy=True)
    scale = _THOUSAND / face["head"].unitsPerEm
    names, sizes = face.getBestCmap() or {}, face["hmtx"]
    missing = [letter for letter in letters if ord(letter) not in names]
    if missing:
        raise NoGlyph(unicodedata.name(missing[0], f"U+{ord(missing[0]):04X}"))
    glyphs = {letter: face.getGlyphID(names[ord(letter)]) for letter in letters}
    widths = {glyphs[letter]: round(sizes[names[ord(letter)]][0] * scale) for letter in letters}
    head, across = face["head"], face["hhea"]
    bounds = (head.xMin, head.yMin, head.xMax, head.yMax)
    return Typeface(
        program,
        glyphs,
        widths,
        (round(bounds[0] * scale), round(bounds[1] * scale), round(bounds[2] * scale), round(bounds[3] * scale)),
        round(across.ascent * scale),
        round(across.descent * scale),
    )


def font_of(face: Typeface, writer: BasePdfFileWriter) -> generic.IndirectObject:
    """The font as objects of `writer`: a composite one, since it has more than a byte's letters (ISO 32000-2 § 9.7)."""
    tag = "".join(chr(ord("A") + octet % 26) for octet in hashlib.sha256(face.program).digest()[:6])
    name = pdf_name(f"/{tag}+{_NAME}")
    font = _dictionary(
        {
            "/Type": pdf_name("/Font"),
            "/Subtype": pdf_name("/Type0"),
            "/BaseFont": name,
            "/Encoding": pdf_name("/Identity-H"),
            "/DescendantFonts": generic.ArrayObject([writer.add_object(_descendant(face, name, writer))]),
            "/ToUnicode": writer.add_object(_stream(_to_unicode(face.glyphs), {})),
        }
    )
    return writer.add_object(font)


def _descendant(face: Typeface, name: generic.NameObject, writer: BasePdfFileWriter) -> generic.DictionaryObject:
    """Its glyphs by their numbers, and how wide each is (§ 9.7.4)."""
    return _dictionary(
        {
            "/Type": pdf_name("/Font"),
            "/Subtype": pdf_name("/CIDFontType2"),
            "/BaseFont": name,
            "/CIDSystemInfo": _dictionary(
                {
                    "/Registry": generic.pdf_string("Adobe"),
                    "/Ordering": generic.pdf_string("Identity"),
                    "/Supplement": generic.NumberObject(0),
                }
            ),
            "/FontDescriptor": writer.add_object(_descriptor(face, name, writer)),
            "/W": _widths(face.widths),
            "/CIDToGIDMap": pdf_name("/Identity"),
        }
    )


def _descriptor(face: Typeface, name: generic.NameObject, writer: BasePdfFileWriter) -> generic.DictionaryObject:
    """The program, and the measures that stand in for it (§ 9.8)."""
    program = _stream(face.program, {"/Length1": generic.NumberObject(len(face.program))})
    return _dictionary(
        {
            "/Type": pdf_name("/FontDescriptor"),
            "/FontName": name,
            "/Flags": generic.NumberObject(_FLAGS),
            "/FontBBox": _numbers(face.bounds),
            "/ItalicAngle": generic.NumberObject(0),
            "/Ascent": generic.NumberObject(face.ascent),
            "/Descent": generic.NumberObject(face.descent),
            "/CapHeight": generic.NumberObject(face.ascent),
            "/StemV": generic.NumberObject(80),
            "/FontFile2": writer.add_object(program),
        }
    )


def _widths(widths: dict[int, int]) -> generic.ArrayObject:
    found = generic.ArrayObject()
    for glyph, width in sorted(widths.items()):
        found.append(generic.NumberObject(glyph))
        found.append(_numbers((width,)))
    return found


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    """§ 9.10.3; at most a hundred lines a block (Adobe Technical Note 5411)."""
    pairs = [
        b"<%04X> <%s>" % (glyph, letter.encode("utf-16-be").hex().upper().encode()) for letter, glyph in glyphs.items()
    ]
    blocks = [pairs[at : at + 100] for at in range(0, len(pairs), 100)]
    lines = [b"%d beginbfchar\n%s\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks]
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        b"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n" + b"\n".join(lines) + b"\n"
        b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )


def _stream(data: bytes, entries: dict[str, generic.PdfObject]) -> generic.StreamObject:
    made = generic.StreamObject(_dictionary(entries), stream_data=data)
    made.compress()
    return made


def _dictionary(entries: dict[str, generic.PdfObject]) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(name): value for name, value in entries.items()})


def _numbers(values: tuple[int, ...]) -> generic.ArrayObject:
    return generic.ArrayObject([generic.NumberObject(value) for value in values])
