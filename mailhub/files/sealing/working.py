"""Sealing as pieces of work of the sandbox (`sandbox/works.py`): values and octets in, values and octets out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailhub.files.reader import TrustSource
from mailhub.files.sealing.prepare import prepare
from mailhub.files.sealing.values import CannotSeal, SealOutcome, SealPlan


def work(argument: SealPlan, octets: Sequence[memoryview], trust: TrustSource) -> Iterator[object]:
    """Octets: the file, the seal's image, the agency's certificate. Answers a SealOutcome, and the update's octets."""
    original, seal, certificate = (*octets, memoryview(b""), memoryview(b""))[:3]
    made = prepare(original, argument, trust(), seal_png=bytes(seal), certificate=bytes(certificate))
    if isinstance(made, CannotSeal):
        yield SealOutcome(cannot=made)
    else:
        yield SealOutcome(prepared=made[0])
        yield made[1]
