"""Key files that are made on first use, whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_once(path: Path, octets: bytes) -> None:
    """Write a file that only its owner reads, unless there is one: two processes may come here at once.

    Raises:
        OSError
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, octets)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
