"""A seal on a document of our own, before there is one from outside: what is compiled or loaded at first use is then
there for every child (`sandbox/warming.py`)."""

from __future__ import annotations

import io
from contextlib import suppress

from PIL import Image, ImageDraw

from mailhub.files.sealing.comparing import compare
from mailhub.files.sealing.prepare import prepare
from mailhub.files.sealing.values import CannotSeal, SealKind, SealPlan
from mailhub.files.signed.trusted import TrustBundle

_SIDE = 200


def warm_up(signed: bytes, trust: TrustBundle) -> None:
    """Prepare `signed`, a PDF with a person's visible signature, in both ways. Once: a second time makes a child no
    faster (measured), and every start of a hub waits for it."""
    seal = _ring()
    plans = [SealPlan(), SealPlan(kind=SealKind.ATTACHMENT, number="01/QĐ-UBND", time="01/01/2026 08:00:00 +07:00")]
    for plan in plans:
        with suppress(Exception):  # what fails here fails on real files too, and says so there
            made = prepare(memoryview(signed), plan, trust, seal_png=seal)
            if not isinstance(made, CannotSeal):
                compare(memoryview(signed), memoryview(made[1]))


def _ring() -> bytes:
    picture = Image.new("RGBA", (_SIDE, _SIDE))
    ImageDraw.Draw(picture).ellipse((2, 2, _SIDE - 2, _SIDE - 2), outline=(200, 0, 0, 255), width=6)
    output = io.BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()
