"""/proposals: acts that wait for a second person; what exactly is agreed to is shown before the word is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from mailhub.accounts.control import proposals as service
from mailhub.accounts.control.errors import SamePerson
from mailhub.accounts.control.proposals import ProposalKind, ProposalRow
from mailhub.accounts.errors import AccountError, NotFound
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import SIGNED_IN, needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import counted
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.people.words import who
from mailhub.admin.screens.rule_proposals import BADGES, shown
from mailhub.i18n import Texts
from mailhub.roster.ends import Ending, endings_of
from mailhub.text.fingerprints import spaced

screens = Screens()
_DECIDES = needs(Action.PROPOSAL_DECIDE)
_MOST = 500


@screens.get("/proposals", _DECIDES)
def proposals(visit: Visit) -> Response:
    """Those that the visitor may decide or has made, the newest first."""
    t = visit.t

    def fetch(wanted: Wanted) -> Slice[ProposalRow]:
        waiting = wanted.get("state") == "waiting"
        with visit.reading() as (connection, actor):
            rows = service.list_proposals(connection, actor, waiting=waiting, limit=_MOST, at=visit.at)
        state, kind = wanted.get("state"), wanted.get("kind")
        rows = [row for row in rows if not state or row.stands(visit.at) == state]
        rows = [row for row in rows if not kind or row.kind == kind]
        if wanted.get("mine"):
            rows = [row for row in rows if row.proposer_id == actor.account_id]
        return counted(rows, wanted.after_number, wanted.limit)

    def stands(row: ProposalRow) -> Cell:
        state = row.stands(visit.at)
        return Cell(t(f"web.proposal.state.{state}"), badge=BADGES[state])

    columns = (
        Column[ProposalRow](
            "code", "web.request.code", lambda row: Cell(row.code, f"/proposals/{row.code}"), tight=True
        ),
        Column[ProposalRow]("kind", "web.request.kind", lambda row: Cell(t(f"web.proposal.kind.{row.kind}"))),
        Column[ProposalRow]("subject", "web.proposal.subject", lambda row: Cell(row.subject, note=row.reason)),
        Column[ProposalRow]("state", "web.account.state", stands),
        Column[ProposalRow](
            "by",
            "web.proposal.by",
            lambda row: Cell(when(row.proposed_at), at=row.proposed_at, note=who(t, row.proposed_by)),
            tight=True,
        ),
    )
    listing = Listing(
        name="de-xuat",
        columns=columns,
        fetch=fetch,
        filters=(
            Filter("state", "web.account.state", [(one, t(f"web.proposal.state.{one}")) for one in BADGES]),
            Filter("kind", "web.request.kind", [(one.value, t(f"web.proposal.kind.{one}")) for one in ProposalKind]),
            Filter("mine", "web.proposal.by", [("1", t("web.proposal.mine"))]),
        ),
        searches=False,
        empty="web.proposal.none",
    )
    return show(visit, listing, "proposals/list.html")


@screens.get("/proposals/{code}", SIGNED_IN)
def proposal(visit: Visit) -> Response:
    """One, to whoever made it or may decide it."""
    return show_one(visit)


def show_one(visit: Visit, *, status: int = 200) -> Response:
    """The proposal's page."""
    with visit.reading() as (connection, actor):
        row = service.show(connection, actor, visit.path["code"])
        ends: tuple[Sequence[Ending], int] = ((), 0)
        if row.kind is ProposalKind.MASS_END:
            ends = endings_of(connection, str(row.payload["import"]))
        about_rules = row.kind is ProposalKind.POLICY
        rules = shown(visit, connection, actor, row) if about_rules else {"trial": None, "deciders": ()}
        mine = actor.account_id is not None and actor.account_id == row.proposer_id
    values: dict[str, Any] = {"row": row, "state": row.stands(visit.at), "ends": ends[0], "count": ends[1]}
    values |= rules | {
        "facts": () if about_rules else facts(visit.t, row),
        "badge_kind": BADGES[row.stands(visit.at)],
        "mine": mine,
    }
    values |= {"who": lambda name: who(visit.t, name)}
    return visit.page("proposals/one.html", status=status, **values)


def facts(t: Texts, row: ProposalRow) -> list[tuple[str, str]]:
    """What exactly is agreed to: each fact with its name; one that nobody named keeps its key."""
    told = []
    for key, value in row.payload.items():
        if key == "subject" or value in (None, ""):
            continue
        ident = f"web.proposal.fact.{key}"
        told.append((t(ident) if ident in t.ids() else key, _words(t, key, value)))
    return told


def _words(t: Texts, key: str, value: object) -> str:
    if isinstance(value, bool):
        return t("web.yes" if value else "web.no")
    many = value if isinstance(value, list) else [value]
    # Two people compare fingerprints: in groups that can be read out.
    return "; ".join(spaced(str(one)) if key == "sha256" else str(one) for one in many)


@screens.post("/proposals/{code}/agree", _DECIDES)
def agree(visit: Visit) -> Response:
    """The second person's yes; whoever proposed it then does it."""
    return _decide(visit, agrees=True)


@screens.post("/proposals/{code}/refuse", _DECIDES)
def refuse(visit: Visit) -> Response:
    """The second person's no, with the reason."""
    return _decide(visit, agrees=False)


def _decide(visit: Visit, *, agrees: bool) -> Response:
    reason = visit.form.text("reason", required=not agrees, longest=1000)
    if not visit.form:
        return show_one(visit, status=422)
    code = visit.path["code"]
    try:
        with visit.writing() as (connection, actor):
            service.show(connection, actor, code)
            service.decide(connection, actor, code, agree=agrees, reason=reason, at=visit.at)
    except SamePerson:
        visit.form.mend("", "web.proposal.same-person")
        return show_one(visit, status=422)
    except NotFound:
        raise
    except AccountError as error:
        visit.form.mend("", "web.form.refused", detail=str(error))
        return show_one(visit, status=422)
    return visit.go(f"/proposals/{code}", "web.proposal.agreed" if agrees else "web.proposal.refused")
