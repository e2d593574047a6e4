"""The walls stand whoever builds them: an ordinary user, root, root whose program nobody else may read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import mailhub
from mailhub.files.facts import Limits
from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.jail import Jail, check, zygote_command
from mailhub.sandbox.wire import Tried
from tests.support.inspector import READERS, file, needs_sandbox, obedient_pool
from tests.support.papers import Look, Scan, as_pdf, as_scan, make_paper

# Tries to break out of a pool of its own; prints what was tried, and who the zygote is.
PROGRAM = """
import asyncio, json, os, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[1])
from mailhub.sandbox.jail import Jail
from mailhub.sandbox.local import LocalPool
pool = LocalPool(Jail(reader="obedient", reader_folder=Path(sys.argv[2])))
with pool as inspector:
    tried = asyncio.run(inspector.probe(json.loads(sys.argv[3]), [22], timeout=30))
    (zygote,) = Path(f"/proc/{pool.pids[0]}/task/{pool.pids[0]}/children").read_text().split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{zygote}/status").read_text().splitlines())
    facts = {name: status[name].split() for name in ("Uid", "Gid", "Groups", "CapPrm", "CapEff", "NoNewPrivs")}
print(json.dumps({"tried": [[one.what, one.blocked, one.detail] for one in tried], "status": facts}))
"""
# Reads a picture of a page in a pool of its own; prints what it is.
SCAN_PROGRAM = """
import asyncio, hashlib, json, sys
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[1])
from mailhub.files.facts import Limits, Mode
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes
data = Path(sys.argv[2]).read_bytes()
one = FileBytes("scan." + sys.argv[2].rpartition(".")[2], "", data, hashlib.sha256(data).hexdigest())
with LocalPool() as inspector:
    (facts,) = asyncio.run(inspector.read([one], Limits(mode=Mode.FULL, seconds=60), timeout=90))
said = facts.recognition
print(json.dumps([facts.type, facts.unreadable, said and said.doc_type, said and said.value("urgency")]))
"""
EVERYTHING = {
    *("network.loopback", "network.outside", "network.dns", "network.interfaces"),
    *("files.shadow", "files.hub", "files.write"),
    *("processes.others", "processes.ptrace", "processes.kill"),
    *("rights.root", "rights.namespace", "limits.processes", "limits.memory"),
}


def break_out(
    *prefix: str, paths: list[Path], program_folder: Path | None = None, readers: Path = READERS
) -> dict[str, list[str]]:
    """Run PROGRAM by the command words `prefix`; the status of its zygote, once nothing got out."""
    packages = [path for path in sys.path if path.endswith("site-packages")]
    folders = [str(program_folder or Path(mailhub.__file__).parents[1]), *packages]
    words = [*prefix, sys.executable, "-B", "-c", PROGRAM, json.dumps(folders), str(readers)]
    words.append(json.dumps([str(path) for path in paths]))
    done = subprocess.run(words, capture_output=True, text=True, timeout=90, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    tried = [Tried(*one) for one in said["tried"]]
    assert {one.what for one in tried} == EVERYTHING
    assert [one for one in tried if not one.blocked] == []
    status: dict[str, list[str]] = said["status"]
    assert {int(status["CapPrm"][0], 16), int(status["CapEff"][0], 16)} == {0}
    assert status["NoNewPrivs"] == ["1"]
    assert "0" not in (*status["Uid"], *status["Gid"], *status["Groups"])
    return status


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A hub's file, which anybody outside may read."""
    path = tmp_path / "mailhub.db"
    path.write_text("rows")
    path.chmod(0o644)
    return path


def test_nothing_gets_out_of_an_ordinary_users_sandbox(secret: Path) -> None:
    needs_sandbox()
    if os.geteuid() != 0:
        break_out(paths=[secret])
        return
    if subprocess.run(_as(65534, "test", "-r", mailhub.__file__), check=False).returncode:
        pytest.skip("the checkout lies where only root can read")
    status = break_out(*_as(65534), paths=[secret])
    assert status["Uid"] == ["65534"] * 4


def test_nothing_gets_out_of_roots_sandbox_and_root_is_given_up(secret: Path) -> None:
    needs_sandbox()
    if os.geteuid() != 0:
        pytest.skip("not root")
    status = break_out(paths=[secret])
    assert status["Uid"] == ["65534"] * 4  # nobody
    assert status["Groups"] == []


def test_a_program_that_only_root_can_read_works(secret: Path, tmp_path: Path) -> None:
    needs_sandbox()
    if os.geteuid() != 0:
        pytest.skip("not root")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    shutil.copytree(Path(mailhub.__file__).parent, private / "mailhub", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(READERS, private / "readers", ignore=shutil.ignore_patterns("__pycache__"))
    for path in private.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    break_out(paths=[secret, private], program_folder=private, readers=private / "readers")


@pytest.mark.parametrize("kind", ["png", "jpeg", "pdf"])
def test_a_scan_is_read_by_a_program_that_only_root_can_read(kind: str, tmp_path: Path) -> None:
    """What OCR loads at first use, from modules to the weights of the digit reader, was loaded while there was root."""
    needs_sandbox()
    if os.geteuid() != 0:
        pytest.skip("not root")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    shutil.copytree(Path(mailhub.__file__).parent, private / "mailhub", ignore=shutil.ignore_patterns("__pycache__"))
    packages = [path for path in sys.path if path.endswith("site-packages")]
    scan = private / f"scan.{kind}"
    paper = make_paper("QĐ", 2, urgency="HỎA TỐC")
    scan.write_bytes(as_scan(as_pdf(paper, Look(turn=1)), Scan(dpi=200, format=kind)))
    for path in private.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    words = [sys.executable, "-B", "-c", SCAN_PROGRAM, json.dumps([str(private), *packages]), str(scan)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [kind, None, "QĐ", "HỎA TỐC"]


@pytest.fixture
def readable() -> Iterator[Path]:
    """A file that every user can get at: pytest's own folders let nobody else through."""
    with TemporaryDirectory(prefix="mhj", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "mailhub.db")
        path.write_text("rows")
        path.chmod(0o644)
        yield path


async def test_without_walls_the_probe_finds_the_holes(readable: Path) -> None:
    """So that "blocked" means something."""
    with obedient_pool(protected=False) as inspector:
        tried = {one.what: one for one in await inspector.probe([str(readable)], [22], timeout=30)}
    assert not tried["processes.others"].blocked
    assert not tried["files.write"].blocked
    assert not tried["files.hub"].blocked
    # What limits and the filter do is done in any case.
    assert all(tried[what].blocked for what in ("network.loopback", "limits.memory", "limits.processes", "rights.root"))


async def test_without_walls_nothing_of_a_message_is_left_either() -> None:
    with obedient_pool(protected=False) as inspector:
        (left,) = await inspector.read([file("leave")], Limits(want_text=True), timeout=30)
        await inspector.read([file("say x")], Limits(), timeout=30)
        with pytest.raises(ProcessLookupError):
            os.kill(int(left.text), 0)


def test_a_machine_without_bubblewrap_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(SandboxImpossible, match="apt install bubblewrap"):
        check(Jail())
    check(Jail(protected=False))


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("bwrap: No permissions to create new namespace", "unprivileged_userns_clone"),
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns"),
        ("bwrap: Can't find source path /x: Permission denied", "program's folder can be read"),
    ],
)
def test_a_machine_that_forbids_namespaces_is_told_which_switch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, remedy: str
) -> None:
    program = tmp_path / "bwrap"
    program.write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda *_, **__: str(program))
    with pytest.raises(SandboxImpossible, match=remedy) as caught:
        check(Jail())
    assert said in str(caught.value)


def test_nothing_of_our_environment_goes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    for protected in (True, False):
        command = zygote_command(Jail(protected=protected), listen=3, ready=4, stop=5)
        assert "secret" not in f"{command.argv} {command.environment}"
        assert ("--clearenv" in command.argv) == protected


def _as(uid: int, *words: str) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *words]
