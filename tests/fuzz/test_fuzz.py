"""Every reader on a few hundred mutated files, the same ones each time; what was found once stays found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.running import REGRESSIONS, Finding, keep, made_input, run_data, run_numbers
from tests.fuzz.targets import TARGETS, Target

SEED = 3
# Inputs for each target; readers that take long get fewer.
COUNTS = {"pdf": 60, "file": 60, "archive": 100, "image": 100, "docx": 60, "odt": 60, "grammar": 40, "text": 40}
# Found once as well, and too large to keep.
MADE: dict[str, tuple[str, bytes]] = {
    "streams without an end": ("pdf", b"%PDF-1.7\n" + b"4 0 obj<</Length 1>>stream\n" * 40_000),
    "a stream without an end each": ("pdf", b"%PDF-1.7\n" + b"4 0 obj\n<</Length 9>>\nstream\nendobj\n" * 40_000),
}
KEPT = sorted(path for path in REGRESSIONS.glob("*/*") if path.is_file())


def told(finding: Finding, folder: Path) -> str:
    return f"{finding.what}\n{keep(finding, folder)}"


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_files_never_raise_hang_or_grow(name: str, tmp_path: Path) -> None:
    found = list(run_numbers(name, SEED, range(COUNTS.get(name, 150))))
    assert [told(one, tmp_path) for one in found] == []


@pytest.mark.unit
@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_stays_mended(path: Path) -> None:
    found = run_data(path.parent.name, path.read_bytes())
    assert found is None, found.what


@pytest.mark.parametrize("name", MADE)
def test_what_was_found_in_large_files_stays_mended(name: str) -> None:
    found = run_data(*MADE[name])
    assert found is None, found.what


def test_the_same_numbers_give_the_same_input() -> None:
    assert made_input("pdf", 1, 99) == made_input("pdf", 1, 99) != made_input("pdf", 2, 99)


def _fails(data: bytes) -> None:
    if b"raise" in data:
        raise ValueError("raised")
    while b"hang" in data:
        pass
    if b"grow" in data:
        bytearray(10**9)


@pytest.mark.parametrize(("data", "what"), [(b"raise", "raised"), (b"hang", "longer than"), (b"grow", "more than")])
def test_a_fault_is_found_and_named(data: bytes, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.running.SECONDS", 0.3)
    monkeypatch.setitem(TARGETS, "made", Target(lambda: (b"",), _fails))
    found = run_data("made", b"abc" + data)
    assert found is not None
    assert what in found.what
    assert found.data == b"abc" + data
    assert run_data("made", b"abc") is None
