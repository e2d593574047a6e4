"""Groups (nhóm thư): the list, and one with its members, rule, officers and what waits for a moderator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from starlette.responses import Response

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.models import GroupSenders
from mailhub.accounts.rights import Action, may
from mailhub.accounts.sharing.group_views import GroupLine, MemberLine, list_groups, show_group
from mailhub.accounts.sharing.officers import OWNER, subject_of_group
from mailhub.admin.frame.access import SIGNED_IN, needs, reaches_others
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, BulkAct, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.organisation.rule_words import rule_words
from mailhub.queue.moderation import WaitingForModerator, list_for_moderators

screens = Screens()


@screens.get("/groups", needs(Action.GROUP_MEMBER, Action.ACCOUNT_READ))
def show_groups(visit: Visit) -> Response:
    """Those of one's agencies, and those in which one has a say."""

    def fetch(wanted: Wanted) -> Slice[GroupLine]:
        with visit.reading() as (connection, actor):
            rows = list_groups(
                connection,
                actor,
                agency=wanted.get("agency"),
                ended=wanted.get("ended") == "1",
                text=wanted.q,
                after=wanted.after,
                limit=wanted.limit + 1,
                at=visit.at,
            )
        return keyed(rows, wanted.limit, lambda row: row.address)

    with visit.reading() as (connection, actor):
        try:
            waiting: Sequence[WaitingForModerator] = list_for_moderators(connection, actor, at=visit.at)
        except NotAllowed:
            waiting = ()
    may_add = visit.actor is not None and reaches_others(visit.actor, (Action.GROUP_ADD,))
    return show(visit, _groups(visit, fetch), "groups/list.html", may_add=may_add, waiting=waiting)


@screens.get("/groups/{address}", SIGNED_IN)
def show_one(visit: Visit) -> Response:
    """One group; its owner and moderators come here too, who may have no role at all."""
    address = visit.path["address"]
    with visit.reading() as (connection, actor):
        report = show_group(connection, actor, address, limit=0, at=visit.at)
        own = subject_of_group(connection, actor, report.group, [OWNER], at=visit.at)
        may_member = may(actor, Action.GROUP_MEMBER, own)
        may_change = may(actor, Action.GROUP_CHANGE, replace(own, account_id=None))
        try:
            waiting: Sequence[WaitingForModerator] = list_for_moderators(connection, actor, group=address, at=visit.at)
        except NotAllowed:
            waiting = ()
    group = report.group
    by_hand = group.rule is None and group.ended_at is None

    def fetch(wanted: Wanted) -> Slice[MemberLine]:
        with visit.reading() as (connection, actor):
            after, limit = wanted.after, wanted.limit + 1
            found = show_group(connection, actor, address, after=after, limit=limit, at=visit.at)
        return keyed(found.members, wanted.limit, lambda row: row.address)

    listing = _members(visit, group.address, fetch, removes=may_member and by_hand)
    return show(
        visit,
        listing,
        "groups/one.html",
        report=report,
        group=group,
        senders=visit.t(f"web.groups.senders.{group.senders}"),
        rule=rule_words(visit.t, group.rule or ""),
        officers=[one for one in report.officers if one.task != "owner"],
        owners=[one for one in report.officers if one.task == "owner"],
        waiting=waiting,
        may_change=may_change and group.ended_at is None,
        may_member=may_member and by_hand,
    )


def _groups(visit: Visit, fetch: Callable[[Wanted], Slice[GroupLine]]) -> Listing[GroupLine]:
    t = visit.t
    return Listing(
        name="nhom-thu",
        columns=(
            Column("address", "web.groups.address", lambda one: Cell(one.address, href=f"/groups/{one.address}",
                   note=one.name)),
            Column("agency", "web.rosters.agency", lambda one: Cell(one.agency, href=f"/agencies/{one.agency}")),
            Column("kind", "web.groups.made",
                   lambda one: Cell(t("web.groups.by-rule" if one.computed else "web.groups.by-hand"))),
            Column("senders", "web.groups.who-sends", lambda one: _senders(visit, one)),
            Column("owner", "web.groups.owner", lambda one: Cell(one.owner)),
            Column("state", "web.rosters.state", lambda one: Cell("") if one.ended_at is None
                   else Cell(t("web.groups.ended"), badge="off"), tight=True),
        ),
        fetch=fetch,
        filters=(
            Filter("agency", "web.rosters.agency", kind=AGENCY),
            Filter("ended", "web.groups.ended-too", [("1", t("web.yes"))]),
        ),
        search_hint="web.groups.search",
        empty="web.groups.none",
    )  # fmt: skip


def _senders(visit: Visit, one: GroupLine) -> Cell:
    words = visit.t(f"web.groups.senders.{GroupSenders(one.senders)}")
    return Cell(words, note=visit.t("web.groups.moderated") if one.moderated else "")


def _members(
    visit: Visit, address: str, fetch: Callable[[Wanted], Slice[MemberLine]], *, removes: bool
) -> Listing[MemberLine]:
    paths = {"mailbox": "/accounts/", "group": "/groups/", "elsewhere": ""}

    def cell(one: MemberLine) -> Cell:
        return Cell(one.address, href=f"{paths[one.kind]}{one.address}" if paths[one.kind] else "")

    bulk = [BulkAct(f"/groups/{address}/remove", "web.groups.remove.button", "person-x")] if removes else []
    return Listing(
        name="thanh-vien",
        columns=(
            Column("address", "web.groups.member", cell),
            Column("name", "web.groups.name", lambda one: Cell(one.name)),
            Column("kind", "web.groups.kind", lambda one: Cell(visit.t(f"web.groups.kind.{one.kind}")), tight=True),
        ),
        fetch=fetch,
        searches=False,
        empty="web.groups.no-members",
        row_key=(lambda one: one.address) if removes else None,
        bulk=bulk,
    )
