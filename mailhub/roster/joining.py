"""`join plan`: the map of a domain that joins (old address → person and agency) is compared with the directory.

The file is read as staff lists are, and the plan is kept, applied and undone as theirs. What is new: each account keeps
its old address as another name, and lives on its old server until it is cut over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from mailhub.accounts.act import act
from mailhub.accounts.addresses import read_domain, read_home
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.models import Domain
from mailhub.accounts.people.identity import identifier_digest
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import find_agency, hidden_agencies, reachable
from mailhub.clock import local_time, now_ms
from mailhub.roster.entries import Given
from mailhub.roster.errors import NoTable
from mailhub.roster.headers import Field, words_of
from mailhub.roster.joining_rows import JoinRules, decide_joins
from mailhub.roster.keeping import JOIN, store_plan
from mailhub.roster.planning import Addresses, Plan, PlanRules, Source, kept_of
from mailhub.roster.present import take_snapshot
from mailhub.roster.table import Sheet, read_table
from mailhub.store.sealing import Sealer

# Labels of maps; staff lists have a column of addresses, and never two.
_ADDRESS = r".*\b(?:dia chi|e ?mail|thu|hop thu|tai khoan)\b"
_LABELS = (
    (Field.FORMER, re.compile(_ADDRESS + r".*\bcu\b.*|old\b.*|former\b.*")),
    (Field.ADDRESS, re.compile(_ADDRESS + r".*\bmoi\b.*|new\b.*")),
    (Field.KIND, re.compile(r"(?:loai|kieu) (?:hop thu|tai khoan|thu|dia chi)\b.*|kind|type")),
)  # fmt: skip
_LIKE_LABEL = re.compile(
    r"c(?:ũ|u\u0303|u)\b|m(?:ớ|o\S{1,2}|o)i\b|loại|kiểu|loai|kieu|old|new|former|kind|type", re.IGNORECASE
)
_LONGEST = 80  # letters of a label


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What joins: the old domain, and the server that its mailboxes are on ('' = as the domain says, if it is ours)."""

    domain: str
    home: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPlan:
    """What a map would do. `home` '' = the accounts live here at once; `adds` = the domain becomes ours when applied;
    `relays` = what the map does not list is passed on to the old server."""

    plan: Plan
    domain: str
    home: str
    adds: bool
    relays: bool


def make_join_plan(
    connection: Connection,
    actor: Actor,
    agency: str,
    source: Source,
    joining: Joining,
    *,
    settings: PlanRules,
    sealer: Sealer,
    at: int | None = None,
) -> JoinPlan:
    """Compare, and keep the plan under a code of its own.

    Raises:
        NoSuchAgency, NotAllowed, InvalidAddress. InvalidValue: the domain is not ours yet and no home is named, or it
        is the first one. NoTable: the file names no column of old addresses.
    """
    moment = now_ms() if at is None else at
    with act(connection, actor, at=moment) as acting:
        domain = read_domain(joining.domain)
        acting.check(Action.DOMAIN_JOIN, Subject(kind="domain", name=domain))
        base, hidden = find_agency(connection, agency), hidden_agencies(connection, actor)
        home, adds, relays = _place(connection, domain, joining.home)
        now = take_snapshot(connection, base, reachable(connection, base) - hidden, hidden, moment)
        given = Given(now.own_domains | {domain}, local_time(moment).date(), former_domain=domain)
        chosen = {**_labels(source.sheets), **source.columns}
        table = read_table(source.sheets, given, chosen)
        if not any(Field.FORMER.value in labels.values() for labels in table.columns.values()):
            raise NoTable("không tìm thấy cột địa chỉ cũ (và họ tên): chỉ rõ bằng --column 'TIÊU ĐỀ=former'")
        addresses = Addresses(connection, now, settings)
        addresses.reserve(entry.address for entry in table.entries if entry.address)
        rules = JoinRules(
            domain=domain,
            home=home or None,
            today=given.today,
            digest=lambda number: identifier_digest(sealer, number),
            address=addresses.next_for,
            office_address=addresses.next_for_office,
        )
        rows = tuple(decide_joins(table.entries, now, rules))
        plan = Plan(
            code="", agency=agency, source=source, rows=rows, table=table, live=0, limit=0, months={}, offices=()
        )
        kept = kept_of(plan, chosen)
        kept["options"] |= {"domain": domain, "home": home}
        code = store_plan(connection, actor, base, kept, rows, at=moment, kind=JOIN)
        counts = {str(one): count for one, count in plan.counts.items()}
        acting.after = {"import": code, "file": source.digest.hex(), "home": home, **counts}
        return JoinPlan(plan=replace(plan, code=code), domain=domain, home=home, adds=adds, relays=relays)


def _place(connection: Connection, domain: str, home: str) -> tuple[str, bool, bool]:
    """Where those who join live; whether the domain has to be added; whether the rest of it is passed on."""
    home = read_home(home)
    row = connection.execute(select(Domain.__table__).where(Domain.name == domain)).mappings().one_or_none()
    if row is None:
        if not home:
            raise InvalidValue(f"{domain} is not ours yet: name its server, --home smtp://HOST:PORT")
        return home, True, True
    if row["canonical"]:
        raise InvalidValue(f"{domain} is the first domain here: make another one canonical before it joins")
    return home or row["home"], False, row["relay"]


def _labels(sheets: Iterable[Sheet]) -> Mapping[str, Field]:
    """What the labels of a map mean that staff lists do not have."""
    found: dict[str, Field] = {}
    for sheet in sheets:
        for cell in filter(_may_be_label, (cell for row in sheet.rows for cell in row)):
            words = words_of(cell)
            field = next((one for one, shape in _LABELS if shape.fullmatch(words)), None)
            if field is not None:
                found.setdefault(words, field)
    return found


def _may_be_label(cell: str) -> bool:
    """A quick look: folding every cell of a map would take longer than all the rest."""
    return len(cell) <= _LONGEST and "@" not in cell and _LIKE_LABEL.search(cell) is not None
