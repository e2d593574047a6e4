"""What the signer's inspector answers is believed as far as a second child, and the signer's own look, confirm it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from mailhub.files.sealing.values import Compared, Prepared, SealOutcome
from mailhub.files.signed.facts import Signed
from mailhub.sandbox.errors import InspectorBusy
from mailhub.sandbox.pool import Done
from mailhub.sandbox.works import COMPARE, PREPARE
from mailhub.signer.folder import Folder
from mailhub.signer.journal import read_journal
from mailhub.signer.orders import Refusal, Sealed, SealRefused
from mailhub.signer.preparing import InspectorPreparer
from mailhub.signer.sealing import SigningDesk
from tests.support.signing_desk import DOCUMENT, ORIGINAL, good_signature, order, update_for


@dataclass
class FakeInspector:
    """Prepares `update`; the second child says `problem`."""

    update: bytes
    at: tuple[int, int]
    problem: str | None = ""

    async def work(self, name: str, _plan: object, octets: Sequence[Any], *_: object, **__: object) -> Done[Any]:
        if name == PREPARE:
            begin, end = self.at
            signed = Signed(signatures=(good_signature(),))
            prepared = Prepared(contents_at=begin, contents_end=end, document=DOCUMENT, signed=signed)
            return Done(answers=(SealOutcome(prepared=prepared),), octets=self.update)
        assert name == COMPARE
        assert bytes(octets[1]) == self.update
        if self.problem is None:
            raise InspectorBusy("no time")
        return Done(answers=(Compared(problem=self.problem),), octets=b"")


def answer(folder: Folder, inspector: FakeInspector) -> Sealed | SealRefused:
    preparer = InspectorPreparer(inspector, seconds=5, time_style="iso")  # type: ignore[arg-type]
    return asyncio.run(SigningDesk(folder, preparer).seal(order()))


def spoiled(old: bytes, new: bytes) -> bytes:
    update = update_for(ORIGINAL)[0]
    assert old in update
    assert len(old) == len(new)
    return update.replace(old, new, 1)


GOOD, BEGIN, END = update_for(ORIGINAL)


def test_an_honest_one_is_signed(folder: Folder) -> None:
    assert isinstance(answer(folder, FakeInspector(GOOD, (BEGIN, END))), Sealed)


@pytest.mark.parametrize(
    "inspector",
    [
        FakeInspector(GOOD, (BEGIN, END), "it rewrites a stream"),
        FakeInspector(spoiled(b"<" + b"0" * 4, b"<" + b"3082"), (BEGIN, END)),  # a placeholder with content
        FakeInspector(GOOD + b"/ByteRange [0 1 2 3]", (BEGIN, END)),
        FakeInspector(spoiled(b"/ByteRange", b"/ByteRang#"), (BEGIN, END)),
        FakeInspector(update_for(ORIGINAL, byte_range="0000000001 0000000002 0000000003")[0], (BEGIN, END)),
        FakeInspector(GOOD, (BEGIN + 2, END)),
        FakeInspector(GOOD, (BEGIN, END + 10)),
        FakeInspector(GOOD, (5, 20)),  # in the original
        FakeInspector(GOOD, (END, BEGIN)),
        FakeInspector(GOOD, (-5, 2**62)),
        FakeInspector(update_for(ORIGINAL + b"of another file")[0], (BEGIN, END)),
        FakeInspector(b"", (BEGIN, END)),
    ],
)
def test_a_lie_is_refused_told_and_signs_nothing(
    folder: Folder, inspector: FakeInspector, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        refused = answer(folder, inspector)
    assert isinstance(refused, SealRefused)
    assert refused.reason is Refusal.NOT_DERIVED
    assert "not derived" in caplog.text
    assert list(read_journal(folder.path / "journal")) == []


def test_a_second_child_that_has_no_time_is_asked_again_later(folder: Folder) -> None:
    refused = answer(folder, FakeInspector(GOOD, (BEGIN, END), None))
    assert isinstance(refused, SealRefused)
    assert refused.temporary
