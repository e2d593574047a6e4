"""Becoming nobody in particular: users, parent-death signals, process names. Linux only."""

from __future__ import annotations

import ctypes
import grp
import os
import pwd
import signal
from dataclasses import dataclass
from pathlib import Path

from mailhub.serve.errors import CannotServe

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the processes run as. `with_groups`: also in the other groups that the user was put in."""

    user: str
    group: str
    uid: int
    gid: int
    with_groups: bool = False


def serving_identity(wanted: str) -> Identity:
    """The user `wanted` when we are root, ourselves otherwise.

    Raises:
        CannotServe: we are root and there is no such user, or it is root.
    """
    if os.geteuid() != 0:
        me, mine = pwd.getpwuid(os.geteuid()), grp.getgrgid(os.getegid())
        return Identity(me.pw_name, mine.gr_name, me.pw_uid, mine.gr_gid)
    try:
        entry = pwd.getpwnam(wanted)
    except KeyError:
        raise CannotServe(
            f"there is no user {wanted!r} to serve as: run `make install`, "
            f"or `adduser --system --group {wanted}`, or set [hub] user"
        ) from None
    if entry.pw_uid == 0:
        raise CannotServe("[hub] user must not be root")
    return Identity(wanted, grp.getgrgid(entry.pw_gid).gr_name, entry.pw_uid, entry.pw_gid)


def become(identity: Identity) -> None:
    """Give up root for good; nothing when we are not root."""
    if os.geteuid() != 0:
        return
    os.setgroups(os.getgrouplist(identity.user, identity.gid) if identity.with_groups else [])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)


def die_with_parent(parent: int, signal_number: int = signal.SIGKILL) -> None:
    """Ask the kernel to end this process when its parent ends; after `become`, which would clear it."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != parent:  # it died between fork and here
        os._exit(1)


def name_process(name: str) -> None:
    """What `ps -o comm` and `top` show (15 octets)."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def check_reachable(directory: Path, identity: Identity) -> None:
    """Every folder above `directory` must let `identity` through.

    Raises:
        CannotServe: one does not; says which, and what to do.
    """
    # Who is not root is that user, in the groups that the service manager gave (SupplementaryGroups=).
    groups = {identity.gid, *(os.getgroups() if os.geteuid() != 0 else ())}
    for folder in (directory, *directory.parents):
        info = folder.stat()
        if info.st_uid == identity.uid:
            bit = 0o100
        elif info.st_gid in groups:
            bit = 0o010
        else:
            bit = 0o001
        if not info.st_mode & bit:
            raise CannotServe(
                f"{folder} does not let the user {identity.user!r} through: "
                f"keep {directory} elsewhere, or `chmod o+x {folder}`"
            )
