"""A process shuts itself in: who it is, what it may use up, what it may see. Linux only; runs in the sandbox."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path

from mailhub.sandbox.errors import SandboxImpossible

MIB = 2**20
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_libc = ctypes.CDLL(None, use_errno=True)
_STATUS = Path("/proc/self/status")
_NO_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")


@dataclass(frozen=True, slots=True)
class Rations:
    """What one child may use up. `memory_mib` comes on top of what the zygote has mapped."""

    memory_mib: int = 512
    file_mib: int = 256  # one file in /tmp
    files: int = 128  # open at a time
    processes: int = 32


def give_up_root(uid: int, gid: int) -> None:
    """Become `uid` for good, in a user namespace of our own where the kernel allows one to ordinary users: the limit
    on processes then counts only ours, not all that the hub's user runs.

    Raises:
        SandboxImpossible: something of root is left.
    """
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # else /proc/self stays root's, and the map below cannot be written
    if _libc.unshare(_CLONE_NEWUSER) == 0:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        drop_capabilities()


def drop_capabilities() -> None:
    """No capability is left, nor can one be won."""
    for number in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # fails past the last one, and without CAP_SETPCAP
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    _libc.capset(header, (ctypes.c_uint32 * 6)())


def check_powerless() -> None:
    """No root, no capability, no way to win one.

    Raises:
        SandboxImpossible: there is.
    """
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    status = read_status()
    if 0 in (*os.getresuid(), *os.getresgid()) or any(int(status[name], 16) for name in _NO_CAPABILITIES):
        raise SandboxImpossible("a process that is to open files from outside still has rights of root")
    if status["NoNewPrivs"] != "1":
        raise SandboxImpossible("a process that is to open files from outside could win rights")


def read_status() -> dict[str, str]:
    """/proc/self/status by name (proc(5))."""
    lines = _STATUS.read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def die_with_parent() -> None:
    """SIGKILL when the parent ends. Changing the user clears it."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def adopt_orphans() -> None:
    """Grandchildren become ours when their parent ends, so that they can be found."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def hide() -> None:
    """No core dump, and no process of the same user may look into this one or its descendants."""
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def name_process(name: str) -> None:
    """What `ps -o comm` shows (15 octets)."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def be_killed_first(score: int) -> None:
    """When the machine runs out of memory (`oom_score_adj`, proc(5)): 1000 is the first."""
    _write("/proc/self/oom_score_adj", str(score))


def resident_pages() -> int:
    """Pages of this process that are in memory (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text().split()[1])


def ration(rations: Rations, *, seconds: float, shared_bytes: int) -> None:
    """Limits on this process and on each that it starts. `shared_bytes`: mapped beside, not to be counted."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    cpu = int(seconds) + 2
    _limit(resource.RLIMIT_AS, mapped + shared_bytes + rations.memory_mib * MIB)
    _limit(resource.RLIMIT_CPU, cpu, cpu + 1)  # SIGXCPU, which says why; then SIGKILL
    _limit(resource.RLIMIT_FSIZE, rations.file_mib * MIB)
    _limit(resource.RLIMIT_NOFILE, rations.files)
    _limit(resource.RLIMIT_NPROC, rations.processes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_MEMLOCK, 0)
    _limit(resource.RLIMIT_MSGQUEUE, 0)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    _, most = resource.getrlimit(kind)
    wanted = (soft, soft if hard is None else hard)
    resource.setrlimit(kind, wanted if most == resource.RLIM_INFINITY else (min(wanted[0], most), min(wanted[1], most)))


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
