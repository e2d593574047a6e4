"""/accounts: people and boxes as a list; what is done to many of them, shown before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts import mailboxes
from mailhub.accounts.errors import AccountError
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.login.app_passwords import revoke_app_passwords
from mailhub.accounts.models import MailboxState
from mailhub.accounts.reading import AccountLine, Only, Order, count_accounts, list_accounts
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.web.listing import end_all
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.agencies import MOST_SUGGESTED, fitting
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, BulkAct, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.people.standing import quota_words
from mailhub.admin.people.words import BADGES, kinds, state_words, states
from mailhub.ids import read_id

screens = Screens()
MOST_AT_ONCE = 500


@screens.get("/accounts", needs(Action.ACCOUNT_READ))
def accounts(visit: Visit) -> Response:
    """The list."""
    return show(visit, listing_of(visit), "accounts/list.html")


def listing_of(visit: Visit) -> Listing[AccountLine]:
    """People and boxes that the visitor may see."""
    t = visit.t

    def fetch(wanted: Wanted) -> Slice[AccountLine]:
        asked: dict[str, str] = {key: wanted.get(key) for key in ("agency", "state", "kind")}
        only = [Only(wanted.get("only"))] if wanted.get("only") else []
        order, falling = Order(wanted.sort.removeprefix("-") or Order.ADDRESS), wanted.sort.startswith("-")
        with visit.reading() as (connection, actor):
            rows = list_accounts(
                connection, actor, after=wanted.after, limit=wanted.limit + 1, only=only, text=wanted.q,
                order=order, falling=falling, **asked,
            )  # fmt: skip
            total = count_accounts(connection, actor, only=only, text=wanted.q, **asked)
        page = rows[: wanted.limit]
        return Slice(page, page[-1].address if len(rows) > wanted.limit else "", total)

    held = visit.actor is not None and reaches_others(visit.actor, [Action.ACCOUNT_HOLD])
    shown = [one for one in Only if one is not Only.HELD or held]
    return Listing(
        name="tai-khoan",
        columns=_columns(visit),
        fetch=fetch,
        filters=(
            Filter("agency", "web.account.agency", kind=AGENCY),
            Filter("state", "web.account.state", states(t)),
            Filter("kind", "web.account.kind", kinds(t)),
            Filter("only", "web.account.only", [(one.value, t(f"web.account.only.{one}")) for one in shown]),
        ),
        search_hint="web.account.search",
        row_key=lambda line: line.address,
        bulk=[BulkAct(f"/accounts-many/{one.key}", f"web.many.{one.key}", one.icon) for one in _bulk_for(visit)],
        default_sort=Order.ADDRESS.value,
    )


def _columns(visit: Visit) -> Sequence[Column[AccountLine]]:
    t = visit.t

    def state(line: AccountLine) -> Cell:
        causes = [t(f"web.account.closed.{one}") for one in line.login_closed.split(",") if one]
        if not line.may_send and line.state in (MailboxState.APPROVED, MailboxState.ACTIVE):
            causes.append(t("web.account.closed.sending"))
        if line.ends_on and line.state in (MailboxState.APPROVED, MailboxState.ACTIVE, MailboxState.SUSPENDED):
            year, month, day = line.ends_on.split("-")
            causes.append(t("web.account.ends-on-day", day=f"{day}/{month}/{year}"))
        return Cell(state_words(t, line.state), badge=BADGES[line.state], note="; ".join(causes))

    return (
        Column("address", "web.account.address", lambda line: Cell(line.address, f"/accounts/{line.address}"), True),
        Column("name", "web.account.name", lambda line: Cell(line.name, note=line.title), True),
        Column("agency", "web.account.agency",
               lambda line: Cell(line.agency_name, f"/agencies/{line.agency}", note=line.agency)),
        Column("state", "web.account.state", state, tight=True),
        Column("kind", "web.account.kind", lambda line: Cell(t(f"web.account.kind-short.{line.kind}")), tight=True),
        Column("last-login", "web.account.last-login",
               lambda line: Cell(when(line.last_login_at) or "–", at=line.last_login_at), sort=True, tight=True),
        Column("quota", "web.account.quota", lambda line: Cell(quota_words(t, line.quota_mib)), tight=True),
    )  # fmt: skip


@screens.get(
    "/accounts-agencies", needs(Action.ACCOUNT_READ, Action.REQUEST_MAKE, Action.DOCUMENT_READ, Action.REPORT_READ)
)
def agencies(visit: Visit) -> Response:
    """Options for a field that wants an agency's code: by words of its name or code, marks or not."""
    found = fitting(visit, visit.query.get(visit.query.get("field", "agency"), ""))
    return visit.page("accounts/agencies_part.html", agencies=found[:MOST_SUGGESTED])


@dataclass(frozen=True, slots=True)
class ManyAct:
    """Something done to each of the ticked accounts, all in one transaction. Texts: `web.many.KEY`, `….what`."""

    key: str
    action: Action
    icon: str
    fits: Callable[[MailboxRow], bool]
    run: Callable[[Connection, Actor, MailboxRow, str, int, int], object]  # … reason, expect, at


def _suspend(connection: Connection, actor: Actor, box: MailboxRow, reason: str, expect: int, at: int) -> object:
    return mailboxes.suspend_account(connection, actor, box.address, reason=reason, expect=expect, at=at)


def _restore(connection: Connection, actor: Actor, box: MailboxRow, reason: str, expect: int, at: int) -> object:
    return mailboxes.restore_account(connection, actor, box.address, reason=reason, expect=expect, at=at)


def _revoke(connection: Connection, actor: Actor, box: MailboxRow, reason: str, _: int, at: int) -> object:
    return revoke_app_passwords(connection, actor, box.address, None, reason=reason, at=at)


def _end_sessions(connection: Connection, actor: Actor, box: MailboxRow, reason: str, _: int, at: int) -> object:
    return end_all(connection, actor, box.address, at=at, reason=reason)


_OPEN = (MailboxState.APPROVED, MailboxState.ACTIVE)
MANY = (
    ManyAct("suspend", Action.ACCOUNT_SUSPEND, "lock", lambda box: box.state in _OPEN, _suspend),
    ManyAct("restore", Action.ACCOUNT_RESTORE, "arrow-counterclockwise",
            lambda box: box.state is MailboxState.SUSPENDED, _restore),
    ManyAct("app-password-revoke", Action.APP_PASSWORD, "laptop", lambda box: box.state in _OPEN, _revoke),
    ManyAct("sessions-end", Action.WEB_SESSION, "box-arrow-right", lambda box: box.state in _OPEN, _end_sessions),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bulk:
    key: str
    icon: str
    action: Action


def _bulk_for(visit: Visit) -> list[_Bulk]:
    offered = [_Bulk(key=one.key, icon=one.icon, action=one.action) for one in MANY]
    offered.insert(0, _Bulk(key="slips", icon="printer", action=Action.ACCOUNT_SLIP))
    actor = visit.actor
    return [one for one in offered if actor is not None and reaches_others(actor, [one.action])]


@dataclass(frozen=True, slots=True)
class Ticked:
    """One of the ticked accounts, and whether the act fits it: `why` is the id of the words that say why not."""

    box: MailboxRow
    why: str = ""


def read_ticked(
    connection: Connection, actor: Actor, addresses: Sequence[str], action: Action, fits: Callable[[MailboxRow], bool]
) -> list[Ticked]:
    """The accounts as they are; whom the actor may not even see is left out as if it were not there."""
    found = []
    for address in dict.fromkeys(addresses):
        try:
            box = find_mailbox(connection, address)
        except AccountError:
            continue
        subject = subject_of(connection, box)
        if not may(actor, Action.ACCOUNT_READ, subject):
            continue
        why = "" if fits(box) else "web.many.state"
        found.append(Ticked(box, why if may(actor, action, subject) else "web.many.no-right"))
    return found


def show_many(visit: Visit, act: ManyAct, *, status: int = 200) -> Response:
    """POST x=…: whom it would be done to, and to whom it would not; nothing is done yet."""
    addresses = visit.form.several("x")[: MOST_AT_ONCE + 1]
    if not addresses or len(addresses) > MOST_AT_ONCE:
        return visit.go("/accounts", "web.many.number", most=MOST_AT_ONCE)
    with visit.reading() as (connection, actor):
        ticked = read_ticked(connection, actor, addresses, act.action, act.fits)
    return visit.page("accounts/many.html", status=status, act=act, ticked=ticked)


def do_many(visit: Visit, act: ManyAct) -> Response:
    """The second POST, with the reason: done to every one in one transaction, or to none."""
    form = visit.form
    reason = form.text("reason", required=True, longest=1000)
    if not form:
        return show_many(visit, act, status=422)
    seen: Mapping[str, int] = dict(_revisions(form.several("seen")))
    done, at = 0, visit.at
    try:
        with visit.writing() as (connection, actor):
            for one in read_ticked(connection, actor, form.several("x")[:MOST_AT_ONCE], act.action, act.fits):
                if not one.why:
                    act.run(connection, actor, one.box, reason, seen.get(one.box.address, -1), at)
                    done += 1
    except AccountError as error:
        form.mend("", "web.many.refused", detail=str(error))
        return show_many(visit, act, status=422)
    return visit.go("/accounts", "web.many.done", act=visit.t(f"web.many.{act.key}"), number=done)


def _revisions(seen: Sequence[str]) -> list[tuple[str, int]]:
    pairs = (one.rpartition(" ") for one in seen)
    return [(address, revision) for address, _, number in pairs if (revision := read_id(number)) is not None]


def _many(act: ManyAct) -> Callable[[Visit], Response]:
    return lambda visit: do_many(visit, act) if visit.form.chosen("sure") else show_many(visit, act)


for _act in MANY:
    screens.post(f"/accounts-many/{_act.key}", needs(_act.action))(_many(_act))
