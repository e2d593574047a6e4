"""Bodies on the disk: in batches, large and small, through faults of the disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailhub.store.errors import StoreUnavailable
from mailhub.store.spool import Location, Spool, StagedBody

pytestmark = pytest.mark.unit


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return _spool(tmp_path)


def _spool(directory: Path, writer: str = "smtp-0", **options: int) -> Spool:
    spool = Spool(directory / "spool", writer, **{"small_kib": 1, **options})
    spool.prepare()
    return spool


def _staged(spool: Spool, *chunks: bytes) -> StagedBody:
    body = spool.stage()
    for chunk in chunks:
        body.write(chunk)
    body.sync()
    return body


def _read(spool: Spool, location: Location) -> bytes:
    return b"".join(spool.read(location))


def _fail(monkeypatch: pytest.MonkeyPatch, name: str, number: int, *, first: Callable[..., Any] | None = None) -> None:
    """The next `os.NAME` raises `number`, after `first` was called with its arguments; later ones are as always."""
    real = getattr(os, name)

    def broken(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(os, name, real)
        if first is not None:
            first(*args, **kwargs)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, broken)


def test_small_and_large_bodies_of_a_batch_come_back_as_they_were(spool: Spool) -> None:
    contents = [b"one\r\n", b"L" * 5000, b"", b"t" * 1024, b"L2" * 600_000]
    bodies = [_staged(spool, *(content[i : i + 700] for i in range(0, len(content), 700))) for content in contents]
    locations = spool.commit(bodies)
    assert [_read(spool, location) for location in locations] == contents
    assert [location.length for location in locations] == [len(content) for content in contents]
    assert [location.file.split("/")[0] for location in locations] == [
        "segments",
        "large",
        "segments",
        "segments",
        "large",
    ]
    assert max(len(chunk) for chunk in spool.read(locations[4])) <= 256 * 1024
    assert not list(spool.incoming.iterdir())


def test_more_pieces_than_one_writev_takes(spool: Spool) -> None:
    bodies = [_staged(spool, *[b"%d," % n for n in range(100)]) for _ in range(15)]
    locations = spool.commit(bodies)
    assert {_read(spool, location) for location in locations} == {b"".join(b"%d," % n for n in range(100))}


def test_a_write_that_takes_fewer_octets_is_continued(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.writev
    monkeypatch.setattr(os, "writev", lambda fd, parts: real(fd, [b"".join(parts)[:3]]))
    [first, second] = spool.commit([_staged(spool, b"abcdef"), _staged(spool, b"ghi")])
    assert (_read(spool, first), _read(spool, second)) == (b"abcdef", b"ghi")


@pytest.mark.parametrize("call", ["writev", "fdatasync"])
def test_after_a_disk_error_nothing_of_the_batch_counts_and_the_next_one_does(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = spool.commit([_staged(spool, b"before")])[0]
    body = _staged(spool, b"lost")
    _fail(monkeypatch, call, errno.ENOSPC)
    with pytest.raises(StoreUnavailable, match="No space"):
        spool.commit([body])
    after = spool.commit([_staged(spool, b"after")])[0]
    assert after.file != before.file  # a segment that failed is not written to again
    assert (_read(spool, before), _read(spool, after)) == (b"before", b"after")


def test_a_torn_batch_leaves_no_octets_on_a_full_disk(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    before = spool.commit([_staged(spool, b"before")])[0]
    _fail(monkeypatch, "writev", errno.ENOSPC, first=lambda fd, parts: os.write(fd, b"torn"))
    with pytest.raises(StoreUnavailable):
        spool.commit([_staged(spool, b"torn apart")])
    assert (spool.directory / before.file).read_bytes() == b"before"
    _fail(monkeypatch, "writev", errno.ENOSPC)
    with pytest.raises(StoreUnavailable):
        spool.commit([_staged(spool, b"nothing")])
    assert len(list((spool.directory / "segments").iterdir())) == 1


def test_a_large_body_whose_write_failed_is_never_committed(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    body = spool.stage()
    body.write(b"x" * 2000)
    _fail(monkeypatch, "writev", errno.ENOSPC, first=lambda fd, parts: os.write(fd, b"y"))
    with pytest.raises(StoreUnavailable):
        body.write(b"y" * 2000)
    with pytest.raises(StoreUnavailable, match="not complete"):
        spool.commit([body])
    body.discard()
    assert not list(spool.incoming.iterdir())


@pytest.mark.parametrize("size", [10, 5000])
def test_a_body_given_up_meanwhile_does_not_shift_the_others(spool: Spool, size: int) -> None:
    given_up = _staged(spool, b"g" * size)
    given_up.discard()
    with pytest.raises(StoreUnavailable):
        spool.commit([given_up, _staged(spool, b"other")])
    assert _read(spool, spool.commit([_staged(spool, b"next")])[0]) == b"next"


def test_a_batch_may_be_committed_again_after_the_database_refused_it(spool: Spool) -> None:
    small, large = _staged(spool, b"small"), _staged(spool, b"L" * 5000)
    spool.commit([small, large])
    again = [*spool.commit([large]), *spool.commit([small])]
    assert [_read(spool, location) for location in again] == [b"L" * 5000, b"small"]


def test_a_full_disk_while_a_body_comes_in(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    _fail(monkeypatch, "open", errno.ENOSPC)
    with pytest.raises(StoreUnavailable):
        spool.stage().write(b"x" * 2000)


async def test_a_sync_that_fails_is_told(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    body = spool.stage()
    body.write(b"x" * 2000)
    _fail(monkeypatch, "fdatasync", errno.EIO)
    with pytest.raises(StoreUnavailable):
        await body.settle()
    body.discard()


def test_a_segment_ends_when_it_is_full_or_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = _spool(tmp_path, segment_mib=1)
    files = [spool.commit([_staged(spool, b"x" * 1000) for _ in range(200)])[0].file for _ in range(8)]
    assert len(set(files)) == 2
    now = spool._opened_at
    monkeypatch.setattr("mailhub.store.spool.now_ms", lambda: now + 10 * 60_000)
    assert spool.commit([_staged(spool, b"x")])[0].file not in files


def test_a_body_that_is_gone_or_short_is_a_fault_not_an_empty_message(spool: Spool) -> None:
    [location] = spool.commit([_staged(spool, b"x" * 5000)])
    os.truncate(spool.directory / location.file, 100)
    with pytest.raises(StoreUnavailable, match="shorter"):
        _read(spool, location)
    spool.remove(location.file)
    with pytest.raises(StoreUnavailable):
        _read(spool, location)
    with pytest.raises(StoreUnavailable, match="gone"):
        spool.check([location])


def test_a_writer_that_starts_again_throws_away_only_its_own_halves(tmp_path: Path) -> None:
    mine, other = _spool(tmp_path), _spool(tmp_path, "smtp-1")
    for spool in (mine, other):
        spool.stage().write(b"x" * 2000)  # and then the process died
    [kept] = mine.commit([_staged(mine, b"kept")])
    again = _spool(tmp_path)
    assert [path.name.startswith("smtp-1") for path in again.incoming.iterdir()] == [True]
    assert _read(again, kept) == b"kept"


def test_the_segment_in_use_is_never_offered_for_clearing(tmp_path: Path) -> None:
    spools = [_spool(tmp_path, f"smtp-{n}", segment_mib=0) for n in (0, 1)]
    locations = [spool.commit([_staged(spool, b"x")])[0].file for spool in spools for _ in range(3)]
    large = spools[0].commit([_staged(spools[0], b"x" * 5000)])[0].file
    assert {file for file, _ in spools[0].files()} == {*locations[:2], *locations[3:5], large}


def test_what_a_dead_writer_was_receiving_is_found_by_its_age(spool: Spool) -> None:
    body = spool.stage()
    body.write(b"x" * 2000)
    changed = body.path.stat().st_mtime if body.path else 0
    assert spool.abandoned(before=changed) == []
    assert spool.abandoned(before=changed + 1) == [body.path]
    body.discard()
