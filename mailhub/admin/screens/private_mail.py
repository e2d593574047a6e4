"""From a figure of private mail to its messages: who, when, to and from which provider, and on to the timeline."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import AGENCY, Cell, Column, Filter, Listing, Slice
from mailhub.admin.listing.values import Wanted as Asked
from mailhub.clock import local_time
from mailhub.reports.periods import PeriodKind, last_closed
from mailhub.reports.private_mail import PrivateMessage, Wanted, private_messages

screens = Screens()
_KINDS = ("sent", "received", "forwarded", "documents", "links")


@screens.get("/reports/private-mail", needs(Action.USE_PEOPLE))
def show_messages(visit: Visit) -> Response:
    """The newest first; without days, those of the last closed month."""
    return show(visit, _listing(visit), "reports/private_mail.html")


def _listing(visit: Visit) -> Listing[PrivateMessage]:
    traces, reads = (_reaches(visit, action) for action in (Action.TRACE_READ, Action.ACCOUNT_READ))
    return Listing(
        name="thu-ca-nhan",
        columns=(
            Column(
                "at",
                "web.reports.private.at",
                lambda row: Cell(when(row.at), at=row.at, href=_mail(row) if traces else ""),
                tight=True,
            ),
            Column("who", "web.reports.private.who", lambda row: _who(row, linked=reads)),
            Column("provider", "web.reports.private.provider", lambda row: Cell(", ".join(row.providers))),
            Column("use", "web.reports.private.use", lambda row: Cell(_use(visit, row))),
            Column(
                "code",
                "web.reports.private.code",
                lambda row: Cell(row.code, href=_mail(row) if traces else ""),
                tight=True,
            ),
        ),
        filters=(
            Filter("agency", "web.reports.agency", kind=AGENCY),
            Filter("provider", "web.reports.private.provider", placeholder="gmail.com"),
            Filter("address", "web.reports.private.who", placeholder="nva@…"),
            Filter("from", "web.reports.from", kind="date"),
            Filter("to", "web.reports.to", kind="date"),
        ),
        fetch=lambda asked: _fetch(visit, asked),
        searches=False,
        empty="web.reports.private.empty",
    )


def _fetch(visit: Visit, asked: Asked) -> Slice[PrivateMessage]:
    settings = visit.site.settings.reports
    usual = last_closed(PeriodKind.MONTH, local_time(visit.at).date(), settings.closing_day)
    wanted = Wanted(
        first=asked.day("from") or usual.first,
        last=asked.day("to") or usual.last,
        agency=asked.get("agency"),
        provider=asked.get("provider").lower(),
        address=asked.get("address"),
    )
    with visit.writing() as (connection, actor):
        found = private_messages(connection, actor, wanted, after=asked.after_number, limit=asked.limit, at=visit.at)
    return Slice(found.rows, str(found.after) if found.after else "")


def _mail(row: PrivateMessage) -> str:
    return f"/mail/{quote(row.code, safe='')}"


def _reaches(visit: Visit, action: Action) -> bool:
    """Whether the pages that need this are there for the visitor: a manager's way ends at the list."""
    return needs(action).admits(visit.actor)


def _who(row: PrivateMessage, *, linked: bool) -> Cell:
    href = f"/accounts/{quote(row.who[0], safe='@')}" if linked and len(row.who) == 1 else ""
    return Cell(", ".join(row.who), href=href)


def _use(visit: Visit, row: PrivateMessage) -> str:
    """What happened: `gửi đi; có văn bản`."""
    counts = row.use.counts
    return "; ".join(visit.t(f"web.reports.private.{name}") for name in _KINDS if counts[name])
