"""Who serves a hub's directory just now, by the kernel's list of locks."""

from __future__ import annotations

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")


def serving_processes(run_directory: Path) -> dict[str, int]:
    """The lock files of `run_directory` that are held, with the number of the process that holds each.

    One a role: `{"mailboxes": 123, "smtp": 123, "verifier": 123, "worker": 123}` for a whole hub.
    Taking a lock to find out would make a server that starts at this moment give up; /proc/locks (proc(5)) does not.
    """
    held = _held_locks()
    found = {}
    try:
        files = sorted(run_directory.glob("*.lock"))
    except OSError:
        return {}
    for file in files:
        info = file.stat()
        key = f"{os.major(info.st_dev):02x}:{os.minor(info.st_dev):02x}:{info.st_ino}"
        if key in held:
            found[file.stem] = _written(file) or held[key]
    return found


def _written(file: Path) -> int:
    """What the holder wrote into it; 0 when that may not be read (a supervisor that is root made it)."""
    try:
        text = file.read_text(errors="replace").strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


def _held_locks() -> dict[str, int]:
    try:
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return {}
    # `3: FLOCK  ADVISORY  WRITE 31847 fe:00:2188221 0 EOF`
    words = (line.split() for line in lines if " FLOCK " in line and "->" not in line)
    return {word[5]: int(word[4]) for word in words if len(word) >= 8}
