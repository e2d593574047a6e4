"""The journal: nothing leaves before it is on the disk, and nothing in it can be altered unnoticed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.clock import DAY, midnight
from mailhub.signer.errors import JournalError, NotJournalled
from mailhub.signer.journal import NOTHING, Entry, Journal, read_journal

AT = 1_793_000_000_000  # 25 October 2026
ENTRY = Entry(
    at=AT,
    agency="STTTT",
    desk="vanthu@tinh.gov.vn",
    clerk="ttb@tinh.gov.vn",
    act="7K4",
    kind="main",
    doc_type="CV",
    number_symbol="87/STTTT-VP",
    original="a" * 64,
    digest="b" * 64,
    cms="c" * 64,
    certificate="d" * 64,
)


def another(name: str, **changes: object) -> Entry:
    return replace(ENTRY, original=name * 64, **changes)  # type: ignore[arg-type]


def test_entries_are_numbered_and_chained_across_months_and_restarts(tmp_path: Path) -> None:
    first = Journal(tmp_path).append(ENTRY)
    second = Journal(tmp_path).append(another("1", at=AT + 20 * DAY))
    assert (first.number, first.previous) == (1, NOTHING)
    assert (second.number, second.previous) == (2, first.hash)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-10.jsonl", "2026-11.jsonl"]
    assert [entry.number for entry in read_journal(tmp_path)] == [1, 2]


def test_an_altered_or_missing_line_is_found(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for name in "123":
        journal.append(another(name))
    path = tmp_path / "2026-10.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(JournalError, match="chain is broken"):
        list(read_journal(tmp_path))
    path.write_bytes(lines[0] + lines[1].replace(b"87/STTTT", b"88/STTTT") + lines[2])
    with pytest.raises(JournalError, match=r"2026-10\.jsonl:2: was altered"):
        list(read_journal(tmp_path))
    with pytest.raises(JournalError):  # nor does a signer start with it
        Journal(tmp_path)


def test_the_days_count_survives_a_restart_and_ends_at_midnight_in_vietnam(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(another("1"))
    journal.append(another("2"))
    journal.append(another("3", agency="SYT"))
    again = Journal(tmp_path)
    assert again.today("STTTT", AT) == 2
    from mailhub.clock import local_time

    tomorrow = midnight(local_time(AT).date()) + DAY
    assert again.today("STTTT", tomorrow - 1) == 2
    assert again.today("STTTT", tomorrow) == 0


def test_a_clock_set_back_neither_renews_the_limit_nor_breaks_the_chain(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(another("1", at=AT + 10 * DAY))  # November
    for reopened in (journal, Journal(tmp_path)):
        assert reopened.today("STTTT", AT) == 1
    journal.append(another("2", at=AT))
    journal.append(another("3", at=AT + 10 * DAY))
    assert (journal.today("STTTT", AT), journal.today("STTTT", AT + 10 * DAY)) == (3, 2)
    assert Journal(tmp_path).append(another("4", at=AT)).number == 4
    assert [entry.number for entry in read_journal(tmp_path)] == [1, 2, 3, 4]


def test_no_signer_starts_with_a_journal_that_lacks_a_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for name in "123":
        journal.append(another(name))
    path = tmp_path / "2026-10.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(JournalError, match="chain is broken"):
        Journal(tmp_path)


def test_the_same_file_of_the_same_act_counts_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(ENTRY)
    journal.append(ENTRY)
    assert journal.today("STTTT", AT) == 1
    assert journal.known("STTTT", "7K4", "a" * 64, AT)
    assert not journal.known("STTTT", "OTHER", "a" * 64, AT)


def test_a_main_document_is_found_by_its_act(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(ENTRY)
    journal.append(another("9", kind="attachment"))
    again = Journal(tmp_path)
    main = again.main("STTTT", "7K4", "a" * 64)
    assert main is not None
    assert main.number_symbol == "87/STTTT-VP"
    assert again.main("STTTT", "7K4", "9" * 64) is None
    assert again.main("SYT", "7K4", "a" * 64) is None


def test_a_line_that_a_crash_cut_off_is_dropped(tmp_path: Path) -> None:
    Journal(tmp_path).append(ENTRY)
    path = tmp_path / "2026-10.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100])
    journal = Journal(tmp_path)
    assert journal.entries == 1
    journal.append(another("1"))
    assert [entry.number for entry in read_journal(tmp_path)] == [1, 2]


def test_a_line_that_did_not_get_to_the_disk_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    journal.append(ENTRY)

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(NotJournalled):
            journal.append(another("1"))
    assert journal.today("STTTT", AT) == 1


def test_every_line_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync

    def counted(fd: int) -> None:
        synced.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fsync", counted)
    journal = Journal(tmp_path)
    journal.append(ENTRY)
    assert synced  # the file, and its folder
    before = len(synced)
    journal.append(another("1"))
    assert len(synced) > before
