"""What the doctor says about one thing that can be proved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from mailhub.accounts.rights import Actor
from mailhub.settings import Settings
from mailhub.store.database import Database


class Status(StrEnum):
    """From best to worst."""

    OK = "ok"
    LOOK = "look"  # works, but somebody should know
    BROKEN = "broken"  # mail suffers


# wording.md § 1
WORDS = {Status.OK: "Bình thường", Status.LOOK: "Cần kiểm tra", Status.BROKEN: "Sự cố"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check saw and what to do about it. `publish` are lines of a DNS zone, to copy as they are."""

    status: Status
    seen: str
    advice: str = ""
    publish: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its check's name and title, and how many milliseconds it took."""

    name: str
    title: str
    verdict: Verdict
    took_ms: int

    @property
    def status(self) -> Status:
        return self.verdict.status


@dataclass(frozen=True, slots=True)
class Ground:
    """What every check may use. The actor is who asked."""

    settings: Settings
    database: Database
    actor: Actor


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to prove. `run` may block and raise anything; `late` is what it means when it takes too long."""

    name: str
    title: str
    run: Callable[[Ground], Verdict]
    late: Status = Status.LOOK


def ok(seen: str) -> Verdict:
    return Verdict(Status.OK, seen)


def look(seen: str, advice: str = "", publish: Iterable[str] = ()) -> Verdict:
    return Verdict(Status.LOOK, seen, advice, tuple(publish))


def broken(seen: str, advice: str = "", publish: Iterable[str] = ()) -> Verdict:
    return Verdict(Status.BROKEN, seen, advice, tuple(publish))


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them; OK when there are none."""
    return max(statuses, key=list(Status).index, default=Status.OK)


def joined(verdicts: Iterable[Verdict]) -> Verdict:
    """Several verdicts as one: the worst status, every text once."""
    found = list(verdicts)

    def texts(values: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(value for value in values if value))

    return Verdict(
        worst(one.status for one in found),
        texts(one.seen for one in found),
        texts(one.advice for one in found),
        tuple(line for one in found for line in one.publish),
    )
