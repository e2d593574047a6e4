"""What one rule did lately, message by message, for those who may look into the timeline of others' mail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from mailhub.accounts import audit
from mailhub.accounts.models import Agency
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import scope_of
from mailhub.ids import time_of
from mailhub.screening.models import PolicyDecision

_FEW = 500
LOOKED_AT = 5_000  # of the newest decisions: rows have no index by rule
_table = PolicyDecision.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A message that the rule fitted. `at` ms; `stage` and `effect` as it was then; `exempted`: what spared it."""

    code: str
    at: int
    agency: str  # its code
    stage: str
    effect: str
    exempted: str
    recipients: int


def decided_lately(connection: Connection, actor: Actor, rule: str, *, limit: int = 20) -> Sequence[Decided]:
    """The newest messages that the rule fitted, among the last `LOOKED_AT` that were judged in the agencies whose mail
    the actor may trace. Looking is written down.

    Raises:
        NotAllowed
    """
    scope = scope_of(connection, actor, Action.TRACE_READ)
    audit.record(connection, actor, Action.TRACE_READ, Subject(kind="policy", name=rule[:80]))
    columns = (_table.c.message_id, _table.c.code, _table.c.outcome, Agency.code.label("agency"))
    query = select(*columns).outerjoin(Agency, Agency.id == _table.c.agency_id)
    if scope.agencies is not None:
        # Of many agencies the newest rows are walked through: their index would first gather all that they ever had.
        agency = _table.c.agency_id if len(scope.agencies) <= _FEW else func.coalesce(_table.c.agency_id, 0)
        query = query.where(agency.in_(scope.agencies))
    if scope.account_id is not None:
        query = query.where(_table.c.account_id == scope.account_id)
    found: list[Decided] = []
    for row in connection.execute(query.order_by(_table.c.message_id.desc()).limit(LOOKED_AT)):
        if f'"{rule}"' in row.outcome:
            found.extend(_lines(rule, row.code, time_of(row.message_id), row.agency or "", row.outcome))
        if len(found) >= limit:
            break
    return found[:limit]


def _lines(rule: str, code: str, at: int, agency: str, outcome: str) -> Iterator[Decided]:
    for one in json.loads(outcome).get("rules", ()):
        if one.get("rule") == rule:
            yield Decided(
                code=code, at=at, agency=agency, stage=str(one.get("stage", "")), effect=str(one.get("effect", "")),
                exempted=str(one.get("exempted", "")), recipients=int(one.get("recipients", 0)),
            )  # fmt: skip
