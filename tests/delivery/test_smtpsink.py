"""The receiver that other tests count with has to count right itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailhub.delivery import Connection, Target
from tests.delivery.parts import BODY, SOON, outgoing
from tests.support.smtpsink import count_copies, read_spool


@contextmanager
def sink_process(spool: Path) -> Iterator[int]:
    """The port of a sink in a process of its own, which is killed at the end."""
    command = [sys.executable, "-m", "tests.support.smtpsink", "--spool", str(spool)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready, port = process.stdout.readline().split()
            assert ready == "ready"
            yield int(port)
        finally:
            process.kill()


async def deliver(port: int, times: int) -> None:
    connection = await Connection.open(Target("sink", ("127.0.0.1", port)), helo="hub", limits=SOON)
    try:
        for _ in range(times):
            await connection.deliver(outgoing())
    finally:
        await connection.close()


async def test_a_sink_process_keeps_what_it_answered_through_a_kill(tmp_path: Path) -> None:
    for _ in range(2):
        with sink_process(tmp_path) as port:
            await deliver(port, 2)
    assert [(message.content, message.recipients) for message in read_spool(tmp_path)] == [(BODY, ("b@so.vn",))] * 4
    assert count_copies(tmp_path) == {("b@so.vn", "1"): 4}


def test_an_entry_cut_by_a_kill_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "bodies.bin").write_bytes(b"half")
    (tmp_path / "index.jsonl").write_bytes(b'{"mail": "MAIL FR')
    assert list(read_spool(tmp_path)) == []
