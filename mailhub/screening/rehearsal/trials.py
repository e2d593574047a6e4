"""Rules that somebody tries out on a page: the text, and what came of it (`proposing.py`: the way into force).

A trial is its maker's alone: what it says of agencies is what that person's rights show. Old ones go when a new one
is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import scope_of
from mailhub.clock import DAY, now_ms
from mailhub.ids import new_id
from mailhub.screening.models import PolicyTrial
from mailhub.screening.rehearsal.errors import NoSuchTrial
from mailhub.screening.rehearsal.tallying import AgencyLine, Changes, Counts, Rehearsal, RuleLine, Sample
from mailhub.screening.rules import versions

KEPT = 30 * DAY
_table = PolicyTrial.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One of them. `version` is that which was in force when it was made; `result` None until it is judged;
    `activated` the version that it became, 0 for none."""

    id: int
    made_at: int
    version: int
    days: int
    about: Mapping[str, str]
    text: str
    result: Rehearsal | None
    activated: int


def keep_trial(
    connection: Connection, actor: Actor, text: str, about: Mapping[str, str], *, days: int, at: int | None = None
) -> Trial:
    """Begin a trial of these rules; gives it with its number.

    Raises:
        NotAllowed. BookErrors: nothing can be tried with this text.
    """
    owner = _owner(connection, actor)
    versions.read_all(text, about.get("file") or "policy.toml")
    moment = now_ms() if at is None else at
    now = versions.in_force(connection)
    connection.execute(delete(PolicyTrial).where(_table.c.made_at < moment - KEPT))
    number = new_id()
    row = {"id": number, "made_at": moment, "version": 0 if now is None else now.number, "days": days, "text": text}
    told = json.dumps({key: value[:120] for key, value in about.items()}, ensure_ascii=False)
    connection.execute(insert(PolicyTrial).values(**row, account_id=owner, about=told))
    return find_trial(connection, actor, number)


def find_trial(connection: Connection, actor: Actor, number: int) -> Trial:
    """One's own trial with this number.

    Raises:
        NotAllowed, NoSuchTrial
    """
    owner = _owner(connection, actor)
    query = select(_table).where(_table.c.id == number, _table.c.account_id == owner)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NoSuchTrial(f"there is no trial {number} of yours")
    return _trial(row)


def list_trials(connection: Connection, actor: Actor, *, limit: int = 10) -> Sequence[Trial]:
    """One's own, the newest first.

    Raises:
        NotAllowed
    """
    query = select(_table).where(_table.c.account_id == _owner(connection, actor)).order_by(_table.c.id.desc())
    return [_trial(row) for row in connection.execute(query.limit(limit)).mappings()]


def trial_of(connection: Connection, number: int | None) -> Trial | None:
    """Anybody's, for whoever may see what it was proposed for; None when it is no longer kept."""
    row = connection.execute(select(_table).where(_table.c.id == number)).mappings().one_or_none()
    return None if row is None else _trial(row)


def note_result(connection: Connection, number: int, result: Rehearsal) -> None:
    """What came of it, from whoever judged it for its maker."""
    told = json.dumps(asdict(result), ensure_ascii=False)
    connection.execute(update(PolicyTrial).where(_table.c.id == number).values(result=told))


def note_activated(connection: Connection, number: int, version: int) -> None:
    """Which version it became."""
    connection.execute(update(PolicyTrial).where(_table.c.id == number).values(activated=version))


def _owner(connection: Connection, actor: Actor) -> int:
    scope_of(connection, actor, Action.USE_READ)  # figures by agency are what a rehearsal shows
    if actor.account_id is None:
        raise refusal(actor, Action.USE_READ, "policy")
    return actor.account_id


def _trial(row: Mapping[Any, Any]) -> Trial:
    values = {key: row[key] for key in ("id", "made_at", "version", "days", "text", "activated")}
    result = _rehearsal(json.loads(row["result"])) if row["result"] else None
    return Trial(**values, about=json.loads(row["about"]), result=result)


def _rehearsal(told: dict[str, Any]) -> Rehearsal:
    rules = tuple(RuleLine(**{**one, **_numbers(one)}) for one in told["rules"])
    agencies = tuple(AgencyLine(**{**one, **_numbers(one)}) for one in told["agencies"])
    samples = tuple(Sample(**one) for one in told["samples"])
    return Rehearsal(**{**told, **_numbers(told), "rules": rules, "agencies": agencies, "samples": samples})


def _numbers(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "after": Counts(**told["after"]), "before": Counts(**told["before"]), "changes": Changes(**told["changes"]),
    }  # fmt: skip
