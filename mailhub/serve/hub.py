"""From a directory to a running hub: settings, sockets, preparation, a task a process."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from mailhub.mailboxes import ENVIRONMENT
from mailhub.mailboxes.dovecot import Dovecot
from mailhub.screening.rules.adopting import adopt_at_reload, adopt_at_start
from mailhub.serve.backends import dovecot_plan
from mailhub.serve.doors import Doors, run_smtp
from mailhub.serve.errors import CannotServe
from mailhub.serve.inspectors import Inspectors
from mailhub.serve.preload import preload
from mailhub.serve.privileges import Identity, check_reachable, serving_identity
from mailhub.serve.process import Ready
from mailhub.serve.signing import has_mandates, signer_tasks
from mailhub.serve.sockets import answers, bind, bind_unix, from_systemd, probe
from mailhub.serve.supervisor import Supervisor, Task, lock_directory, run_as, run_beside
from mailhub.serve.verifying import run_verifier
from mailhub.serve.workers import run_worker
from mailhub.settings import SETTINGS_FILE, LiveSettings, Settings
from mailhub.signatures.trust.service import enter_shipped
from mailhub.smtp.tls import ServerTLS
from mailhub.store.database import Database, open_database
from mailhub.store.migrate import migrate
from mailhub.store.spool import Spool

# These have no business with the database.
_WITHOUT_DATABASE = {"inspector", "signer"}
PATIENCE_SECONDS = 15.0  # how long the ports of a supervisor that was killed may take to become free


More = Callable[[LiveSettings], list[Task]]


def serve_hub(
    directory: Path, roles: Collection[str], *, announce: Callable[[], None], more: Mapping[str, More] | None = None
) -> None:
    """Serve until told to stop. `more` makes the tasks of roles that stand above this package (the web).

    Raises:
        SettingsError: mailhub.toml is missing or wrong.
        CannotServe: policy.toml is wrong, a port is taken, another server has the directory, the user may not read it,
            or this machine cannot build the sandbox.
    """
    live = LiveSettings(directory / SETTINGS_FILE)
    settings = live.current
    identity = serving_identity(settings.hub.user)
    check_reachable(directory, identity)
    roles = _roles_here(settings, roles)
    _make_run_directory(settings, identity, roles)
    locks = [lock_directory(_lock_of(settings, role, roles)) for role in sorted(roles)]
    inspectors = Inspectors(settings, identity) if roles & _WITHOUT_DATABASE else None
    preload(signer="signer" in roles)
    if roles - _WITHOUT_DATABASE:
        run_as(identity, lambda: _prepare(settings, roles))
    doors = _open_sockets(settings, identity) if "smtp" in roles else []
    tasks = _tasks(live, identity, roles, doors)
    if inspectors is not None and "inspector" in roles:
        tasks += inspectors.tasks()
    if inspectors is not None and "signer" in roles:
        tasks += signer_tasks(live, identity, inspectors, partial(_without, doors))
    for role, make in (more or {}).items():
        if role in roles:
            tasks += make(live)
    reload = partial(_reload, live, identity, roles)
    Supervisor(tasks, identity, close_in_child=locks, reload=reload).run(announce)


def _roles_here(settings: Settings, roles: Collection[str]) -> set[str]:
    """Without the signer where nothing is to be signed.

    Raises:
        CannotServe: it was asked for alone.
    """
    wanted = set(roles)
    if "signer" not in wanted or has_mandates(settings):
        return wanted
    if wanted == {"signer"}:
        raise CannotServe(f"there are no mandates to sign by: {settings.signer_directory}/mandates.toml")
    return wanted - {"signer"}


def _lock_of(settings: Settings, role: str, roles: Collection[str]) -> Path:
    """In a unit of its own the signer cannot write where the others do."""
    folder = settings.signer_directory if set(roles) == {"signer"} else settings.directory
    return folder / "run" / f"{role}.lock"


def _make_run_directory(settings: Settings, identity: Identity, roles: Collection[str]) -> None:
    if set(roles) == {"signer"}:  # whose user may not write there
        (settings.signer_directory / "run").mkdir(mode=0o700, exist_ok=True)
        return
    try:
        settings.run_directory.mkdir(mode=0o700)
    except FileExistsError:
        return
    if os.geteuid() == 0:
        os.chown(settings.run_directory, identity.uid, identity.gid, follow_symlinks=False)


def _prepare(settings: Settings, roles: Collection[str]) -> None:
    """What has to be there before the first process: a usable certificate, tables, folders."""
    if "smtp" in roles:
        ServerTLS(settings.tls_certificate, settings.tls_key, minimum=settings.tls.minimum)
    migrate(settings.database_url)
    Spool(settings.spool_directory, "prepare").prepare()
    _with_database(settings, adopt_at_start)
    _with_database(settings, _enter_shipped_trust)


def _reload(live: LiveSettings, identity: Identity, roles: Collection[str]) -> None:
    """What the supervisor does at SIGHUP: settings for children that are born later, and the rules for all."""
    live.reload()
    if set(roles) - _WITHOUT_DATABASE:
        # Beside: the supervisor must go on watching its children, however long the database takes.
        run_beside(identity, lambda: _with_database(live.current, adopt_at_reload))


def _enter_shipped_trust(database: Database, _directory: Path) -> None:
    """A newer program may bring certificates along that this hub has never seen."""
    with database.write() as connection:
        enter_shipped(connection)


def _with_database(settings: Settings, work: Callable[[Database, Path], None]) -> None:
    """Never in the supervisor itself: what it opened would be root's, and its children's as well."""
    database = open_database(settings.database_url)
    try:
        work(database, settings.directory)
    finally:
        database.close()


def _open_sockets(settings: Settings, identity: Identity) -> list[Doors]:
    count = settings.workers.smtp
    doors = [Doors() for _ in range(count)]
    given = from_systemd()
    for service in ("mx", "submission", "submissions"):
        address = settings.listen_address(service)
        if address is None:
            continue
        if address.port in given:
            found: list[socket.socket] = [given[address.port]] * count
        else:
            probe(address.host, address.port, patience=PATIENCE_SECONDS)
            found = bind(address.host, address.port, count=count)
        for one, listening in zip(doors, found, strict=True):
            setattr(one, service, listening)
    owner = (identity.uid, identity.gid) if os.geteuid() == 0 else None
    inject = bind_unix(settings.run_directory / "inject", owner=owner)
    for one in doors:
        one.inject = inject
    return doors


def _tasks(live: LiveSettings, identity: Identity, roles: Collection[str], doors: list[Doors]) -> list[Task]:
    settings = live.current
    tasks: list[Task] = []
    if "mailboxes" in roles and settings.mailboxes.enabled:
        tasks.append(_mailboxes_task(settings, identity, doors))
    if "verifier" in roles and settings.mailboxes.enabled:
        tasks.append(Task("verifier", _without(doors, lambda ready: run_verifier(live, identity, ready))))
    if "smtp" in roles:
        for number, own in enumerate(doors):
            tasks.append(
                Task(
                    f"smtp-{number}",
                    _without(
                        [other for other in doors if other is not own],
                        partial(run_smtp, live, number, own),
                    ),
                )
            )
    if "worker" in roles:
        for number in range(settings.workers.delivery):
            tasks.append(
                Task(
                    f"worker-{number}",
                    _without(doors, partial(run_worker, live, number)),
                )
            )
    return tasks


def _without(doors: list[Doors], main: Callable[[Ready], int]) -> Callable[[Ready], int]:
    """`main` for a process that has no business with these sockets."""

    def run(ready: Ready) -> int:
        _close(doors)
        return main(ready)

    return run


def _close(doors: list[Doors]) -> None:
    for one in doors:
        for listening in (one.mx, one.submission, one.submissions):
            if listening is not None:
                listening.close()


def _mailboxes_task(settings: Settings, identity: Identity, doors: list[Doors]) -> Task:
    """Dovecot, started by a process that has become its user and waits to see it answer."""
    dovecot = Dovecot(dovecot_plan(settings, identity), program=settings.mailboxes.dovecot)
    lmtp = settings.run_directory / "lmtp"

    def main(ready: Ready) -> int:
        _close(doors)
        dovecot.prepare()  # also ends what an earlier Dovecot left running
        watcher = os.fork()
        if watcher == 0:
            # The child tells when Dovecot answers; this process becomes Dovecot, so that signals reach it.
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                if answers(lmtp):
                    ready()
                    os._exit(0)
                time.sleep(0.05)
            os._exit(1)
        sys.stdout.flush()
        os.chdir("/")
        os.execvpe(dovecot.argv()[0], dovecot.argv(), ENVIRONMENT)  # noqa: S606

    # Workers end what they are handing over first: a delivery cut off after it was stored would come twice.
    return Task("mailboxes", main, orphan_signal=signal.SIGTERM, last=True)


__all__ = ["CannotServe", "serve_hub"]
