"""What the durability tests share: a receiver in its own process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.conftest import Province, dns, hub, more_settings, sink, with_web  # noqa: F401
from tests.support.hub import RunningHub

ROOT = Path(__file__).parents[2]


def process_of(running: RunningHub, role: str) -> int:
    """The process that plays `role` now; 0 when there is none. The kernel cuts names to 15 octets."""
    children = running.children()
    return children.get(role) or children.get(role[: 15 - len("mailhub-")], 0)


class Watch:
    """Looks into a hub's queue without a process a look."""

    def __init__(self, running: RunningHub) -> None:
        self._running = running
        self._province = Province(running)
        self._retry_at = 0.0

    def waiting(self) -> list[Any]:
        """Code, state and last reply of recipients whose story has not ended."""
        return self._province.rows(
            "SELECT m.code, r.state, r.last_reply FROM recipient r JOIN message m ON m.id = r.message_id "
            "WHERE r.finished_at IS NULL ORDER BY r.id"
        )

    def last_reply(self) -> str:
        return next((str(row.last_reply or "") for row in self.waiting()), "")

    def kinds(self, code: str) -> list[str]:
        """The timeline's kinds."""
        return [line.kind.value for line in self._province.trace(code)]

    def is_empty(self) -> bool:
        """Whether the queue is; what was deferred is tried again meanwhile, once a second."""
        if time.monotonic() > self._retry_at:
            self._running.cli("queue", "retry", "--state", "deferred", check=False)
            self._retry_at = time.monotonic() + 1.0
        return not self.waiting()

    def close(self) -> None:
        self._province.close()


@contextmanager
def watching(running: RunningHub) -> Iterator[Watch]:
    """A watch that is put away at the end."""
    watch = Watch(running)
    try:
        yield watch
    finally:
        watch.close()


@contextmanager
def sink_process(spool: Path, *options: str) -> Iterator[int]:
    """`tests.support.smtpsink` as a process that keeps its mail in `spool`; gives its port."""
    words: Sequence[str] = [sys.executable, "-m", "tests.support.smtpsink", "--spool", str(spool), *options]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline().split()[1])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
