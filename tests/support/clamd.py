"""A real clamd with a private configuration and one signature of our own: no freshclam, nothing fetched."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CLAMD = "/usr/sbin/clamd"
# The EICAR test file, in two halves so that no scanner takes this module for one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Mailhub.Test.Eicar"
STREAM_MAX = 1024 * 1024


@dataclass(frozen=True)
class RunningClamd:
    """Where it listens: `unix:/path` and `host:port`."""

    unix: str
    tcp: str
    process: subprocess.Popen[bytes]


@contextmanager
def running_clamd() -> Iterator[RunningClamd]:
    """clamd in the foreground until the block ends. Raises AssertionError when it does not come up in 30 s."""
    with tempfile.TemporaryDirectory(prefix="mailhub-clamd-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        port = _free_port()
        config = _write_config(folder, port)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([CLAMD, "-c", str(config)], stdout=log, stderr=log)
            try:
                _wait_for(folder / "clamd.sock", process, folder / "log")
                yield RunningClamd(f"unix:{folder / 'clamd.sock'}", f"127.0.0.1:{port}", process)
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _write_config(folder: Path, port: int) -> Path:
    database = folder / "db"
    database.mkdir(mode=0o755)
    # An extended signature: name, any file type, any offset, the octets.
    (database / "mailhub.ndb").write_text(f"{SIGNATURE}:0:*:{EICAR.hex()}\n")
    config = folder / "clamd.conf"
    lines = [
        "Foreground yes", f"DatabaseDirectory {database}", f"LocalSocket {folder / 'clamd.sock'}",
        f"TemporaryDirectory {folder}", f"TCPSocket {port}", "TCPAddr 127.0.0.1",
        f"StreamMaxLength {STREAM_MAX}", "MaxThreads 2", "SelfCheck 0", "FixStaleSocket yes",
    ]  # fmt: skip
    if os.geteuid() == 0:
        lines.append("User root")
    config.write_text("\n".join(lines) + "\n")
    return config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(path: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with socket.socket(socket.AF_UNIX) as probe:
            if path.exists() and probe.connect_ex(str(path)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())
