"""Whatever is done to a signed PDF, reading it ends in time, with facts, and never calls altered octets good."""

from __future__ import annotations

import random
import signal
import time
import tracemalloc

import pytest

from mailhub.files.signed import changes, timer
from mailhub.files.signed.certificates import certificate_of
from mailhub.files.signed.facts import Problem, Signed
from mailhub.files.signed.reader import read_signed
from mailhub.files.signed.timer import OutOfTime, within
from mailhub.files.signed.trusted import TrustBundle
from tests.support.attacked_pdfs import paper, signature_at, updated
from tests.support.pdfs import by_hand, encrypted, one_page, stream
from tests.support.pki import Pki
from tests.support.signed_by_hand import signed_by_hand
from tests.support.signed_pdfs import sign, signed_by, stamped

pytestmark = pytest.mark.unit


def read(pdf: bytes, trust: TrustBundle, seconds: float = 5.0) -> Signed | None:
    return read_signed(memoryview(pdf), "pdf", trust, seconds)


@pytest.fixture(scope="module")
def samples(pki: Pki) -> list[bytes]:
    leader = pki.official.identity("leader")
    return [
        sign(paper(), leader, box=(300, 300, 400, 340)),
        signed_by_hand(signed_by_hand(one_page(), leader), pki.official.identity("agency"), field="B"),
        stamped(signed_by(pki, "leader", timestamp=pki.official, ltv=pki.official), pki.official),
    ]


def mutated(pdf: bytes, chance: random.Random) -> bytes:
    """Octets flipped, cut out, doubled or cut off, most of them where the structure is."""
    made = bytearray(pdf)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(made) // 2, len(made)) if chance.random() < 0.7 else chance.randrange(len(made))
        length = chance.randint(1, 40)
        match chance.randrange(5):
            case 0 | 1:
                made[at] = chance.randrange(256)
            case 2:
                del made[at : at + length]
            case 3:
                made[at:at] = made[at - length : at]
            case _:
                made[at : at + length] = bytes(chance.randrange(256) for _ in range(length))
    return bytes(made[: chance.randrange(len(made) // 2, len(made))]) if chance.random() < 0.1 else bytes(made)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files(pki: Pki, samples: list[bytes], seed: int) -> None:
    chance = random.Random(seed)
    trust = pki.bundle()
    for number in range(60):
        original = samples[number % len(samples)]
        made = mutated(original, chance)
        started = time.process_time()
        signed = read(made, trust)
        assert time.process_time() - started < 4.0
        if signed is not None and not signed.problems and not any(one.problems for one in signed.signatures):
            assert _untouched(made.rstrip(), original.rstrip()), (seed, number)


def _untouched(made: bytes, original: bytes) -> bool:
    """Whether nothing differs but what the last signature's gap holds, which no digest reaches."""
    start, end, _ = signature_at(original)
    return made[:start] + made[end:] == original[:start] + original[end:]


def test_the_time_is_kept_and_what_was_read_by_then_is_told(
    pki: Pki, samples: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(changes.History, "since", endless)
    started = time.process_time()
    signed = read(samples[1], pki.bundle(), 0.5)
    assert time.process_time() - started < 2
    assert signed is not None
    assert signed.problems == (Problem.TIME,)
    assert [one.field_name for one in signed.signatures] == ["A", "B"]


def test_a_timer_inside_another_leaves_that_one_running() -> None:
    rang: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        with pytest.raises(OutOfTime):
            _for_ever(0.01)
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 50 < left <= 60
        assert signal.getsignal(signal.SIGALRM) is not timer._ring
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not rang


def test_what_was_half_read_when_time_ran_out_is_read_again(pki: Pki) -> None:
    """asn1crypto parses on demand: an interrupted value lacks fields, and chains through it would not hold any more."""
    der = pki.official.identity("leader").certificate.dump()
    before = certificate_of(der)
    assert certificate_of(der) is before
    with pytest.raises(OutOfTime):
        _for_ever(0.01)
    assert certificate_of(der) is not before


def _for_ever(seconds: float) -> None:
    with within(seconds):
        while True:
            pass


def _deep(levels: int) -> bytes:
    more = {6: "[" * levels + "]" * levels, 7: "(/ByteRange [0 1 2 3])"}
    return one_page(catalogue="/AcroForm<</Fields[6 0 R]>>", more=more)


def _ring() -> bytes:
    fields = "/AcroForm<</Fields[6 0 R]>>"
    ring = {6: "<</FT/Sig/T(a)/Kids[7 0 R]>>", 7: "<</T(b)/Kids[6 0 R]>>", 8: "(/ByteRange [0 1 2 3])"}
    return one_page(catalogue=fields, more=ring)


def _pages_in_a_ring() -> bytes:
    objects: dict[int, str | bytes] = {
        1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Pages/Kids[2 0 R]/Count 1>>",
        5: "<</FT/Sig/T(a)/V 6 0 R/Rect[0 0 9 9]>>",
        6: "<</Type/Sig/SubFilter/x/ByteRange [0 1 2 3]/Contents<00>>>",
    }
    return by_hand(objects)


def _bomb() -> bytes:
    import zlib

    packed = zlib.compress(bytes(80_000_000), 9)
    body = (
        b"<</Type/ObjStm/N 1/First 5/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed) + packed + b"\nendstream"
    )
    return updated(_ring(), {9: body})


@pytest.mark.parametrize(
    "pdf",
    [
        b"%PDF-1.7\n/ByteRange [0 1 2 3]",
        b"%PDF-1.7\n" + b"<<" * 50_000 + b"/ByteRange [0 1 2 3]\n%%EOF",
        b"%PDF-1.7\n/ByteRange [0 1 2 3]\nstartxref\n0\n%%EOF",
        b"%PDF-1.7\n/ByteRange [0 1 2 3]\nstartxref\n99999999999999999999\n%%EOF",
        b"%PDF-1.7\n/ByteRange [0 1 2 3]\nxref\n0 99999999\nstartxref\n31\n%%EOF",
        _deep(20_000),
        _ring(),
        _pages_in_a_ring(),
        _bomb(),
        encrypted(b"x") + b"%/ByteRange [0 1 2 3]\n%%EOF",
        one_page() + b"\x00" * 100_000 + b"/ByteRange [",
    ],
    ids=[
        "no structure",
        "deep",
        "table at 0",
        "far",
        "many rows",
        "nested",
        "ring",
        "pages",
        "bomb",
        "locked",
        "zeros",
    ],
)
def test_files_that_want_to_harm(pdf: bytes, pki: Pki) -> None:
    started = time.process_time()
    signed = read(pdf, pki.bundle(), 2.0)
    assert time.process_time() - started < 3.0
    assert signed is not None
    assert signed.problems or all(one.problems for one in signed.signatures)


def test_a_thousand_signature_fields_are_refused(pki: Pki) -> None:
    more: dict[int, str | bytes] = {number: f"<</FT/Sig/T(f{number})/V 2000 0 R>>" for number in range(6, 1006)}
    more[2000] = "<</Type/Sig/SubFilter/x/ByteRange[0 1 2 3]/Contents<00>>>"
    names = " ".join(f"{number} 0 R" for number in range(6, 1006))
    signed = read(one_page(catalogue=f"/AcroForm<</Fields[{names}]>>", more=more), pki.bundle())
    assert signed is not None
    assert signed.problems == (Problem.UNSUPPORTED,)


def test_a_large_file_is_not_copied(pki: Pki) -> None:
    picture = stream("0" * 24_000_000, "/Type/XObject/Subtype/Image/Width 1/Height 1")
    made = signed_by_hand(one_page(more={6: picture}), pki.official.identity("leader"))
    data = memoryview(made)
    read_signed(memoryview(signed_by_hand(one_page(), pki.official.identity("leader"))), "pdf", pki.bundle(), 5.0)
    tracemalloc.start()
    signed = read_signed(data, "pdf", pki.bundle(), 5.0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert signed is not None
    assert not signed.signatures[0].problems
    assert most < 8_000_000
