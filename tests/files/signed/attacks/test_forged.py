"""Attacks on a signed PDF: none of them leaves a signature without a problem."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from mailhub.files.signed.facts import Problem, Signed
from mailhub.files.signed.reader import read_signed
from tests.support import attacked_pdfs as attacked
from tests.support.attacked_pdfs import CONTENT, EVIL, FORM, PAGE, paper, updated
from tests.support.pdfs import stream
from tests.support.pki import Pki
from tests.support.signed_pdfs import sign, stamped

pytestmark = pytest.mark.unit
Attack = Callable[[bytes], bytes]


def read(pki: Pki, pdf: bytes) -> Signed | None:
    return read_signed(memoryview(pdf), "pdf", pki.bundle(), 5.0)


def problems(signed: Signed | None) -> set[Problem]:
    assert signed is not None
    return {*signed.problems, *(problem for one in signed.signatures for problem in one.problems)}


@pytest.fixture(scope="module")
def leader_signed(pki: Pki) -> bytes:
    return sign(paper(), pki.official.identity("leader"), box=(300, 300, 400, 340))


def test_the_untouched_file_has_no_problem(pki: Pki, leader_signed: bytes) -> None:
    assert problems(read(pki, leader_signed)) == set()


def _first(text: bytes) -> Attack:
    return lambda pdf: attacked.with_range(pdf, text)


def _contents(value: bytes) -> Attack:
    return lambda pdf: attacked.with_contents(pdf, value)


def _numbers(change: Callable[[int, int, int], tuple[int, int, int, int]]) -> Attack:
    def attack(pdf: bytes) -> bytes:
        start, end, old = attacked.signature_at(pdf)
        rest = int(re.findall(rb"\d+", old)[3])
        return attacked.with_range(pdf, b"/ByteRange [%d %d %d %d]" % change(start, end, rest))

    return attack


# Universal signature forgery: the signature's own data made unreadable, so that a careless program skips the check.
UNIVERSAL: dict[str, tuple[Attack, Problem]] = {
    "no byte range": (lambda pdf: pdf.replace(b"/ByteRange", b"/Byterange"), Problem.EMPTY),
    "byte range null": (_first(b"/ByteRange null"), Problem.BYTE_RANGE),
    "byte range empty": (_first(b"/ByteRange []"), Problem.BYTE_RANGE),
    "byte range of two": (_first(b"/ByteRange [0 10]"), Problem.BYTE_RANGE),
    "byte range of six": (_first(b"/ByteRange [0 1 2 3 4 5]"), Problem.BYTE_RANGE),
    "byte range negative": (_first(b"/ByteRange [0 -1 1 -1]"), Problem.BYTE_RANGE),
    "byte range of zeros": (_first(b"/ByteRange [0 0 0 0]"), Problem.BYTE_RANGE),
    "byte range of reals": (_first(b"/ByteRange [0.0 1 2 3]"), Problem.BYTE_RANGE),
    "byte range not from the beginning": (_numbers(lambda a, b, c: (1, a - 1, b, c)), Problem.BYTE_RANGE),
    "byte range short at the end": (_numbers(lambda a, b, c: (0, a, b, c - 40)), Problem.BYTE_RANGE),
    "byte range beyond the file": (_numbers(lambda a, b, c: (0, a, b, c + 40)), Problem.BYTE_RANGE),
    "byte range with a wide gap": (_numbers(lambda a, b, c: (0, a - 20, b, c)), Problem.BYTE_RANGE),
    "byte range with a narrow gap": (_numbers(lambda a, b, c: (0, a, b - 2, c + 2)), Problem.BYTE_RANGE),
    "byte range overlapping": (_numbers(lambda a, b, c: (0, b, a, c)), Problem.BYTE_RANGE),
    "no contents": (lambda pdf: pdf.replace(b"/Contents <", b"/Inhalte_ <"), Problem.EMPTY),
    "contents null": (_contents(b"null"), Problem.EMPTY),
    "contents empty": (_contents(b"<>"), Problem.BYTE_RANGE),
    "contents a number": (_contents(b"0"), Problem.EMPTY),
    "contents zeros": (
        lambda pdf: attacked.with_contents(
            pdf, b"<" + b"0" * (len(pdf[slice(*attacked.signature_at(pdf)[:2])]) - 2) + b">"
        ),
        Problem.EMPTY,
    ),
    "another encoding": (
        lambda pdf: pdf.replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.detachee"),
        Problem.UNSUPPORTED,
    ),
}


def _content_flipped(pdf: bytes) -> bytes:
    return pdf.replace(b"Chi 10 trieu", b"Chi 90 trieu", 1)


def _cms_flipped(pdf: bytes) -> bytes:
    start, end, _ = attacked.signature_at(pdf)
    der = bytes.fromhex(pdf[start + 1 : end - 1].decode())
    length = int.from_bytes(der[2:4], "big") + 4
    changed = bytearray(der)
    changed[length - 5] ^= 1  # in the signature's value, which comes last
    return pdf[: start + 1] + changed.hex().encode() + pdf[end - 1 :]


def _padding_used(pdf: bytes) -> bytes:
    _, end, _ = attacked.signature_at(pdf)
    return pdf[: end - 9] + b"DEADBEEF" + pdf[end - 1 :]


def _gap_with_text(pdf: bytes) -> bytes:
    _, end, _ = attacked.signature_at(pdf)
    return pdf[: end - 20] + b"> /Evil <2020202020>" + pdf[end:]


def _twice_in_dictionary(pdf: bytes) -> bytes:
    return pdf.replace(b"/Filter /Adobe.PPKLite", b"/#42yteRange [0 1 2 3]", 1)


def _moved_to_other_paper(pdf: bytes) -> bytes:
    """The signature's dictionary copied into another document, where its range does not fit."""
    other = paper().replace(b"Chi 10 trieu", b"Chi 90 trieu")
    start = pdf.rindex(b" 0 obj", 0, attacked.signature_at(pdf)[0])
    body = pdf[pdf.index(b"<<", start) : pdf.index(b"endobj", start)]
    field = b"<</FT/Sig/T(Signature1)/V 50 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R>>"
    form = attacked.object_of(other, FORM).replace(b"/Fields[", b"/Fields[51 0 R ")
    return updated(other, {50: body, 51: field, FORM: form})


ALTERED: dict[str, tuple[Attack, Problem]] = {
    "content flipped": (_content_flipped, Problem.CHANGED),
    "signature flipped": (_cms_flipped, Problem.FORGED),
    "text in the padding": (_padding_used, Problem.BYTE_RANGE),
    "text in the gap": (_gap_with_text, Problem.BYTE_RANGE),
    "a second byte range by another spelling": (_twice_in_dictionary, Problem.WRAPPED),
    "moved to other paper": (_moved_to_other_paper, Problem.BYTE_RANGE),
    "wrapped": (attacked.wrapped, Problem.BYTE_RANGE),
    "wrapped without a table": (lambda pdf: attacked.wrapped(pdf, table=False), Problem.MALFORMED),
}


def _removed(pdf: bytes) -> bytes:
    return updated(pdf, {FORM: "<</Fields[7 0 R]/DA(/F 0 Tf 0 g)>>", CONTENT: stream(EVIL)})


def _second_foot(pdf: bytes) -> bytes:
    return pdf + b"% evil\n" + pdf[pdf.rindex(b"startxref") :]


def _copied_signature(pdf: bytes) -> bytes:
    """The update repeats the signature's dictionary, so that a careless program finds it in the last revision."""
    start = pdf.rindex(b"\n", 0, pdf.rindex(b" 0 obj", 0, attacked.signature_at(pdf)[0])) + 1
    number = int(pdf[start : pdf.index(b" ", start)])
    return updated(pdf, {CONTENT: stream(EVIL), number: attacked.object_of(pdf, number)})


def _look_of(pdf: bytes) -> int:
    """The object of the signature's appearance."""
    fields = PdfFileReader(io.BytesIO(pdf)).root["/AcroForm"]["/Fields"]
    widget = next(field.get_object() for field in fields if field.get_object()["/FT"] == "/Sig")
    return int(widget["/AP"].raw_get("/N").idnum)


APPENDED: dict[str, tuple[Attack, Problem]] = {
    "incremental saving": (lambda pdf: updated(pdf, {CONTENT: stream(EVIL)}), Problem.CHANGED_AFTER),
    "incremental saving, no table": (
        lambda pdf: updated(pdf, {CONTENT: stream(EVIL)}, table=False),
        Problem.TRAILING,
    ),
    "incremental saving, no table nor foot": (
        lambda pdf: updated(pdf, {CONTENT: stream(EVIL)}, table=False, foot=False),
        Problem.TRAILING,
    ),
    "incremental saving, no foot": (lambda pdf: updated(pdf, {CONTENT: stream(EVIL)}, foot=False), Problem.TRAILING),
    "incremental saving with the signature copied": (_copied_signature, Problem.BYTE_RANGE),
    "signature removed": (_removed, Problem.EMPTY),
    "octets after the end": (lambda pdf: pdf + b"\n%evil\n", Problem.TRAILING),
    "octets after the end and another end": (_second_foot, Problem.TRAILING),
    "much white space after the end": (lambda pdf: pdf + b" " * 1_500, Problem.TRAILING),
    "a page more": (
        lambda pdf: updated(
            pdf,
            {50: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", 2: "<</Type/Pages/Kids[3 0 R 50 0 R]/Count 2>>"},
        ),
        Problem.CHANGED_AFTER,
    ),
    "a script when it is opened": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, 1, b"/Type", b"/OpenAction<</S/JavaScript/JS(x)>>/Type")),
        Problem.CHANGED_AFTER,
    ),
    "content with a repeated key": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, PAGE, b"/Type", b"/Contents 11 0 R/Type")),
        Problem.CHANGED_AFTER,
    ),
    "an object freed": (lambda pdf: updated(pdf, {}, freed=(9,)), Problem.CHANGED_AFTER),
    "an object named twice": (
        lambda pdf: updated(pdf, {11: "<</Producer(a)>>"}, twice=True),
        Problem.CHANGED_AFTER,
    ),
    "an object that no table names": (
        lambda pdf: updated(pdf, {11: "<</Producer(a)>>"}, unnamed={CONTENT: stream(EVIL)}),
        Problem.CHANGED_AFTER,
    ),
    "a form field's look": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, 8, b"10 trieu", b"90 trieu")),
        Problem.NOT_LAST,
    ),
    "a form field's value": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, 7, b"/V(10)", b"/V(90)")),
        Problem.NOT_LAST,
    ),
    "a form whose text fields are drawn anew": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, FORM, b"<<", b"<</NeedAppearances true")),
        Problem.NOT_LAST,
    ),
    "a form with other defaults": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, FORM, b"/Fields", b"/DR<</Font<</F 5 0 R>>>>/Fields")),
        Problem.NOT_LAST,
    ),
    "a hidden signature field with a script": (
        lambda pdf: attacked.overlay(pdf, "Widget/AA<</PV<</S/JavaScript/JS(x)>>>>", form=True, area="0 0 0 0"),
        Problem.CHANGED_AFTER,
    ),
    "the look of the signature itself": (
        lambda pdf: updated(pdf, {_look_of(pdf): stream(EVIL, "/Type/XObject/Subtype/Form/BBox[0 0 200 20]")}),
        Problem.CHANGED_AFTER,
    ),
    "a page turned": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, PAGE, b"/MediaBox", b"/Rotate 180/MediaBox")),
        Problem.CHANGED_AFTER,
    ),
    "an annotation over the text": (lambda pdf: attacked.overlay(pdf, "FreeText"), Problem.CHANGED_AFTER),
    "a stamp over the text": (lambda pdf: attacked.overlay(pdf, "Stamp"), Problem.CHANGED_AFTER),
    "an empty signature field over the text": (
        lambda pdf: attacked.overlay(pdf, "Widget", form=True),
        Problem.NOT_LAST,
    ),
}


# Shadow attacks: what was signed was prepared for what follows.
SHADOW: dict[str, tuple[Attack, Problem]] = {
    "hide: the covering picture is freed": (lambda pdf: updated(pdf, {}, freed=(9,)), Problem.CHANGED_AFTER),
    "hide: the covering picture is emptied": (
        lambda pdf: updated(pdf, {9: stream("", "/Type/XObject/Subtype/Form/BBox[0 0 100 100]")}),
        Problem.CHANGED_AFTER,
    ),
    "hide: the layer is switched off": (
        lambda pdf: updated(pdf, attacked.replaced(pdf, 1, b"/ON", b"/OFF")),
        Problem.CHANGED_AFTER,
    ),
    "replace: the font": (
        lambda pdf: updated(pdf, {5: "<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>"}),
        Problem.CHANGED_AFTER,
    ),
    "replace: the font, which is an alias of the document's information": (
        lambda pdf: updated(pdf, {5: "<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>"}),
        Problem.CHANGED_AFTER,
    ),
    "hide and replace: a table that names the hidden content": (
        lambda pdf: updated(pdf, {}, places={CONTENT: pdf.index(b"4 0 obj", pdf.index(b"4 0 obj") + 9)}),
        Problem.CHANGED_AFTER,
    ),
}


# What no program could put a further signature on.
UNSIGNABLE = {"signature removed", "content with a repeated key"} | {
    name for name, (_, problem) in APPENDED.items() if problem in (Problem.TRAILING, Problem.BYTE_RANGE)
}


@pytest.mark.parametrize("name", [*UNIVERSAL, *ALTERED, *APPENDED])
def test_an_attack_on_a_signed_file_is_seen(pki: Pki, leader_signed: bytes, name: str) -> None:
    attack, problem = {**UNIVERSAL, **ALTERED, **APPENDED}[name]
    forged = attack(leader_signed)
    assert forged != leader_signed
    assert problem in problems(read(pki, forged))


@pytest.mark.parametrize("name", SHADOW)
def test_a_shadow_attack_is_seen(pki: Pki, name: str) -> None:
    signed = sign(
        paper(hidden=True, aliased="alias" in name), pki.official.identity("leader"), box=(300, 300, 400, 340)
    )
    attack, problem = SHADOW[name]
    assert problem in problems(read(pki, attack(signed)))


def test_a_number_that_what_was_signed_left_open_is_not_filled_in_later(pki: Pki) -> None:
    signed = sign(paper(dangling=True), pki.official.identity("leader"))
    assert problems(read(pki, signed)) == set()
    later = updated(signed, {attacked.GHOST: stream(EVIL)})
    assert problems(read(pki, later)) & {Problem.CHANGED_AFTER, Problem.NOT_LAST}


@pytest.mark.parametrize("name", [name for name in APPENDED if name not in UNSIGNABLE])
def test_what_was_appended_is_seen_under_a_later_signature_too(
    pki: Pki,
    leader_signed: bytes,
    name: str,
) -> None:
    attack, problem = APPENDED[name]
    later = sign(attack(leader_signed), pki.official.identity("agency"), field="Signature2")
    signed = read(pki, later)
    assert signed is not None
    if problem is Problem.NOT_LAST:  # the later signer vouches for what was filled in
        assert signed.signatures[0].changes.value in ("form fields", "signatures")
    else:
        assert Problem.CHANGED_AFTER in signed.signatures[0].problems


def test_octets_after_a_document_timestamp_are_seen(pki: Pki, leader_signed: bytes) -> None:
    made = stamped(leader_signed, pki.official)
    assert problems(read(pki, made)) == set()
    assert problems(read(pki, made + b"x")) == {Problem.TRAILING}
    assert Problem.CHANGED_AFTER in problems(read(pki, updated(made, {CONTENT: stream(EVIL)})))
