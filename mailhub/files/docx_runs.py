"""How the letters of a Word document are shown: fonts of the .Vn family, and capitals by format.

Only documents that use either are looked at run by run; all others skip this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from mailhub.files.package import BadPackage, parse_xml
from mailhub.text.legacy import from_tcvn3

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OF_UNICODE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_OF_TCVN3 = re.compile("[\u00a1-\u00bf\u00d7\u00f7\uf0a0-\uf0ff]|[a-z][À-Þ]")
_SAMPLE = 20_000  # characters
_LONGEST_CHAIN = 10  # of styles based on each other


@dataclass(frozen=True, slots=True)
class Look:
    """What a style or a run says: None is what the one below says."""

    font: str | None = None
    capitals: bool | None = None
    hidden: bool | None = None

    def over(self, below: Look) -> Look:
        return Look(
            below.font if self.font is None else self.font,
            below.capitals if self.capitals is None else self.capitals,
            below.hidden if self.hidden is None else self.hidden,
        )


class Fonts:
    """Shows the text of runs as the page does."""

    def __init__(self, styles: dict[str, Look], base: Look, *, convert: bool) -> None:
        self._styles = styles
        self._base = base
        self._convert = convert

    def shown(self, words: str, run: Any) -> str:
        """The words of a run as they are seen."""
        look = self.look(run)
        if look.hidden:
            return ""
        if self._convert and look.font is not None and look.font.startswith(".Vn"):
            words = from_tcvn3(words, capitals=look.font.upper().endswith("H"))
        return words.upper() if look.capitals else words

    def look(self, run: Any) -> Look:
        properties = run.find(_W + "rPr")
        look = _look(properties) if properties is not None else Look()
        if properties is not None:
            look = look.over(self._style(properties.find(_W + "rStyle")))
        paragraph = next(run.iterancestors(_W + "p"), None)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle") if paragraph is not None else None
        return look.over(self._style(style)).over(self._base)

    def _style(self, reference: Any) -> Look:
        return Look() if reference is None else self._styles.get(reference.get(_W + "val") or "", Look())


def fonts_of(raw: bytes, root: Any, sheet: bytes) -> Fonts | None:
    """The fonts of a document part, or None when its letters are shown as they are written.

    `sheet` is the part `styles.xml`, empty when there is none.
    """
    formats = b"<w:caps" in raw or b"<w:vanish" in raw
    legacy = b'".Vn' in raw or b'".Vn' in sheet
    if not formats and not legacy:
        return None
    styles, base = _styles(sheet) if sheet else ({}, Look())
    convert = legacy and _is_tcvn3(root, Fonts(styles, base, convert=False))
    return Fonts(styles, base, convert=convert) if formats or convert else None


def _is_tcvn3(root: Any, fonts: Fonts) -> bool:
    """Whether the text set in .Vn fonts needs them: Word leaves their names on text that was typed in Unicode."""
    old = modern = length = 0
    if not any(_OF_TCVN3.search(text.text or "") for text in root.iter(_W + "t")):
        return False
    for run in root.iter(_W + "r"):
        words = run.findtext(_W + "t") or ""
        if words.isascii() or not (fonts.look(run).font or "").startswith(".Vn"):
            continue
        old += len(_OF_TCVN3.findall(words))
        modern += len(_OF_UNICODE.findall(words))
        length += len(words)
        if length > _SAMPLE:
            break
    return old > modern


def _look(properties: Any) -> Look:
    fonts = properties.find(_W + "rFonts")
    font = None if fonts is None else fonts.get(_W + "ascii") or fonts.get(_W + "hAnsi")
    return Look(font, _flag(properties.find(_W + "caps")), _flag(properties.find(_W + "vanish")))


def _flag(element: Any) -> bool | None:
    return None if element is None else element.get(_W + "val") not in ("0", "false", "off")


def _styles(sheet: bytes) -> tuple[dict[str, Look], Look]:
    """Looks by style id, with what they are based on worked in, and that of text without a style."""
    try:
        root, _ = parse_xml(sheet)
    except BadPackage:
        return {}, Look()
    own: dict[str, tuple[Look, str]] = {}
    base, normal = Look(), Look()
    defaults = root.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr")
    if defaults is not None:
        base = _look(defaults)
    for style in root.iter(_W + "style"):
        properties, parent = style.find(_W + "rPr"), style.find(_W + "basedOn")
        look = Look() if properties is None else _look(properties)
        own[style.get(_W + "styleId") or ""] = (look, "" if parent is None else parent.get(_W + "val") or "")
        if style.get(_W + "default") == "1" and style.get(_W + "type") == "paragraph":
            normal = look
    found: dict[str, Look] = {}
    for name, (look, above) in own.items():
        for _ in range(_LONGEST_CHAIN):
            if above not in own:
                break
            look, above = look.over(own[above][0]), own[above][1]
        found[name] = look
    # The paragraph mark's own wish to be hidden is no wish of the text.
    return found, replace(normal.over(base), hidden=None)
