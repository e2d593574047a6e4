"""`mailhub serve --role inspector`: ready when it can read, alone as well, and ended in order."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.files.facts import FileFacts, Limits
from mailhub.sandbox.errors import InspectorUnavailable
from mailhub.sandbox.pool import Inspector
from tests.support.hub import MAILHUB, ROOT, wait_until
from tests.support.inspector import file, needs_sandbox, zygotes


class Role:
    """The role alone, in a hub of its own."""

    def __init__(self, template: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mh", dir="/tmp"))
        self.folder.chmod(0o755)
        self.hub = self.folder / "hub"
        self.run_directory = self.hub / "run"
        subprocess.run(["cp", "-a", str(template), str(self.hub)], check=True)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*MAILHUB, "serve", str(self.hub), "--role", "inspector"], stdout=log, stderr=log, cwd=ROOT
            )
        wait_until(lambda: "mailhub ready" in self.log() or self.ended(), self.log())

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def children(self) -> list[int]:
        """The processes of bubblewrap."""
        assert self.process is not None
        return zygotes(self.process.pid)

    def close(self) -> None:
        if self.process is not None and not self.ended():
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A hub to copy: making one takes a second."""
    with tempfile.TemporaryDirectory(prefix="mh", dir="/tmp") as folder:
        Path(folder).chmod(0o755)  # the hub's user has to get through
        words = ["init", f"{folder}/hub", "--domain", "tinh.gov.vn", "--base-port", "20000"]
        subprocess.run([*MAILHUB, *words], check=True, capture_output=True, cwd=ROOT)
        yield Path(folder, "hub")


@pytest.fixture
def role(template: Path) -> Iterator[Role]:
    needs_sandbox()
    one = Role(template)
    try:
        one.start()
        yield one
    finally:
        one.close()


def read(role: Role, name: str, text: str = "Kính gửi") -> FileFacts:
    (facts,) = asyncio.run(Inspector(role.run_directory / name).read([file(text)], Limits(), timeout=30))
    return facts


def test_both_kinds_read_shut_in_and_end_when_told(role: Role) -> None:
    for name in ("inspector", "inspector-slow"):
        assert read(role, name).size == len("Kính gửi".encode())
        assert (role.run_directory / name).stat().st_mode & 0o777 == 0o600
        paths = [str(role.hub), str(role.hub / "mailhub.toml")]
        tried = asyncio.run(Inspector(role.run_directory / name).probe(paths, [20025], timeout=30))
        assert tried
        assert [one for one in tried if not one.blocked] == []
    assert not (role.run_directory / "inject").exists()  # nothing but its own sockets
    inside = [zygote for child in role.children() for zygote in zygotes(child)]
    assert len(inside) == 3
    assert all(_uid(number) != 0 for number in inside)
    assert role.process is not None
    role.process.terminate()
    assert role.process.wait(20) == 0
    assert not any(Path(f"/proc/{number}").exists() for number in inside)
    with pytest.raises(InspectorUnavailable):
        read(role, "inspector")


def test_a_dead_zygote_comes_back_and_mail_waits_meanwhile(role: Role) -> None:
    for child in role.children():
        for zygote in zygotes(child):
            os.kill(zygote, signal.SIGKILL)
    assert read(role, "inspector").unreadable is None
    wait_until(lambda: len(role.children()) == 3, "three again")


def test_a_supervisor_that_is_killed_leaves_nothing_behind(role: Role) -> None:
    inside = [zygote for child in role.children() for zygote in zygotes(child)]
    assert role.process is not None
    role.process.kill()
    role.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{number}").exists() for number in inside), "all gone")


def test_a_machine_that_cannot_shut_a_process_in_does_not_serve(template: Path) -> None:
    """Within walls of our own that allow no further ones."""
    needs_sandbox()
    role = Role(template)
    try:
        user = ["setpriv", "--reuid=mailhub", "--regid=mailhub", "--clear-groups"] if os.geteuid() == 0 else []
        walls = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--disable-userns"]
        words = [*user, *walls, *MAILHUB, "serve", str(role.hub), "--role", "inspector"]
        done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
        assert done.returncode == 1, done.stderr
        assert "bubblewrap cannot build a sandbox here" in done.stderr
        assert "sysctl" in done.stderr
    finally:
        role.close()


def _uid(number: int) -> int:
    status = Path(f"/proc/{number}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])
