"""What the doctor says of the sandbox and of the scanner."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.ops.checks.sandbox import check_clamd, check_queue, check_sandbox
from mailhub.ops.findings import Ground, Status
from mailhub.sandbox.jail import UNPROTECTED
from tests.support.inspector import obedient_pool


def with_inspector(ground: Ground, **changes: object) -> Ground:
    """The same ground under other settings of [inspector]."""
    section = ground.settings.inspector.model_copy(update=changes)
    return replace(ground, settings=ground.settings.model_copy(update={"inspector": section}))


@pytest.fixture(params=[True, False], ids=["walls", "no walls"])
def inspected(request: pytest.FixtureRequest, ground: Ground) -> Iterator[tuple[Ground, bool]]:
    """A hub whose sockets lead to a pool, and whether that has walls."""
    pool = obedient_pool(protected=request.param)
    try:
        path = pool.start().path
        for name in ("inspector", "inspector-slow"):
            (ground.settings.run_directory / name).unlink(missing_ok=True)
            (ground.settings.run_directory / name).symlink_to(path)
        yield ground, request.param
    finally:
        pool.stop()


def test_walls_are_proved_and_holes_are_named(inspected: tuple[Ground, bool]) -> None:
    ground, walls = inspected
    verdict = check_sandbox(ground)
    if walls:
        assert (verdict.status, verdict.seen.split(":")[0]) == (Status.OK, "đã chặn (blocked)")
    else:
        assert (verdict.status, "NOT blocked" in verdict.seen, "tiến trình khác" in verdict.seen) == (
            Status.BROKEN,
            True,
            True,
        )


def test_walls_that_the_settings_do_without_are_looked_at(inspected: tuple[Ground, bool]) -> None:
    ground, _ = inspected
    verdict = check_sandbox(with_inspector(ground, sandbox=UNPROTECTED))
    assert verdict.status is Status.LOOK
    assert "unprotected" in verdict.seen
    assert "bubblewrap" in verdict.advice


def test_an_inspector_that_does_not_run_is_broken(ground: Ground) -> None:
    verdict = check_sandbox(ground)
    assert verdict.status is Status.BROKEN
    assert "mailhub-inspector" in verdict.advice
    assert check_queue(ground).status is Status.OK


def test_no_scanner_is_said_and_one_that_answers_is_well(ground: Ground, tmp_path: Path) -> None:
    none = check_clamd(ground)
    assert (none.status, "no clamd" in none.seen) == (Status.LOOK, True)
    assert check_clamd(with_inspector(ground, clamd=f"unix:{tmp_path}/nobody")).status is Status.BROKEN
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=_answer, args=(listener,), daemon=True).start()
        assert check_clamd(with_inspector(ground, clamd=f"127.0.0.1:{port}")).status is Status.OK


def _answer(listener: socket.socket) -> None:
    one, _ = listener.accept()
    with one:
        assert one.recv(100) == b"zPING\0"
        one.sendall(b"PONG\0")
