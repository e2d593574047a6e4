"""Staff lists: those that were planned, and one of them as counts that lead to its rows (reference/ux § 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.control.errors import NoSuchProposal
from mailhub.accounts.control.proposals import find as find_proposal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import counted, keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.organisation import list_words as words
from mailhub.admin.people.words import who
from mailhub.clock import HOUR, local_time
from mailhub.roster import applying
from mailhub.roster.deciding import RowAct
from mailhub.roster.keeping import (
    JOIN,
    ROSTER,
    ImportRow,
    ImportState,
    KeptRow,
    RowState,
    check_readable,
    count_lines,
    count_states,
    find_import,
    list_imports,
    rows_of,
    subject_of_import,
)
from mailhub.settings.sections.accounts import AccountsSection

screens = Screens()
_MOST_LISTED = 1_000
_OPEN = (RowState.FAILED, RowState.CONFLICT, RowState.DOUBT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A list as its page tells it: what may be done with it now, by whoever looks."""

    one: ImportRow
    lines: int
    acts: Mapping[RowAct, int]
    states: Mapping[RowState, int]
    second: bool  # a second person must agree
    proposal: str  # where their word stands: "", waiting, approved, …
    may_apply: bool
    undo_until: int | None

    @property
    def waits(self) -> int:
        """Rows that failed, changed meanwhile, or are in doubt."""
        return sum(self.states.get(state, 0) for state in _OPEN)

    @property
    def to_do(self) -> int:
        """Rows that the plan would carry out."""
        return sum(self.acts.get(act, 0) for act in applying.WRITING)


@screens.get("/rosters", needs(Action.ROSTER_PLAN))
def list_rosters(visit: Visit) -> Response:
    """The lists of one's agencies, the newest first."""

    def fetch(wanted: Wanted) -> Slice[ImportRow]:
        with visit.reading() as (connection, actor):
            kind = wanted.get("kind") or ROSTER
            found: Sequence[ImportRow] = list_imports(connection, actor, limit=_MOST_LISTED, kind=kind)
        if wanted.get("state"):
            found = [one for one in found if one.state.value == wanted.get("state")]
        if wanted.q:
            asked = wanted.q.casefold()
            found = [one for one in found if asked in f"{one.code} {one.file_name} {one.agency}".casefold()]
        return counted(found, wanted.after_number, wanted.limit)

    return show(visit, _imports(visit, fetch), "rosters/list.html")


@screens.get("/rosters/{code}", needs(Action.ROSTER_PLAN))
def show_roster(visit: Visit) -> Response:
    """One list: counts, limits, what comes next, and its rows."""
    with visit.reading() as (connection, actor):
        standing = standing_of(connection, actor, visit.path["code"], visit.site.settings.accounts, at=visit.at)
    one = standing.one

    def fetch(wanted: Wanted) -> Slice[KeptRow]:
        acts = [RowAct(wanted.get("act"))] if wanted.get("act") else []
        states = list(_OPEN) if wanted.get("state") == "open" else []
        states = states or ([RowState(wanted.get("state"))] if wanted.get("state") else [])
        with visit.reading() as (connection, _):
            rows = rows_of(
                connection, one.id, states=states, acts=acts, after=wanted.after_number, limit=wanted.limit + 1
            )
        return keyed(rows, wanted.limit, lambda row: row.number)

    listing = _rows(visit, one, fetch)
    return show(visit, listing, "rosters/one.html", standing=standing, one=one, warnings=warnings_of(visit, standing),
                signs=words.SIGNS, badges=words.STATE_BADGES, facts=_facts(visit, standing))  # fmt: skip


def standing_of(
    connection: Connection, actor: Actor, code: str, rules: AccountsSection, *, at: int, noted: str = ""
) -> Standing:
    """The list behind a code, to whoever may see it.

    Raises:
        NoSuchImport
    """
    one = find_import(connection, code)
    check_readable(connection, actor, one, noted=noted)
    counts = count_states(connection, one.id)
    acts: dict[RowAct, int] = {}
    states: dict[RowState, int] = {}
    for (act, state), number in counts.items():
        acts[act] = acts.get(act, 0) + number
        if act in applying.WRITING:
            states[state] = states.get(state, 0) + number
    undo_until = None if one.applied_at is None else one.applied_at + rules.undo_hours * HOUR
    return Standing(
        one=one,
        lines=count_lines(connection, one.id),
        acts=acts,
        states=states,
        second=one.kind == ROSTER and applying.needs_second_person(one, rules),
        proposal=_proposal(connection, one.proposal_code, at),
        may_apply=one.kind == ROSTER and may(actor, Action.ROSTER_APPLY, subject_of_import(connection, one)),
        undo_until=undo_until if undo_until is not None and at <= undo_until else None,
    )


def _proposal(connection: Connection, code: str | None, at: int) -> str:
    if not code:
        return ""
    try:
        return find_proposal(connection, code).stands(at)
    except NoSuchProposal:
        return ""


def warnings_of(visit: Visit, standing: Standing) -> list[tuple[str, str]]:
    """(words, where they lead): limits, doubts, offices that would have nobody, columns that nobody knows."""
    one, t = standing.one, visit.t
    summary, here = one.summary, f"/rosters/{one.code}"
    found = []
    ends, live = summary.get("end", 0), summary.get("live", 0)
    if ends:
        share, limit = words.percent(ends, live), summary.get("limit", 0)
        found.append((t("web.rosters.warn.ends", number=ends, share=share, limit=limit), f"{here}?act=end"))
    if summary.get("doubts"):
        found.append((t("web.rosters.warn.doubts", number=summary["doubts"]), f"{here}?state=doubt"))
    for address in summary.get("offices", ()):
        found.append((t("web.rosters.warn.office", address=address), f"/offices/{address}"))
    unknown = one.options.get("unknown", ())
    if unknown:
        leads = f"{here}/columns" if one.kind == ROSTER else ""
        found.append((t("web.rosters.warn.columns", columns=", ".join(map(str, unknown))), leads))
    return found


def _facts(visit: Visit, standing: Standing) -> list[tuple[str, str]]:
    one, t = standing.one, visit.t
    dated = str(one.options.get("dated", ""))
    facts = [
        ("file", t("web.rosters.file-lines", name=one.file_name, lines=standing.lines)),
        ("agency", one.agency),
        ("origin", str(one.options.get("origin", ""))),
        ("dated", "/".join(reversed(dated.split("-"))) if dated else ""),
        ("complete", t("web.yes" if one.options.get("complete") else "web.no")),
        ("planned", f"{who(t, one.planned_by)} · {local_time(one.planned_at):%d/%m/%Y %H:%M}"),
        ("sha256", one.file_digest.hex()),
    ]
    if one.applied_by and one.applied_at:
        facts.append(("applied", f"{who(t, one.applied_by)} · {local_time(one.applied_at):%d/%m/%Y %H:%M}"))
    if one.undone_at:
        facts.append(("undone", f"{local_time(one.undone_at):%d/%m/%Y %H:%M}"))
    months = one.summary.get("months") or {}
    if months:
        kept = " · ".join(t("web.rosters.months", months=key, number=months[key]) for key in sorted(months, key=int))
        facts.append(("months", kept))
    return [(t(f"web.rosters.fact.{key}"), value) for key, value in facts if value]


def _imports(visit: Visit, fetch: Callable[[Wanted], Slice[ImportRow]]) -> Listing[ImportRow]:
    t = visit.t
    states = [(one.value, t(f"web.rosters.state.{one.value}")) for one in ImportState]
    kinds = [(ROSTER, t("web.rosters.kind.roster")), (JOIN, t("web.rosters.kind.join"))]
    return Listing(
        name="danh-sach",
        columns=(
            Column("code", "web.rosters.code", lambda one: Cell(one.code, href=f"/rosters/{one.code}"), tight=True),
            Column("planned", "web.rosters.planned", lambda one: Cell(f"{local_time(one.planned_at):%d/%m/%Y %H:%M}"),
                   tight=True),
            Column("agency", "web.rosters.agency", lambda one: Cell(one.agency, href=f"/agencies/{one.agency}")),
            Column("file", "web.rosters.file",
                   lambda one: Cell(one.file_name, note=str(one.options.get("origin", "")))),
            Column("counts", "web.rosters.counts", lambda one: Cell(words.counts_words(one)), tight=True),
            Column("state", "web.rosters.state",
                   lambda one: Cell(t(f"web.rosters.state.{one.state.value}"), badge=words.STATE_BADGES[one.state])),
            Column("by", "web.rosters.by", lambda one: Cell(who(t, one.planned_by))),
        ),
        fetch=fetch,
        filters=(Filter("state", "web.rosters.state", states), Filter("kind", "web.rosters.kind", kinds)),
        search_hint="web.rosters.search",
        empty="web.rosters.empty",
    )  # fmt: skip


def _rows(visit: Visit, one: ImportRow, fetch: Callable[[Wanted], Slice[KeptRow]]) -> Listing[KeptRow]:
    t = visit.t
    acts = [(act.value, words.act_words(t, act)) for act in RowAct]
    states = [("open", t("web.rosters.row.open"))]
    states += [(state.value, t(f"web.rosters.row.{state.value}")) for state in RowState]
    return Listing(
        name=f"danh-sach-{one.code}",
        columns=(
            Column("line", "web.rosters.line", lambda row: words.line_cell(t, row), tight=True),
            Column("act", "web.rosters.act", lambda row: words.act_cell(t, row), tight=True),
            Column("person", "web.rosters.person", words.person_cell),
            Column("change", "web.rosters.change", lambda row: words.change_cell(t, row)),
            Column("state", "web.rosters.result", lambda row: words.state_cell(t, row), tight=True),
            Column("remark", "web.rosters.remark", lambda row: words.remark_cell(t, row)),
        ),
        fetch=fetch,
        filters=(Filter("act", "web.rosters.act", acts), Filter("state", "web.rosters.result", states)),
        searches=False,
        empty="web.rosters.no-rows",
    )
