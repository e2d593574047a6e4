"""What the durability tests share: a receiver in its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.integration.conftest import dns, hub, more_settings, sink  # noqa: F401
from tests.support.hub import RunningHub

ROOT = Path(__file__).parents[2]


def process_of(running: RunningHub, role: str) -> int:
    """The process that plays `role` now; 0 when there is none. The kernel cuts names to 15 octets."""
    children = running.children()
    return children.get(role) or children.get(role[: 15 - len("mailhub-")], 0)


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
