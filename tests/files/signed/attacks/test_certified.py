"""Certified files (DocMDP), locked fields, and looks that cover the page: evil annotations, sneaky signatures."""

from __future__ import annotations

import pytest

from mailhub.files.signed.facts import ChainState, Changes, Problem, SignatureFacts
from mailhub.files.signed.reader import read_signed
from tests.support import attacked_pdfs as attacked
from tests.support.attacked_pdfs import paper, updated
from tests.support.pdfs import by_hand, stream
from tests.support.pki import Pki
from tests.support.signed_by_hand import signed_by_hand
from tests.support.signed_pdfs import seal_image, sign, stamped

pytestmark = pytest.mark.unit
BOX = (300, 300, 400, 340)


def read(pki: Pki, pdf: bytes) -> tuple[SignatureFacts, ...]:
    signed = read_signed(memoryview(pdf), "pdf", pki.bundle(), 5.0)
    assert signed is not None
    assert not signed.problems
    return signed.signatures


def certified(pki: Pki, level: str) -> bytes:
    return sign(paper(), pki.official.identity("leader"), box=BOX, certify=level)


@pytest.fixture(autouse=True)
def careless_signing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pyHanko sign what a certification forbids, as other programs do."""
    monkeypatch.setattr("pyhanko.sign.validation.read_certification_data", lambda reader: None)


def sealed(pki: Pki, pdf: bytes) -> bytes:
    return sign(pdf, pki.official.identity("agency"), field="Dau", box=(200, 280, 302, 382), image=seal_image())


@pytest.mark.parametrize("level", ["form filling", "annotations"])
def test_a_seal_after_a_certification_that_allows_it(pki: Pki, level: str) -> None:
    first, second = read(pki, sealed(pki, certified(pki, level)))
    assert (first.certification, first.changes, first.problems) == (level, Changes.SIGNATURES, ())
    assert second.problems == ()


def test_a_seal_after_a_certification_that_allows_nothing(pki: Pki) -> None:
    first, second = read(pki, sealed(pki, certified(pki, "no changes")))
    assert first.problems == (Problem.LEVEL,)
    assert second.problems == ()


def test_a_timestamp_is_no_change(pki: Pki) -> None:
    first, _ = read(pki, stamped(certified(pki, "no changes"), pki.official))
    assert (first.changes, first.problems) == (Changes.VALIDATION, ())


@pytest.mark.parametrize("level", ["form filling", "annotations"])
@pytest.mark.parametrize("kind", ["FreeText", "Stamp", "Highlight", "Redact"])
def test_an_evil_annotation(pki: Pki, level: str, kind: str) -> None:
    (first,) = read(pki, attacked.overlay(certified(pki, level), kind))
    assert Problem.CHANGED_AFTER in first.problems


@pytest.mark.parametrize("level", ["form filling", "annotations"])
def test_a_sneaky_signature_field_without_a_signature(pki: Pki, level: str) -> None:
    (first,) = read(pki, attacked.overlay(certified(pki, level), "Widget", form=True))
    assert Problem.NOT_LAST in first.problems


def test_a_sneaky_signature_by_a_stranger_is_untrusted_itself(pki: Pki) -> None:
    stranger = pki.forged.identity("leader")
    pdf = sign(certified(pki, "form filling"), stranger, field="S", box=(60, 690, 400, 720), text="Chi 90 trieu")
    _, second = read(pki, pdf)
    assert second.chain.state is ChainState.UNTRUSTED


def test_a_signature_that_covers_the_page(pki: Pki) -> None:
    pdf = sign(
        certified(pki, "form filling"), pki.official.identity("agency"), field="S", box=(0, 100, 595, 842), text="x"
    )
    first, second = read(pki, pdf)
    assert Problem.CHANGED_AFTER in first.problems
    assert second.problems == ()


def test_a_font_of_the_form_exchanged_where_it_lies_is_told_under_a_later_seal(pki: Pki) -> None:
    objects: dict[int, str | bytes] = {
        1: "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[7 0 R]>>",
        4: stream("0 0 9 9 re f"),
        6: "<</Fields[7 0 R]/DR 8 0 R/SigFlags 3/NeedAppearances true>>",
        7: "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(10)/Rect[72 600 272 620]/P 3 0 R/DA(/F 12 Tf 0 g)>>",
        8: "<</Font<</F 9 0 R>>>>",
        9: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    signed = sign(by_hand(objects), pki.official.identity("leader"), field="A")
    other = "<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>"
    (first,) = read(pki, updated(signed, {8: "<</Font<</F 99 0 R>>>>", 99: other}))
    assert first.changes is Changes.FORMS
    assert Problem.NOT_LAST in first.problems


@pytest.mark.parametrize(
    "sides",
    ["/MediaBox[0 0 6000 8420]/CropBox[0 0 595 842]", "/MediaBox[0 0 595 842 1]", "/MediaBox[0 0 (a) 842]", ""],
)
def test_a_page_whose_size_is_obscure_is_covered_all_the_same(pki: Pki, sides: str) -> None:
    page = {3: f"<</Type/Page/Parent 2 0 R{sides}/Contents 4 0 R>>", 4: stream("0 0 9 9 re f")}
    tree = {1: "<</Type/Catalog/Pages 2 0 R>>", 2: "<</Type/Pages/Kids[3 0 R]/Count 1>>"}
    pdf = signed_by_hand(by_hand({**tree, **page}), pki.official.identity("leader"))
    first, _ = read(pki, sign(pdf, pki.official.identity("agency"), field="S", box=(0, 400, 595, 842), text="x"))
    assert Problem.CHANGED_AFTER in first.problems


def test_a_field_filled_in_where_filling_in_is_allowed(pki: Pki) -> None:
    certificate = certified(pki, "form filling")
    filled = updated(certificate, attacked.replaced(certificate, 7, b"/V(10)", b"/V(90)"))
    first, second = read(pki, sealed(pki, filled))
    assert (first.changes, first.problems, second.problems) == (Changes.FORMS, (), ())
    closed = certified(pki, "no changes")
    forged = updated(closed, attacked.replaced(closed, 7, b"/V(10)", b"/V(90)"))
    first, _ = read(pki, sealed(pki, forged))
    assert Problem.LEVEL in first.problems
