"""`roster plan`: a file is compared with an agency and everything below it; nothing but the plan is written."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

from sqlalchemy import Connection

from mailhub.accounts.act import act
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.life.retention import RetentionRules
from mailhub.accounts.models import Rank
from mailhub.accounts.people.identity import identifier_digest
from mailhub.accounts.people.naming import candidates, local_part, unit_part
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import (
    agency_path,
    agency_subject,
    find_agency,
    hidden_agencies,
    mail_domain,
    reachable,
    scope_of,
)
from mailhub.clock import local_time, now_ms
from mailhub.roster.deciding import PlannedRow, RowAct, Rules, decide
from mailhub.roster.entries import Given
from mailhub.roster.errors import NoTable
from mailhub.roster.headers import Field, words_of
from mailhub.roster.keeping import last_options, store_plan
from mailhub.roster.losses import lost_offices
from mailhub.roster.present import Snapshot, take_snapshot
from mailhub.roster.table import ReadTable, Sheet, read_table
from mailhub.store.sealing import Sealer


class RosterRules(Protocol):
    """`[accounts]`, as far as lists ask."""

    @property
    def naming(self) -> str: ...

    @property
    def unit_suffix(self) -> bool: ...

    @property
    def roster_limit_percent(self) -> int: ...

    @property
    def undo_hours(self) -> int: ...


class PlanRules(RosterRules, RetentionRules, Protocol):
    """The same with how long ended mailboxes are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that was read. `columns`: what people said that a label means; '' for the last import's word.

    `origin` says who made the list and `dated` of which day it is: kept for those who read the plan.
    """

    name: str
    digest: bytes
    sheets: Sequence[Sheet]
    columns: Mapping[str, Field] = field(default_factory=dict)
    complete: bool = False
    origin: str = ""
    dated: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a file would change. `ends_percent` of the `live` accounts there are now; `limit` is the setting."""

    code: str
    agency: str
    source: Source
    rows: tuple[PlannedRow, ...]
    table: ReadTable
    live: int
    limit: int
    months: Mapping[int, int]  # for how long how many ended mailboxes are kept
    offices: tuple[str, ...]  # role mailboxes that would lose their last holder

    @property
    def counts(self) -> Counter[RowAct]:
        return Counter(row.act for row in self.rows)

    @property
    def doubts(self) -> int:
        return sum(bool(row.doubt) for row in self.rows)

    @property
    def ends_percent(self) -> float:
        return 100 * self.counts[RowAct.END] / self.live if self.live else 0.0

    @property
    def above_limit(self) -> bool:
        """Whether a second person must agree."""
        return is_above(self.counts[RowAct.END], self.live, self.limit)


def is_above(ends: int, live: int, limit: int) -> bool:
    """Whether so many ends of so many accounts are more than `limit` percent; 0: any end is."""
    return ends > 0 and (limit == 0 or 100 * ends > limit * live)


def make_plan(
    connection: Connection,
    actor: Actor,
    agency: str,
    source: Source,
    *,
    settings: PlanRules,
    sealer: Sealer,
    at: int | None = None,
) -> Plan:
    """Compare, and keep the plan under a code of its own.

    Raises:
        NoSuchAgency, NotAllowed. NoTable: nothing in the file is a list of people. TooFewRows: it claims to be whole.
        NoSuchDomain: there is none to make addresses in.
    """
    moment = now_ms() if at is None else at
    with act(connection, actor, at=moment) as acting:
        base = find_agency(connection, agency)
        acting.check(Action.ROSTER_PLAN, agency_subject(connection, "agency", agency, base))
        now = _look(connection, actor, base, moment)
        chosen = last_options(connection, base) | dict(source.columns)
        today = local_time(moment).date()
        table = read_table(source.sheets, Given(now.own_domains, today), chosen)
        if not table.sheets:
            raise NoTable(
                "không tìm thấy dòng tiêu đề có cột họ tên: kiểm tra tệp, hoặc chỉ rõ bằng --column 'TIÊU ĐỀ=name'"
            )
        rules = Rules(
            today=today,
            complete=source.complete,
            movable=_movable(connection, actor),
            digest=lambda number: identifier_digest(sealer, number),
            address=Addresses(connection, now, settings).next_for,
        )
        rows = tuple(decide(table.entries, now, rules))
        live = sum(1 for one in now.people if one.is_live and one.agency_id in now.scope)
        plan = Plan(
            code="", agency=agency, source=source, rows=rows, table=table, live=live,
            limit=settings.roster_limit_percent, months=_months(rows, settings),
            offices=lost_offices(now, rows, lambda number: agency_path(connection, number)),
        )  # fmt: skip
        code = store_plan(connection, actor, base, kept_of(plan, chosen), rows, at=moment)
        acting.after = {"import": code, "file": source.digest.hex(), **{str(k): v for k, v in plan.counts.items()}}
        return replace(plan, code=code)


def _months(rows: Sequence[PlannedRow], settings: RetentionRules) -> Counter[int]:
    table = {Rank.STAFF: settings.retention_months_staff, Rank.HEAD: settings.retention_months_head}
    table[Rank.LEADER] = settings.retention_months_leader
    return Counter(table[row.rank] for row in rows if row.act is RowAct.END and row.rank is not None)


def _look(connection: Connection, actor: Actor, base: int, at: int) -> Snapshot:
    allowed = scope_of(connection, actor, Action.ROSTER_PLAN)
    scope = reachable(connection, base)
    if allowed.agencies is not None:
        scope &= allowed.agencies
    return take_snapshot(connection, base, scope, hidden_agencies(connection, actor), at)


def _movable(connection: Connection, actor: Actor) -> frozenset[int] | None:
    try:
        return scope_of(connection, actor, Action.ACCOUNT_MOVE).agencies
    except NotAllowed:
        return frozenset()


def kept_of(plan: Plan, chosen: Mapping[str, Field]) -> dict[str, Any]:
    """What the import's row keeps beside its rows."""
    options = {
        "complete": plan.source.complete,
        "columns": {label: one.value for label, one in chosen.items()},
        "read": {sheet: dict(labels) for sheet, labels in plan.table.columns.items()},
        "unknown": list(plan.table.unknown),
    }
    if plan.source.origin:
        options["origin"] = plan.source.origin
    if plan.source.dated is not None:
        options["dated"] = plan.source.dated.isoformat()
    summary: dict[str, Any] = {act.value: plan.counts[act] for act in RowAct}
    summary |= {
        "doubts": plan.doubts,
        "live": plan.live,
        "limit": plan.limit,
        "months": plan.months,
        "offices": list(plan.offices),
    }
    return {"name": plan.source.name, "digest": plan.source.digest, "options": options, "summary": summary}


class Addresses:
    """Gives out addresses by the province's rule, keeping what is taken in memory: thousands in one go."""

    def __init__(self, connection: Connection, now: Snapshot, settings: RosterRules) -> None:
        self._connection, self._settings = connection, settings
        self._taken = set(now.addresses)
        self._codes = {unit.id: unit.code for unit in now.units.by_id.values()}
        self._domains: dict[int, str] = {}
        self._offers: dict[tuple[str, str, str], Iterator[str]] = {}

    def next_for(self, name: str, agency_id: int) -> str:
        """The next free address for the name.

        Raises:
            InvalidValue: the name has no letters that an address could hold. NoSuchDomain.
        """
        domain = self._domain_of(agency_id)
        suffix = self._codes.get(agency_id, "") if self._settings.unit_suffix else ""
        key = (local_part(name, self._settings.naming), suffix, domain)
        if key not in self._offers:
            self._offers[key] = candidates(name, self._settings.naming, suffix)
        return self._take(self._offers[key], domain)

    def next_for_office(self, local: str, agency_id: int) -> str:
        """The address of an office that had `local` elsewhere: with its agency's code where that is taken.

        Raises:
            NoSuchDomain
        """
        code = unit_part(self._codes.get(agency_id, ""))
        stem = f"{local[:30]}.{code[:30]}" if code else local[:60]
        offers = itertools.chain((local, stem), (f"{stem}{number}" for number in itertools.count(2)))
        return self._take(offers, self._domain_of(agency_id))

    def reserve(self, addresses: Iterable[str]) -> None:
        """Keep these, which a file names itself, from being given to somebody else."""
        self._taken.update(addresses)

    def _domain_of(self, agency_id: int) -> str:
        if agency_id not in self._domains:
            self._domains[agency_id] = mail_domain(self._connection, agency_id)
        return self._domains[agency_id]

    def _take(self, locals_: Iterable[str], domain: str) -> str:
        address = next(offer for local in locals_ if (offer := f"{local}@{domain}") not in self._taken)
        self._taken.add(address)
        return address


def read_columns(given: Sequence[str]) -> dict[str, Field]:
    """What `LABEL=FIELD` says; labels are kept by their words.

    Raises:
        ValueError: no such field, or no `=`.
    """
    found: dict[str, Field] = {}
    for one in given:
        label, sign, name = one.rpartition("=")
        if not sign or not label.strip():
            raise ValueError(f"write LABEL=FIELD, not {one!r}")
        if name.strip() not in {field.value for field in Field}:
            raise ValueError(f"no field {name.strip()!r}; fields: {', '.join(sorted(Field))}")
        found[words_of(label)] = Field(name.strip())
    return found


__all__ = ["Plan", "Source", "is_above", "make_plan", "read_columns"]
