"""The role `signer`: one process with the agencies' keys, as a user of its own, and an inspector that serves it alone.

It is there when DIR/signer/mandates.toml is. Started by root, the hub's other processes cannot read DIR/signer, and the
hub's user is the only one that may ask; started by an ordinary user (a trial) all are one user.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
import resource
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from mailhub.sandbox import confine
from mailhub.sandbox.pool import Inspector
from mailhub.serve.errors import CannotServe
from mailhub.serve.inspectors import Inspectors
from mailhub.serve.privileges import Identity, serving_identity
from mailhub.serve.process import Ready, run_loop
from mailhub.serve.sockets import bind_unix, unix_from_systemd
from mailhub.serve.supervisor import Task
from mailhub.settings import LiveSettings, Settings
from mailhub.signer.client import SOCKET
from mailhub.signer.errors import JournalError, MandateError
from mailhub.signer.folder import MANDATES, Folder, make_folder

log = logging.getLogger(__name__)
INSPECTOR = "run/inspect"  # in DIR/signer
ROOT = 0


def has_mandates(settings: Settings) -> bool:
    """Whether there is anything to sign by, as far as this user can see."""
    try:
        return (settings.signer_directory / MANDATES).exists()
    except PermissionError:
        log.warning("%s is another user's: the signer is not started here", settings.signer_directory)
        return False


Main = Callable[[Ready], int]


def signer_tasks(live: LiveSettings, hub: Identity, inspectors: Inspectors, wrap: Callable[[Main], Main]) -> list[Task]:
    """The signer and its inspector; `wrap` closes what else the supervisor holds open.

    Raises:
        CannotServe: there is no user for it, its folder is not its own, or its sockets cannot be made.
    """
    settings = live.current
    identity = _identity(settings, hub)
    folder = Folder(settings.signer_directory, identity.uid)
    try:
        folder.check()
    except MandateError as error:
        raise CannotServe(str(error)) from error
    try:
        asked, own = _listen(settings, folder, identity, hub)
    except OSError as error:
        raise CannotServe(f"the signer cannot listen: {error.strerror}: {error.filename or folder.path}") from error
    # The process goes in by this: the hub's folder above lets no other user through, and a name in it could be changed.
    inside = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    main = partial(run_signer, live, inside, asked, _callers(settings, identity, hub))
    # Workers end first: what they have asked for is still answered.
    task = Task("signer", wrap(_without(own, main)), last=True, identity=identity)
    return [task, *inspectors.beside("signer-inspector", own, settings.signer.inspectors)]


def run_signer(live: LiveSettings, inside: int, listener: socket.socket, callers: set[int], ready: Ready) -> int:
    """The process itself; `inside` is a descriptor of its folder."""
    # Here, since nobody else needs what they load; the supervisor has loaded them before root was given up.
    from mailhub.signer.preparing import InspectorPreparer
    from mailhub.signer.sealing import SigningDesk
    from mailhub.signer.server import SignerServer

    os.fchdir(inside)
    folder = Folder(Path(), os.geteuid())
    confine.hide()  # no core dump, and no other process of this user looks into it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    again: list[Callable[[], object]] = []

    async def main(stop: asyncio.Event) -> None:
        section = live.current.signer
        preparer = InspectorPreparer(
            Inspector(folder.path / INSPECTOR), seconds=section.seconds, time_style=section.time_style
        )
        desk = await asyncio.to_thread(SigningDesk, folder, preparer)
        loop, running = asyncio.get_running_loop(), set[asyncio.Task[None]]()

        def reload() -> None:
            task = loop.create_task(desk.reload())
            running.add(task)
            task.add_done_callback(running.discard)

        again.append(reload)
        await desk.open_keys()
        server = SignerServer(listener, desk, callers)
        ready()
        await server.serve(stop)

    try:
        # Its mandates are what is read again: mailhub.toml is the hub's, and need not even be readable here.
        return run_loop(main, lambda: _all(again))
    except (MandateError, JournalError) as error:
        log.error("the signer does not start: %s", error)  # noqa: TRY400
        return 1


def _all(acts: list[Callable[[], object]]) -> None:
    for act in acts:
        act()


def _listen(settings: Settings, folder: Folder, own: Identity, hub: Identity) -> tuple[socket.socket, socket.socket]:
    """Where the hub asks, and where the signer asks its inspector."""
    rooted = os.geteuid() == ROOT
    make_folder(folder.path, (own.uid, own.gid) if rooted else None)
    asked = unix_from_systemd(SOCKET) or bind_unix(
        settings.run_directory / SOCKET, owner=(hub.uid, hub.gid) if rooted else None
    )
    return asked, bind_unix(folder.path / INSPECTOR, owner=(own.uid, own.gid) if rooted else None)


def _identity(settings: Settings, hub: Identity) -> Identity:
    """As whom it runs.

    Raises:
        CannotServe: there is no such user, or it is the hub's.
    """
    if os.geteuid() != ROOT:
        return hub
    identity = serving_identity(settings.signer.user)
    if identity.uid == hub.uid:
        raise CannotServe("[signer] user must not be [hub] user: the keys would be open to every process of the hub")
    return replace(identity, with_groups=True)  # a token is often open to a group (softhsm, plugdev)


def _callers(settings: Settings, identity: Identity, hub: Identity) -> set[int]:
    """Who may ask: the hub's user. In a unit of its own the signer is not told who that is, but by the settings."""
    if identity.user == settings.signer.user:
        try:
            return {ROOT, pwd.getpwnam(settings.hub.user).pw_uid}
        except KeyError:
            raise CannotServe(f"there is no user {settings.hub.user!r} that could ask the signer") from None
    return {ROOT, hub.uid}


def _without(other: socket.socket, main: Callable[[Ready], int]) -> Callable[[Ready], int]:
    def run(ready: Ready) -> int:
        other.close()
        return main(ready)

    return run
