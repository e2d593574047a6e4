"""The doctor's findings, kept: pages show the state of the system with the time of its last proof."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from mailhub.accounts import audit
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, Subject, may
from mailhub.clock import DAY
from mailhub.ids import new_id
from mailhub.ops.findings import Finding, Status, Verdict
from mailhub.ops.models import DoctorRun

KEPT = 7 * DAY
_ORDER = list(Status)


@dataclass(frozen=True, slots=True)
class Run:
    """One examination. `at` in ms; `actor` is who asked for it."""

    at: int
    actor: str
    status: Status
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[Status, int]:
        """How many findings have each status."""
        return {status: sum(one.status is status for one in self.findings) for status in Status}


def keep_run(connection: Connection, actor: Actor, findings: Iterable[Finding], *, at: int) -> Run:
    """Keep what was found, and forget what is older than a week.

    Raises:
        NotAllowed
    """
    found = tuple(findings)
    _check(actor)
    worst = max((one.status for one in found), key=_ORDER.index, default=Status.OK)
    row = {"id": new_id(), "at": at, "actor": actor.name[:320], "status": worst.value}
    connection.execute(insert(DoctorRun).values(**row, findings=json.dumps([_written(one) for one in found])))
    connection.execute(delete(DoctorRun).where(DoctorRun.at < at - KEPT))
    return Run(at, actor.name, worst, found)


def last_run(connection: Connection, actor: Actor) -> Run | None:
    """The newest examination; None when there was none yet.

    Raises:
        NotAllowed
    """
    _check(actor)
    row = connection.execute(select(DoctorRun.__table__).order_by(DoctorRun.at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Run(row.at, row.actor, Status(row.status), tuple(_read(one) for one in json.loads(row.findings)))


def note_reading(connection: Connection, actor: Actor, what: str) -> None:
    """Write down that somebody looked at the system's state, keys or settings.

    Raises:
        NotAllowed
    """
    _check(actor)
    audit.record(connection, actor, Action.DOCTOR_READ, _subject(what))


def _check(actor: Actor) -> None:
    if not may(actor, Action.DOCTOR_READ, _subject("doctor")):
        raise refusal(actor, Action.DOCTOR_READ)


def _subject(what: str) -> Subject:
    return Subject(kind="hub", name=what)


def _written(finding: Finding) -> dict[str, object]:
    verdict = finding.verdict
    told = {"status": verdict.status.value, "seen": verdict.seen, "advice": verdict.advice}
    return {"name": finding.name, "title": finding.title, "took": finding.took_ms, "publish": verdict.publish, **told}


def _read(kept: dict[str, object]) -> Finding:
    publish = kept["publish"]
    assert isinstance(publish, list)
    verdict = Verdict(Status(str(kept["status"])), str(kept["seen"]), str(kept["advice"]), tuple(map(str, publish)))
    return Finding(str(kept["name"]), str(kept["title"]), verdict, int(str(kept["took"])))
