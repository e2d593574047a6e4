"""Proves what can be proved about a hub, in words that name what to do.

Every check runs in a thread of its own and is given a few seconds: a disk that hangs or a name server that is
silent makes its own line say so, and no other wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.dns.resolver import preload
from mailhub.ops.checks.accounts import account_checks
from mailhub.ops.checks.keys import key_checks
from mailhub.ops.checks.machine import installed_versions, machine_checks
from mailhub.ops.checks.mail import mail_checks
from mailhub.ops.checks.names import name_checks
from mailhub.ops.checks.queue import queue_checks
from mailhub.ops.checks.rules import rule_checks
from mailhub.ops.checks.sandbox import sandbox_checks
from mailhub.ops.checks.server import server_checks
from mailhub.ops.checks.signer import signer_checks
from mailhub.ops.checks.storage import BUSY_SECONDS, head_revision, storage_checks
from mailhub.ops.checks.trust import trust_checks
from mailhub.ops.findings import Check, Finding, Ground, Status, Verdict, broken, ok
from mailhub.settings import SETTINGS_FILE, Settings, SettingsError, load
from mailhub.store.database import open_database

CHECK_SECONDS = 10.0
_GROUPS = (
    server_checks,
    sandbox_checks,
    key_checks,
    storage_checks,
    queue_checks,
    account_checks,
    rule_checks,
    trust_checks,
    signer_checks,
    machine_checks,
    name_checks,
)
SETTINGS_CHECK = ("settings", "Cấu hình")


def prepare() -> None:
    """Read what lies with the program, before root steps down to a user that may not."""
    preload()
    head_revision()
    installed_versions()


def read_settings(directory: Path) -> Settings | Finding:
    """The hub's settings, or the finding that there are none to work with."""
    started = time.monotonic()
    try:
        return load(directory / SETTINGS_FILE)
    except SettingsError as error:
        verdict = broken("; ".join(error.lines()), "sửa mailhub.toml, hoặc chỉ đúng thư mục: mailhub --dir DIR doctor")
        return Finding(*SETTINGS_CHECK, verdict, _since(started))


def examine(settings: Settings, actor: Actor, *, mail: bool = True) -> Iterator[Finding]:
    """All findings, in a fixed order, each as soon as it and those before it are there.

    With `mail` a message is sent to the doctor's own mailbox, which is made when it is missing.

    Raises:
        NotAllowed
    """
    if not may(actor, Action.DOCTOR_READ, Subject(kind="hub", name=settings.hub.domain)):
        raise refusal(actor, Action.DOCTOR_READ)
    yield Finding(*SETTINGS_CHECK, ok(f"{settings.directory / SETTINGS_FILE} đúng"), 0)
    database = open_database(settings.database_url, busy_seconds=BUSY_SECONDS)
    ground = Ground(settings, database, actor)
    groups = (*_GROUPS, mail_checks) if mail else _GROUPS
    checks = [check for group in groups for check in group(ground)]
    yield from run_checks(checks, ground)
    database.close()


def run_checks(checks: Sequence[Check], ground: Ground, *, seconds: float = CHECK_SECONDS) -> Iterator[Finding]:
    """Run all at once; a check that takes longer than `seconds` is left to itself."""
    running = [_Running(check, ground) for check in checks]
    deadline = time.monotonic() + seconds
    for one in running:
        one.thread.join(max(0.0, deadline - time.monotonic()))
        yield one.finding(seconds)


class _Running:
    """One check in its thread. A daemon: what hangs must not keep the command from ending."""

    def __init__(self, check: Check, ground: Ground) -> None:
        self._check = check
        self._ground = ground
        self._verdict: Verdict | None = None
        self._started = time.monotonic()
        self._took_ms = 0
        self.thread = threading.Thread(target=self._run, name=check.name, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            verdict = self._check.run(self._ground)
        except Exception as error:  # a fault of the check's own must not hide the others
            verdict = broken(f"không kiểm tra được: {type(error).__name__}: {error}", "báo cho nhóm phát triển")
        self._took_ms = _since(self._started)
        self._verdict = verdict

    def finding(self, seconds: float) -> Finding:
        if self._verdict is None:
            advice = "máy tải nặng, đĩa hoặc mạng không trả lời: chạy lại, xem nhật ký của máy"
            verdict = Verdict(self._check.late, f"chưa xong sau {seconds:g} giây", advice)
            return Finding(self._check.name, self._check.title, verdict, int(seconds * 1000))
        return Finding(self._check.name, self._check.title, self._verdict, self._took_ms)


def is_broken(findings: Sequence[Finding]) -> bool:
    """Whether any of them says that mail suffers."""
    return any(finding.status is Status.BROKEN for finding in findings)


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
