"""A sandbox with a reader that does what the file says (`readers/obedient.py`).

with obedient_pool() as inspector:
    (facts,) = await inspector.read([file("say hello")], Limits(want_text=True), timeout=10)
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.jail import Jail, check
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes

READERS = Path(__file__).parent / "readers"


def obedient_pool(*, processes: int = 1, **changes: Any) -> LocalPool:
    """A pool of zygotes with the obedient reader; `changes` are fields of `Jail`."""
    needs_sandbox()
    return LocalPool(Jail(**{"reader": "obedient", "reader_folder": READERS, **changes}), processes=processes)


def file(text: str, name: str = "a.txt") -> FileBytes:
    data = text.encode()
    return FileBytes(name, "text/plain", data, hashlib.sha256(data).hexdigest(), "V/v thử")


def needs_sandbox() -> None:
    """Skip where the machine cannot shut a process in, for the reason that a hub would give."""
    try:
        check(Jail(uid=65534, gid=65534) if os.geteuid() == 0 else Jail())
    except SandboxImpossible as error:
        pytest.skip(str(error))


def zygotes(pid: int) -> list[int]:
    """The zygotes behind a bubblewrap process."""
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
