"""Our paths to objects are pyHanko's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyhanko.pdf_utils.reader import HistoricalResolver

from mailhub.files.signed.facts import Changes
from mailhub.files.signed.pdf_reader import SignedPdf
from mailhub.files.signed.reader import read_signed
from tests.support.attacked_pdfs import paper
from tests.support.pdfs import one_page
from tests.support.pki import Pki
from tests.support.signed_by_hand import signed_by_hand
from tests.support.signed_pdfs import flow, sign, signed_by, stamped

pytestmark = pytest.mark.unit


def _office(pki: Pki) -> bytes:
    return flow(pki)


def _kept(pki: Pki) -> bytes:
    return stamped(signed_by(pki, "leader", timestamp=pki.official, ltv=pki.official), pki.official)


def _form(pki: Pki) -> bytes:
    return sign(paper(), pki.official.identity("leader"), box=(300, 300, 400, 340))


def bookmarks(count: int) -> bytes:
    """A page with as many bookmarks, each of which leads to the next."""
    more: dict[int, str | bytes] = {6: f"<</First 10 0 R/Last {count + 9} 0 R>>"}
    for number in range(10, count + 10):
        onward = f"/Next {number + 1} 0 R" if number < count + 9 else ""
        back = f"/Prev {number - 1} 0 R" if number > 10 else ""
        more[number] = f"<</Title(a)/Parent 6 0 R/Dest[3 0 R/Fit]{onward}{back}>>"
    return one_page(catalogue="/Outlines 6 0 R", more=more)


@pytest.mark.parametrize(
    "make", [_office, _kept, _form, lambda _: bookmarks(40)], ids=["flow", "kept", "form", "marks"]
)
def test_every_object_of_every_revision(pki: Pki, make: Callable[[Pki], bytes]) -> None:
    reader = SignedPdf(memoryview(make(pki)))
    for number in range(reader.total_revisions):
        ours, theirs = reader.get_historical_resolver(number), HistoricalResolver(reader, number)
        ours._load_reverse_xref_cache()
        theirs._load_reverse_xref_cache()
        known = theirs._indirect_object_access_cache
        assert known
        assert {ref: ours._get_usages_of_ref(ref) for ref in known} == known
        assert len(ours._paths) == len(known)  # type: ignore[attr-defined]


def test_bookmarks_deeper_than_the_stack(pki: Pki) -> None:
    marks = "/Outlines 6 0 R"
    first = signed_by_hand(bookmarks(1_500), pki.official.identity("leader"), catalogue=marks)
    second = signed_by_hand(first, pki.official.identity("agency"), field="B", catalogue=marks)
    signed = read_signed(memoryview(second), "pdf", pki.bundle(), 20)
    assert signed is not None
    assert signed.signatures[0].changes is Changes.SIGNATURES
