"""Who administers what, from when until when; roles are given and taken here; and the table of rights, read aloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.control.grants import GIVEN, GrantRow, grant_role, list_grants, take_role
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.login.rule import standing_of
from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach, Role
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import counted
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.organisation.acts import ActForm, Doing, Field, Run, carry_out, show_form
from mailhub.admin.organisation.days import end_of, first_day, last_day
from mailhub.text.folding import fold

screens = Screens()
_ROLES = [one.value for one in GIVEN]


@screens.get("/rights", needs(Action.RIGHT_READ))
def show_rights(visit: Visit) -> Response:
    """The roles given to accounts that one may see."""

    def fetch(wanted: Wanted) -> Slice[GrantRow]:
        with visit.reading() as (connection, actor):
            rows: Sequence[GrantRow] = list_grants(connection, actor, past=wanted.get("past") == "1", at=visit.at)
        if wanted.get("role"):
            rows = [row for row in rows if row.role == wanted.get("role")]
        words = fold(wanted.q).split()
        rows = [row for row in rows if all(one in fold(f"{row.name} {row.account} {row.agency}") for one in words)]
        return counted(rows, wanted.after_number, wanted.limit)

    may_give = visit.actor is not None and reaches_others(visit.actor, (Action.RIGHT_GRANT,))
    return show(visit, _listing(visit, fetch, may_take=may_give), "rights/list.html", may_give=may_give)


@screens.get("/rights/give", needs(Action.RIGHT_GRANT))
def ask_give(visit: Visit) -> Response:
    """The form of giving a role."""
    return show_form(visit, _page(visit, "give"))


@screens.post("/rights/give", needs(Action.RIGHT_GRANT))
def give(visit: Visit) -> Response:
    """Give it."""

    def read(form: Form) -> Run[GrantRow]:
        address, agency, reason = form.text("account", longest=320), form.text("agency", longest=64), _reason(form)
        role, until = form.choice("role", _ROLES), end_of(form.day("until"))

        def run(connection: Connection, actor: Actor) -> GrantRow:
            grant_role(
                connection, actor, address, Role(role), agency=agency, reason=reason, until_at=until, at=visit.at
            )
            box = find_mailbox(connection, address)
            return GrantRow(
                account=box.address, name=box.name, role=role, agency=agency, from_at=visit.at, until_at=until
            )

        return run

    def foresee(connection: Connection, _: Actor, row: GrantRow) -> Sequence[str]:
        told = [visit.t("web.rights.give.follows", **_told(visit, row)), *_may_then(visit, Role(row.role))]
        return [*told, *_lacks_factor(visit, connection, row)]

    return carry_out(visit, _page(visit, "give"), Doing(read=read, foresee=foresee, done=_done(visit, "give")))


@screens.get("/rights/take", needs(Action.RIGHT_TAKE))
def ask_take(visit: Visit) -> Response:
    """The form of taking one back, filled in by the list's link."""
    return show_form(visit, _page(visit, "take"))


@screens.post("/rights/take", needs(Action.RIGHT_TAKE))
def take(visit: Visit) -> Response:
    """Take it, at once."""

    def read(form: Form) -> Run[GrantRow]:
        address, agency, reason = form.text("account", longest=320), form.text("agency", longest=64), _reason(form)
        role = form.choice("role", _ROLES)

        def run(connection: Connection, actor: Actor) -> GrantRow:
            take_role(connection, actor, address, Role(role), agency=agency, reason=reason, at=visit.at)
            box = find_mailbox(connection, address)
            return GrantRow(account=box.address, name=box.name, role=role, agency=agency, from_at=0, until_at=None)

        return run

    def foresee(_: Connection, __: Actor, row: GrantRow) -> Sequence[str]:
        return [visit.t("web.rights.take.follows", **_told(visit, row))]

    return carry_out(visit, _page(visit, "take"), Doing(read=read, foresee=foresee, done=_done(visit, "take")))


@screens.get("/rights/table", needs(Action.RIGHT_READ))
def show_table(visit: Visit) -> Response:
    """What each role may do, and how far: the table that the services ask (accounts/rights.py), in words."""
    own = RIGHTS[Role.OFFICIAL]
    roles = []
    for role in (*GIVEN, Role.OFFICIAL):
        by_reach: dict[Reach, list[str]] = {}
        for action, reach in RIGHTS[role].items():
            if role is Role.OFFICIAL or own.get(action) is not reach:
                by_reach.setdefault(reach, []).append(visit.t(f"web.rights.action.{action.value}"))
        roles.append((role.value, [(reach.value, by_reach[reach]) for reach in Reach if reach in by_reach]))
    return visit.page("rights/table.html", roles=roles)


def _page(visit: Visit, act: str) -> ActForm:
    t, query = visit.t, visit.query
    roles = [(one, t(f"web.rights.role.{one}")) for one in _ROLES]
    chosen = query.get("role", "")
    fields = [
        Field("account", "web.rights.account", value=query.get("account", "")[:320], required=True),
        Field("role", "web.rights.role", kind="select", options=roles, value=chosen if chosen in _ROLES else ""),
        Field("agency", "web.rosters.agency", value=query.get("agency", "")[:64], help="web.rights.agency-help"),
    ]
    if act == "give":
        fields.append(Field("until", "web.rights.until", kind="date", help="web.rights.until-help"))
    fields.append(Field("reason", "web.organisation.reason", kind="area", required=True))
    return ActForm(
        title=t(f"web.rights.{act}.title"),
        path=f"/rights/{act}",
        back="/rights",
        button=t(f"web.rights.{act}.button"),
        fields=fields,
        about=[t(f"web.rights.{act}.about")],
        danger=act == "take",
        crumbs=((t("web.menu.accounts.rights"), "/rights"),),
    )


def _reason(form: Form) -> str:
    return form.text("reason", required=True)


def _told(visit: Visit, row: GrantRow) -> dict[str, object]:
    until = last_day(row.until_at)
    return {
        "name": row.name,
        "account": row.account,
        "role": visit.t(f"web.rights.role.{row.role}"),
        "agency": row.agency or visit.t("web.rights.province"),
        "until": visit.t("web.rights.until-day", day=until) if until else visit.t("web.rights.no-end"),
    }


def _may_then(visit: Visit, role: Role) -> list[str]:
    """What the role allows beyond what everybody may, in one sentence; all of it is in the table."""
    own = RIGHTS[Role.OFFICIAL]
    more = [action for action, reach in RIGHTS[role].items() if own.get(action) is not reach]
    first = ", ".join(visit.t(f"web.rights.action.{action.value}") for action in more[:8])
    return [visit.t("web.rights.give.allows", actions=first, more=max(0, len(more) - 8))]


def _lacks_factor(visit: Visit, connection: Connection, row: GrantRow) -> list[str]:
    """A role may ask for a second factor that the account has not set up yet."""
    passwords = visit.site.settings.passwords
    if row.role not in passwords.second_factor_roles:
        return []
    box = find_mailbox(connection, row.account)
    standing = standing_of(connection, box.id, None, passwords, at=visit.at)
    return [] if standing.has_factor else [visit.t("web.rights.give.no-factor")]


def _done(visit: Visit, act: str) -> Callable[[GrantRow], tuple[str, str, dict[str, object]]]:
    return lambda row: ("/rights", f"web.rights.{act}.done", _told(visit, row))


def _listing(visit: Visit, fetch: Callable[[Wanted], Slice[GrantRow]], *, may_take: bool) -> Listing[GrantRow]:
    t = visit.t
    roles = [(one, t(f"web.rights.role.{one}")) for one in _ROLES]

    def over(row: GrantRow) -> bool:
        return row.until_at is not None and row.until_at <= visit.at

    def act(row: GrantRow) -> Cell:
        href = f"/rights/take?account={row.account}&role={row.role}&agency={row.agency}"
        return Cell("") if over(row) else Cell(t("web.rights.take.button"), href=href, value="")

    columns = [
        Column[GrantRow]("account", "web.rights.account",
               lambda row: Cell(row.name, href=f"/accounts/{row.account}", note=row.account)),
        Column[GrantRow]("role", "web.rights.role", lambda row: Cell(t(f"web.rights.role.{row.role}"))),
        Column[GrantRow]("agency", "web.rosters.agency", lambda row: Cell(row.agency or t("web.rights.province"),
               href=f"/agencies/{row.agency}" if row.agency else "")),
        Column[GrantRow]("from", "web.rights.from", lambda row: Cell(first_day(row.from_at)), tight=True),
        Column[GrantRow]("until", "web.rights.until", lambda row: Cell(last_day(row.until_at) or t("web.rights.no-end"),
               badge="off" if over(row) else ""), tight=True),
    ]  # fmt: skip
    if may_take:
        columns.append(Column("act", "web.organisation.do", act, tight=True))
    return Listing(
        name="quyen-quan-tri",
        columns=columns,
        fetch=fetch,
        filters=(Filter("role", "web.rights.role", roles), Filter("past", "web.rights.past", [("1", t("web.yes"))])),
        search_hint="web.rights.search",
        empty="web.rights.none",
    )
