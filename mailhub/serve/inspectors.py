"""The role `inspector`: zygotes behind two sockets, quick ones for mail that is being received, slow ones for scans.

Each is a task of the supervisor that becomes bubblewrap. Started by root it keeps root's rights until its walls are
up, since the program may lie where only root can read (`sandbox/jail.py`).
"""

from __future__ import annotations

import os
import signal
import socket
from functools import partial

from mailhub.sandbox.confine import Rations
from mailhub.sandbox.errors import SandboxImpossible
from mailhub.sandbox.jail import BUBBLEWRAP, Jail, check, zygote_command
from mailhub.serve.errors import CannotServe
from mailhub.serve.privileges import Identity
from mailhub.serve.sockets import bind_unix
from mailhub.serve.supervisor import Readiness, Task
from mailhub.settings import Settings

QUICK_SOCKET = "inspector"
SLOW_SOCKET = "inspector-slow"
# Who comes when so many wait already is told at once that the inspector is busy.
BACKLOG = 64
_QUICK_NICE = 5
_SLOW_NICE = 15


class Inspectors:
    """The sockets and processes of one hub."""

    def __init__(self, settings: Settings, identity: Identity) -> None:
        """Check that this machine can shut a process in, then listen.

        Raises:
            CannotServe: it cannot; says what to do.
        """
        self._settings = settings
        self._identity = identity
        try:
            check(self._jail(_QUICK_NICE))
        except SandboxImpossible as error:
            raise CannotServe(str(error)) from error
        self._stop_reader, self._stop_writer = os.pipe()

    def tasks(self) -> list[Task]:
        """A task a zygote."""
        section = self._settings.inspector
        return [
            *self._group(QUICK_SOCKET, section.quick, self._jail(_QUICK_NICE)),
            *self._group(SLOW_SOCKET, section.slow, self._jail(_SLOW_NICE)),
        ]

    def beside(self, name: str, listener: socket.socket, count: int) -> list[Task]:
        """Quick ones for somebody alone, behind a socket of theirs."""
        return self._zygotes(name, listener, count, self._jail(_QUICK_NICE))

    def _group(self, name: str, count: int, jail: Jail) -> list[Task]:
        owner = (self._identity.uid, self._identity.gid) if os.geteuid() == 0 else None
        return self._zygotes(name, bind_unix(self._settings.run_directory / name, owner=owner), count, jail)

    def _zygotes(self, name: str, listener: socket.socket, count: int, jail: Jail) -> list[Task]:
        listener.listen(BACKLOG)
        main = partial(self._become_zygote, jail, listener)
        return [
            Task(f"{name}-{number}", main, keeps_root=True, last=True, end=self._tell_to_end) for number in range(count)
        ]

    def _jail(self, nice: int) -> Jail:
        section = self._settings.inspector
        return Jail(
            protected=section.sandbox == BUBBLEWRAP,
            uid=self._identity.uid,
            gid=self._identity.gid,
            nice=nice,
            rations=Rations(memory_mib=section.memory_mib),
        )

    def _tell_to_end(self) -> None:
        """Each finishes its message first. Nobody reads the octet, so that every zygote sees it."""
        os.write(self._stop_writer, b"x")

    def _become_zygote(self, jail: Jail, listener: socket.socket, ready: Readiness) -> int:
        kept = (listener.fileno(), ready.hand_over(), self._stop_reader)
        command = zygote_command(jail, listen=kept[0], ready=kept[1], stop=kept[2])
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # bubblewrap would die of them, and its zygote with it
        _keep_open(kept)
        os.execve(command.argv[0], command.argv, dict(command.environment))  # noqa: S606


def _keep_open(wanted: tuple[int, ...]) -> None:
    """Nothing else goes along: systemd's sockets, for one, would."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        fd = int(name)
        if fd > 2:
            try:
                os.set_inheritable(fd, fd in wanted)
            except OSError:  # the folder's own, closed by now
                continue
