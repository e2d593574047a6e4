"""What a Dovecot master that was killed leaves behind.

Its children outlive it as long as their clients stay, and no later `doveadm` sees them: a session in one of them
would survive the suspension of its account. So they are ended before a new master starts.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mailhub.mailboxes.plan import DovecotPlan

GRACE_SECONDS = 2.0


def clear_leftovers(plan: DovecotPlan) -> None:
    """End the children of a dead master and forget its pid file; nothing happens while our master lives.

    Dovecot refuses to start while its pid file names a live process, even one that took the number since.
    """
    pid_file = plan.base_directory / "master.pid"
    try:
        master = int(pid_file.read_text())
    except (OSError, ValueError):
        master = 0
    if master and os.fsencode(plan.configuration) in _command(master):
        return
    pid_file.unlink(missing_ok=True)
    for how in (signal.SIGTERM, signal.SIGKILL):
        _end(list(_children(plan)), how, plan)


def _children(plan: DovecotPlan) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _is_child(int(entry.name), plan):
            yield int(entry.name)


def _is_child(process: int, plan: DovecotPlan) -> bool:
    """Dovecot names its processes `dovecot-INSTANCE/SERVICE`, and ours has an instance name of its own."""
    with suppress(OSError):
        if Path(f"/proc/{process}").stat().st_uid == plan.uid:
            return _command(process)[0].startswith(f"dovecot-{plan.instance}/".encode())
    return False


def _command(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]


def _end(processes: list[int], how: signal.Signals, plan: DovecotPlan) -> None:
    handles = []
    for process in processes:
        with suppress(ProcessLookupError):
            handles.append(handle := os.pidfd_open(process))
            # The handle holds the number fast: what it names now is what will be signalled.
            if _is_child(process, plan):
                signal.pidfd_send_signal(handle, how)
    for handle in handles:
        select.select([handle], [], [], GRACE_SECONDS)
        os.close(handle)
