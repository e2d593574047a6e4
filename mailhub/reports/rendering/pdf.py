"""The paper as PDF, by typst. Everything said comes in as JSON, which typst never reads as markup or code."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import typst

from mailhub.reports.rendering.docx_head import LEFT_MM, MOTTO, NATION, agency_rule
from mailhub.reports.rendering.paper import Block, Grid, Heading, Paper
from mailhub.reports.rendering.pdf_layout import LAYOUT

# Debian's fonts-liberation2 has the letters of Times New Roman in its measures; without it, those typst brings.
_FONTS = Path("/usr/share/fonts/truetype/liberation2")


def as_pdf(paper: Paper) -> bytes:
    """The file."""
    told = json.dumps(_contents(paper), ensure_ascii=False)
    made = typst.compile(
        LAYOUT.encode(),
        format="pdf",
        font_paths=_fonts(),
        # NFC: fonts draw letters with two marks well only where they have one glyph for them.
        sys_inputs={"paper": unicodedata.normalize("NFC", told).encode("utf-8", "replace").decode()},
    )
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> typst.Fonts:
    """Read once a process: the same letters on every machine, whatever else is installed there."""
    folders = [str(_FONTS)] if _FONTS.is_dir() else []
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)


def _contents(paper: Paper) -> dict[str, Any]:
    told = asdict(paper)
    told["blocks"] = [_block(block) for block in paper.blocks]
    told["appendices"] = [
        {"label": one.label, "title": one.title, "leads": one.leads, "blocks": [_block(block) for block in one.blocks]}
        for one in paper.appendices
    ]
    told |= {"nation": NATION, "motto": MOTTO, "left": LEFT_MM, "rule": agency_rule(paper.agency)}
    told |= {"signature": paper.signature.split("\n"), "about": paper.about.split("\n")}
    return told


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "text": block.text, "level": block.level}
    if isinstance(block, Grid):
        return {"kind": "grid"} | asdict(block)
    return {"kind": "words", "text": block.text, "small": block.small}
