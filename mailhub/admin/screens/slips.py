"""/slips: slips that are out, made for one, for the ticked, for an agency; the code is shown once, and printed on A4.

A code is kept nowhere in clear. The page that follows its making holds it, and hands it back to be printed: what is
printed is only what still opens the account that it names.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.errors import AccountError
from mailhub.accounts.finding import MailboxRow, find_mailbox, subject_of
from mailhub.accounts.login import codes, recovery
from mailhub.accounts.login.slip_lists import (
    LeftOut,
    OpenSlip,
    Slip,
    candidates,
    issue_slips,
    list_slips,
    slip_of,
)
from mailhub.accounts.models import MailboxKind, MailboxState
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.export import attachment
from mailhub.admin.listing.paging import counted
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, BulkAct, Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.people.standing import read_standing
from mailhub.admin.people.words import who
from mailhub.admin.screens.account_acts import beside
from mailhub.admin.screens.accounts import read_ticked
from mailhub.clock import DAY
from mailhub.lifecycle.slips import as_pdf, hub_of
from mailhub.text.folding import fold

screens = Screens()
MOST = 300  # slips at once: a page each
AT_ONCE = 50  # codes in one transaction


@screens.get("/slips", needs(Action.ACCOUNT_SLIP))
def slips(visit: Visit) -> Response:
    """Those that are good now."""
    t = visit.t

    def fetch(wanted: Wanted) -> Slice[OpenSlip]:
        with visit.reading() as (connection, actor):
            rows = list_slips(connection, actor, at=visit.at, agency=wanted.get("agency"))
        words = fold(wanted.q).split()
        rows = [row for row in rows if all(word in fold(f"{row.name} {row.address}") for word in words)]
        return counted(rows, wanted.after_number, wanted.limit)

    def use(row: OpenSlip) -> Cell:
        if row.used_at is None:
            return Cell(t("web.slip.unused"), badge="wait")
        return Cell(t("web.slip.in-client"), badge="info", note=when(row.used_at))

    columns = (
        Column[OpenSlip]("address", "web.account.address", lambda row: Cell(row.address, f"/accounts/{row.address}")),
        Column[OpenSlip]("name", "web.account.name", lambda row: Cell(row.name, note=row.agency)),
        Column[OpenSlip](
            "until", "web.account.until", lambda row: Cell(when(row.expires_at), at=row.expires_at), tight=True
        ),
        Column[OpenSlip]("use", "web.account.state", use),
        Column[OpenSlip]("by", "web.slip.by", lambda row: Cell(who(t, row.made_by), note=when(row.made_at))),
    )
    listing = Listing(
        name="phieu-mat-khau",
        columns=columns,
        fetch=fetch,
        filters=(Filter("agency", "web.account.agency", kind=AGENCY),),
        search_hint="web.account.search-short",
        empty="web.slip.none-open",
        row_key=lambda row: row.address,
        bulk=[BulkAct("/slips/take-back", "web.slip.take-back", "x-lg")],
    )
    return show(visit, listing, "slips/list.html")


@screens.get("/accounts/{address}/slip", needs(Action.ACCOUNT_SLIP))
def ask_slip(visit: Visit) -> Response:
    """Before a slip is made: that the older one stops working."""
    return _ask_one(visit, Action.ACCOUNT_SLIP, "slip")


@screens.post("/accounts/{address}/slip", needs(Action.ACCOUNT_SLIP))
def make_slip(visit: Visit) -> Response:
    """The slip, and its code this once."""
    reason = visit.form.text("reason", longest=1000)
    if not visit.form:
        return _ask_one(visit, Action.ACCOUNT_SLIP, "slip", status=422)
    made, left = issue(visit, [visit.path["address"]], reason)
    if not made:
        visit.form.mend("", "web.form.refused", detail=left[0].why)
        return _ask_one(visit, Action.ACCOUNT_SLIP, "slip", status=422)
    return made_page(visit, made, left)


@screens.get("/accounts/{address}/recover", needs(Action.ACCOUNT_RECOVER))
def ask_recovery(visit: Visit) -> Response:
    """Before somebody who came in person is helped into an account whose password is lost."""
    return _ask_one(visit, Action.ACCOUNT_RECOVER, "recover")


@screens.post("/accounts/{address}/recover", needs(Action.ACCOUNT_RECOVER))
def hand_over(visit: Visit) -> Response:
    """A fresh slip, written down as a recovery."""
    form, at, rules = visit.form, visit.at, visit.site.settings.accounts
    reason = form.text("reason", required=True, longest=1000)
    if not form:
        return _ask_one(visit, Action.ACCOUNT_RECOVER, "recover", status=422)
    try:
        with visit.writing() as (connection, actor):
            address = visit.path["address"]
            code = recovery.hand_over(connection, actor, address, at=at, settings=rules, reason=reason)
            slip = slip_of(connection, address, code, until=at + rules.slip_days * DAY)
    except AccountError as error:
        beside(form, error)
        return _ask_one(visit, Action.ACCOUNT_RECOVER, "recover", status=422)
    return made_page(visit, [slip], [])


@screens.post("/accounts-many/slips", needs(Action.ACCOUNT_SLIP))
def many_slips(visit: Visit) -> Response:
    """For the ticked accounts: whom first, then the slips."""
    addresses = visit.form.several("x")
    if not addresses or len(addresses) > MOST:
        return visit.go("/accounts", "web.many.number", most=MOST)
    if visit.form.chosen("sure"):
        made, left = issue(visit, addresses, visit.form.text("reason", longest=1000))
        return made_page(visit, made, left)
    with visit.reading() as (connection, actor):
        ticked = read_ticked(connection, actor, addresses, Action.ACCOUNT_SLIP, _takes_slip)
    return visit.page("slips/many.html", ticked=ticked, path="/accounts-many/slips", more=False, back="/accounts")


@screens.get("/slips/new", needs(Action.ACCOUNT_SLIP))
def ask_agency(visit: Visit) -> Response:
    """For whom of an agency."""
    return visit.page("slips/new.html")


@screens.post("/slips/new", needs(Action.ACCOUNT_SLIP))
def for_agency(visit: Visit) -> Response:
    """Everybody of an agency (and those below it) who has none yet; again for those who are left."""
    form = visit.form
    agency = form.text("agency", required=True, longest=200)
    if not form:
        return visit.page("slips/new.html", status=422)
    try:
        with visit.reading() as (connection, actor):
            found = list(candidates(connection, actor, agency, only_new=form.chosen("only_new")))
            if not form.chosen("again"):
                out = {row.address for row in list_slips(connection, actor, at=visit.at, agency=agency)}
                found = [one for one in found if one not in out]
            ticked = read_ticked(connection, actor, found[:MOST], Action.ACCOUNT_SLIP, _takes_slip)
    except AccountError as error:
        form.mend("agency", "web.form.refused", detail=str(error))
        return visit.page("slips/new.html", status=422)
    return visit.page(
        "slips/many.html", ticked=ticked, path="/accounts-many/slips", more=len(found) > MOST, back="/slips/new"
    )


@screens.post("/slips/print", needs(Action.ACCOUNT_SLIP, Action.ACCOUNT_RECOVER))
def print_slips(visit: Visit) -> Response:
    """The codes that the page before holds, as A4; only those that still open what they name."""
    pairs = [one.partition(" ")[::2] for one in visit.form.several("x")[:MOST]]
    found: list[Slip] = []
    with visit.reading() as (connection, actor):
        for address, code in pairs:
            found.append(_proved(connection, actor, address, code, at=visit.at))
    if not found:
        return visit.go("/slips")
    content = as_pdf(found, hub_of(visit.site.settings), at=visit.at, lists=len(found) > 1)
    name = f"phieu-{found[0].address.partition('@')[0]}.pdf" if len(found) == 1 else "phieu-mat-khau.pdf"
    return attachment(content, name, "pdf")


@screens.post("/slips/take-back", needs(Action.ACCOUNT_SLIP))
def take_back(visit: Visit) -> Response:
    """The ticked slips: whose first, then ended, in one transaction."""
    form, addresses = visit.form, visit.form.several("x")[:MOST]
    if not addresses:
        return visit.go("/slips", "web.many.number", most=MOST)
    reason = form.text("reason", required=True, longest=1000) if form.chosen("sure") else ""
    if not reason:
        return visit.page("slips/take_back.html", status=200 if form else 422, addresses=addresses)
    with visit.writing() as (connection, actor):
        for address in addresses:
            codes.take_back(connection, actor, address, at=visit.at, reason=reason)
    return visit.go("/slips", "web.slip.taken-back", number=len(addresses))


def issue(visit: Visit, addresses: Sequence[str], reason: str) -> tuple[list[Slip], list[LeftOut]]:
    """Make the slips, some at a time: nobody else writes meanwhile."""
    made: list[Slip] = []
    left: list[LeftOut] = []
    rules = visit.site.settings.accounts
    for start in range(0, len(addresses), AT_ONCE):
        batch = addresses[start : start + AT_ONCE]
        with visit.writing() as (connection, actor):
            slips_made, out = issue_slips(connection, actor, batch, at=visit.at, settings=rules, reason=reason)
        made += slips_made
        left += out
    return made, left


def made_page(visit: Visit, made: Sequence[Slip], left: Sequence[LeftOut]) -> Response:
    """The codes, this once; and the button that prints them."""
    return visit.page("slips/made.html", made=made, left=left)


def _ask_one(visit: Visit, action: Action, key: str, *, status: int = 200) -> Response:
    with visit.reading() as (connection, actor):
        standing = read_standing(connection, actor, visit.path["address"], at=visit.at)
        if not may(actor, action, subject_of(connection, standing.mailbox)):
            raise refusal(actor, action, standing.mailbox.address)
    return visit.page("slips/one.html", status=status, standing=standing, box=standing.mailbox, key=key)


def _proved(connection: Connection, actor: Actor, address: str, code: str, *, at: int) -> Slip:
    """The slip of this code. The right comes first, so that nobody tries codes here.

    Raises:
        NoSuchAccount, NotAllowed, CodeRefused.
    """
    subject = subject_of(connection, find_mailbox(connection, address))
    if not may(actor, Action.ACCOUNT_SLIP, subject) and not may(actor, Action.ACCOUNT_RECOVER, subject):
        raise refusal(actor, Action.ACCOUNT_SLIP, address)
    mailbox, row = codes.find_usable(connection, address, code, at=at)
    return slip_of(connection, mailbox.address, code, until=row.expires_at)


def _takes_slip(box: MailboxRow) -> bool:
    opens = box.state in (MailboxState.APPROVED, MailboxState.ACTIVE) and box.may_login
    return opens and box.kind is not MailboxKind.ROLE
