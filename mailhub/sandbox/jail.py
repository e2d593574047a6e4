"""The walls around a zygote: what bubblewrap is told, for an ordinary user and for root.

An ordinary user's sandbox is a user namespace. Root's is not: its mounts are made by root, since a checkout may lie in
a folder that nobody else may read; the zygote loads everything as root, and gives root up before it meets the first
octet from outside (`confine.py`). Inside there is /usr, Python's packages, mailhub, a /tmp of limited size, and no
network, no /etc, no other process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import mailhub
from mailhub.sandbox.codec import encode
from mailhub.sandbox.confine import MIB, Rations
from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.plan import NOBODY, Plan

# The one other value of [inspector] sandbox, in so many words.
UNPROTECTED = "none-files-from-outside-run-unprotected"
BUBBLEWRAP = "bubblewrap"
CHECK_SECONDS = 20.0

_PROGRAM = "/opt/mailhub/program"
_PACKAGES = "/opt/mailhub/packages"
_READER = "/opt/mailhub/reader"
_BOOT = "import sys; sys.path += sys.argv[2:]; from mailhub.sandbox.zygote import main; sys.exit(main(sys.argv[1]))"
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "Asia/Ho_Chi_Minh",
    # One message, one core; and threads would not survive the fork.
    "OMP_THREAD_LIMIT": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    # libarchive-c would ask ldconfig, which has no cache without /etc.
    "LIBARCHIVE": "libarchive.so.13",
}
# What the zygote needs of root's rights, until it has given them up.
_ROOT_KEEPS = ("CAP_SETUID", "CAP_SETGID", "CAP_DAC_READ_SEARCH")


@dataclass(frozen=True, slots=True)
class Jail:
    """How zygotes run on this machine. `uid` and `gid` are whom root becomes; `reader_folder` is for tests: a module
    of theirs in the place of `mailhub.files.reader`."""

    protected: bool = True
    uid: int = NOBODY
    gid: int = NOBODY
    nice: int = 5
    tmp_mib: int = 256
    rations: Rations = field(default_factory=Rations)
    growth_mib: int = 64
    reader: str = "mailhub.files.reader"
    reader_folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A program to become or to start."""

    argv: list[str]
    environment: Mapping[str, str]


def zygote_command(jail: Jail, *, listen: int, ready: int, stop: int) -> Command:
    """The command that is a zygote on these inherited descriptors (`zygote.Plan`).

    Raises:
        SandboxImpossible: bubblewrap is not installed.
    """
    root = os.geteuid() == 0
    plan = Plan(
        listen=listen,
        ready=ready,
        stop=stop,
        uid=jail.uid if root else NOBODY,
        gid=jail.gid if root else NOBODY,
        nice=jail.nice,
        growth_mib=jail.growth_mib,
        reader=jail.reader,
        rations=replace(jail.rations, file_mib=min(jail.rations.file_mib, jail.tmp_mib)),
    )
    if jail.protected:
        return Command(_bubblewrap(jail, root=root) + _python(plan, _inside(jail)), {})
    outside = [str(path) for path in (_package_folder(), *_package_paths(), jail.reader_folder) if path]
    return Command(_python(replace(plan, folder=""), outside), _ENVIRONMENT)


def check(jail: Jail) -> None:
    """Make sure that this machine lets us build the walls.

    Raises:
        SandboxImpossible: it does not; says why, and what to do.
    """
    if not jail.protected:
        return
    command = [*_bubblewrap(jail, root=os.geteuid() == 0), "/usr/bin/true"]
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=CHECK_SECONDS, check=False, env={}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxImpossible(f"bubblewrap cannot be run: {error}") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[:300]
        raise SandboxImpossible(f"bubblewrap cannot build a sandbox here ({said}); {_remedy(said)}")


def _remedy(said: str) -> str:
    if "namespace" in said or "uid map" in said or "Operation not permitted" in said:
        return (
            "allow user namespaces: `sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000` "
            "(Ubuntu: `sysctl kernel.apparmor_restrict_unprivileged_userns=0`), in a container its seccomp profile "
            "must let unshare and mount through"
        )
    return "check that bubblewrap 0.8 or newer is installed and that the program's folder can be read"


def _bubblewrap(jail: Jail, *, root: bool) -> list[str]:
    program = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin")
    if program is None:
        raise SandboxImpossible(
            "bubblewrap is missing, and without it no file from outside is opened: `apt install bubblewrap`, "
            f'or, for a machine that nothing reaches, [inspector] sandbox = "{UNPROTECTED}"'
        )
    words = [program, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if root:
        words += ["--cap-drop", "ALL", *(word for name in _ROOT_KEEPS for word in ("--cap-add", name))]
    else:
        words += ["--unshare-user", "--cap-drop", "ALL"]
    # As process 1 the zygote cannot be killed from within, and when it ends everything in there ends.
    words += ["--as-pid-1", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        words += ["--setenv", name, value]
    words += _mounts(jail)
    words += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", str(jail.tmp_mib * MIB)]
    # /dev/shm would outlive a message; and only /tmp is to be written at all.
    return [*words, "--tmpfs", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108


def _mounts(jail: Jail) -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            words += ["--ro-bind", str(path), str(path)]
    base = Path(sys.base_prefix).resolve()
    if not base.is_relative_to("/usr"):  # an interpreter of somebody's own
        words += ["--ro-bind", str(base), str(base)]
    # Made by bubblewrap itself they would be root's alone, and what is loaded late could not be found.
    for folder in ("/opt", "/opt/mailhub", _PROGRAM, _PACKAGES):
        words += ["--perms", "0755", "--dir", folder]
    words += ["--ro-bind", str(_package_folder() / "mailhub"), f"{_PROGRAM}/mailhub"]
    for number, path in enumerate(_package_paths()):
        words += ["--ro-bind", str(path), f"{_PACKAGES}/{number}"]
    if jail.reader_folder is not None:
        words += ["--ro-bind", str(jail.reader_folder), _READER]
    return words


def _python(plan: Plan, paths: list[str]) -> list[str]:
    interpreter = str(Path(sys.executable).resolve())
    return [interpreter, "-I", "-S", "-B", "-c", _BOOT, json.dumps(encode(plan)), *paths]


def _inside(jail: Jail) -> list[str]:
    packages = [f"{_PACKAGES}/{number}" for number in range(len(_package_paths()))]
    return [_PROGRAM, *packages, *([_READER] if jail.reader_folder is not None else [])]


def _package_folder() -> Path:
    """Where the package `mailhub` lies."""
    return Path(mailhub.__file__).resolve().parents[1]


def _package_paths() -> list[Path]:
    """Where the packages lie that it needs."""
    paths = sysconfig.get_paths()
    return list(dict.fromkeys(Path(paths[name]).resolve() for name in ("purelib", "platlib")))
