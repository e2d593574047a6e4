"""Files that their author prepared before they were signed: objects that lie where no comparison of objects looks
(shadow attacks, Mainka et al., NDSS 2021, carried on to object streams and hybrid files)."""

from __future__ import annotations

import re

import pytest

from mailhub.files.signed.facts import Problem
from mailhub.files.signed.reader import read_signed
from tests.support.attacked_pdfs import updated
from tests.support.pdfs import A4, by_hand, stream
from tests.support.pki import Pki
from tests.support.signed_by_hand import prepared, signed_by_hand, signed_prepared

pytestmark = pytest.mark.unit
_GHOST = 40
_EVIL = stream("1 1 1 rg 0 0 600 800 re f", "/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
_BODY: dict[int, str | bytes] = {
    1: "<</Type/Catalog/Pages 2 0 R>>",
    2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {A4[0]} {A4[1]}]/Contents 4 0 R/Resources<</XObject {_GHOST} 0 R>>>>",
    4: stream("/O Do"),
    7: _EVIL,
}


def problems(pki: Pki, pdf: bytes) -> set[Problem]:
    signed = read_signed(memoryview(pdf), "pdf", pki.bundle(), 5.0)
    assert signed is not None
    return {*signed.problems, *(problem for one in signed.signatures for problem in one.problems)}


def packed(**objects: str) -> bytes:
    """An object stream (ISO 32000-2 § 7.5.7) of objects named `_40` and the like."""
    head, body = "", ""
    for name, text in objects.items():
        head += f"{name[1:]} {len(body)} "
        body += text + "\n"
    return stream(head + body, f"/Type/ObjStm/N {len(objects)}/First {len(head)}").encode()


def streamed(objects: dict[int, str | bytes], inside: dict[int, int], size: int) -> bytes:
    """A file with a cross-reference stream; `inside` are objects in object streams, there or not."""
    file = bytearray(b"%PDF-1.7\n")
    rows: dict[int, bytes] = {0: bytes(6)}
    for number, body in objects.items():
        rows[number] = bytes((1,)) + len(file).to_bytes(4, "big") + bytes(1)
        file += b"%d 0 obj\n" % number + (body.encode() if isinstance(body, str) else body) + b"\nendobj\n"
    rows |= {number: bytes((2,)) + holder.to_bytes(4, "big") + bytes(1) for number, holder in inside.items()}
    start = len(file)
    rows[size] = bytes((1,)) + start.to_bytes(4, "big") + bytes(1)
    index = " ".join(f"{number} 1" for number in sorted(rows))
    data = b"".join(rows[number] for number in sorted(rows))
    named = f"/Type/XRef/Size {size + 1}/Root 1 0 R/W[1 4 1]/Index[{index}]/Length {len(data)}"
    file += f"{size} 0 obj\n<<{named}>>\nstream\n".encode() + data + b"\nendstream\nendobj\n"
    return bytes(file + b"startxref\n%d\n%%%%EOF\n" % start)


@pytest.mark.parametrize("holder", [45, 500, 39])
@pytest.mark.parametrize("sealed", [False, True])
def test_an_object_stream_that_what_was_signed_counts_on_is_not_written_later(
    pki: Pki,
    holder: int,
    sealed: bool,
) -> None:
    signed = signed_by_hand(streamed(_BODY, {_GHOST: holder}, 41), pki.official.identity("leader"))
    assert problems(pki, signed) == set()
    forged = updated(signed, {holder: packed(_40="<</O 7 0 R>>")})
    if sealed:
        forged = signed_by_hand(forged, pki.official.identity("agency"), field="B")
    assert Problem.CHANGED_AFTER in problems(pki, forged)


def test_an_object_stream_that_is_there_is_not_written_anew(pki: Pki) -> None:
    body = {**_BODY, 20: packed(_40="<<>>")}
    signed = signed_by_hand(streamed(body, {_GHOST: 20}, 41), pki.official.identity("leader"))
    assert problems(pki, signed) == set()
    assert Problem.CHANGED_AFTER in problems(pki, updated(signed, {20: packed(_40="<</O 7 0 R>>")}))


def test_a_hybrid_file_whose_other_table_comes_after_what_was_signed(pki: Pki) -> None:
    leader = pki.official.identity("leader")
    empty = stream("      ", "/Type/XRef/Size 10/Root 1 0 R/W[1 4 1]/Index[9 1]")
    body = {**_BODY, 8: packed(_40="<</O 7 0 R>>"), 9: empty}
    whole = by_hand(body, trailer="/XRefStm 0000000000")
    known = whole.replace(b"/XRefStm 0000000000", b"/XRefStm %010d" % whole.index(b"9 0 obj"))
    made = prepared(known)
    place = len(signed_prepared(made, leader))
    signed = signed_prepared(re.sub(rb"/XRefStm \d{10}", b"/XRefStm %010d" % place, made), leader)
    row = bytes((2,)) + (8).to_bytes(4, "big") + bytes(1)
    table = b"70 0 obj\n<</Type/XRef/Size 71/Root 1 0 R/W[1 4 1]/Index[40 1]/Length 6>>\nstream\n" + row
    forged = signed + table + b"\nendstream\nendobj\n"
    last = re.findall(rb"startxref\n(\d+)", signed)[-1]
    foot = b"xref\n70 1\n%010d 00000 n \ntrailer\n<</Root 1 0 R/Size 71/Prev %b>>\n" % (place, last)
    forged += foot + b"startxref\n%d\n%%%%EOF\n" % len(forged)
    assert problems(pki, forged) == {Problem.WRAPPED}
