"""/me, /me/mail: an official's own side, on a phone first. Looking at it is written down nowhere."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from mailhub.accounts.login.app_passwords import list_app_passwords
from mailhub.admin.frame.access import SIGNED_IN
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.mail_words import standing
from mailhub.admin.screens.mail_page import is_again, story_again, story_values
from mailhub.clock import DAY, midnight
from mailhub.queue.found_rows import FoundMail
from mailhub.queue.own_mail import list_own, show_own
from mailhub.queue.sought import Sought
from mailhub.queue.word_list import speaks_for, waiting_for
from mailhub.registry.closed import read_day
from mailhub.telling.lines import tell
from mailhub.text.folding import fold

screens = Screens()
LATELY = 5
CAME = "came"


@screens.get("/me", SIGNED_IN)
def overview(visit: Visit) -> Response:
    """What needs doing on one's own side, and where one's last mails are."""
    assert visit.actor is not None
    with visit.reading() as (connection, actor):
        waiting = waiting_for(connection, speaks_for(connection, actor.account_id, visit.at))
        sent = list_own(connection, actor, Sought(), limit=LATELY).rows
        devices = list_app_passwords(connection, actor, visit.session.address) if visit.session else ()
    shown = [(row, standing(row.states, visit.t)) for row in sent]
    return visit.page("me/overview.html", waiting=len(waiting), sent=shown, devices=len(devices))


@screens.get("/me/mail", SIGNED_IN)
def list_mail(visit: Visit) -> Response:
    """What one sent; `?box=came` what came to one."""
    sent = visit.query.get("box") != CAME

    def fetch(wanted: Wanted) -> Slice[FoundMail]:
        other = wanted.get("who")
        sought = Sought(words=tuple(fold(wanted.q).split()[:12]))
        sought = replace(sought, to=other) if sent else replace(sought, sender=other)
        for key, beyond in (("since", 0), ("until", DAY)):
            if (day := read_day(wanted.get(key))) is not None:
                moment = midnight(day) + beyond
                sought = replace(sought, since=moment) if key == "since" else replace(sought, until=moment)
        with visit.reading() as (connection, actor):
            found = list_own(connection, actor, sought, sent=sent, after=wanted.after, limit=wanted.limit)
        return Slice(found.rows, found.next)

    return show(visit, _listing(visit, fetch, sent=sent), "me/mail.html", sent=sent)


@screens.get("/me/mail/{code}", SIGNED_IN)
def show_mail(visit: Visit) -> Response:
    """One of them, as far as it is one's own to know (queue/own_mail.py)."""
    with visit.reading() as (connection, actor):
        found = show_own(connection, actor, visit.path["code"])
    told = [tell(line, visit.language) for line in found.lines]
    values = story_values(visit, found.head, told) | {"code": found.head.code, "acts": False, "accounts": False}
    if is_again(visit):
        return story_again(visit, values)
    return visit.page("me/mail_page.html", sent=found.sent, **values)


def _listing(visit: Visit, fetch: object, *, sent: bool) -> Listing[FoundMail]:
    t = visit.t

    def other(row: FoundMail) -> Cell:
        if not sent:
            return Cell(row.sender or t("web.mail.null-sender"), value=row.sender)
        return Cell(row.first or "–", note=t.count("web.mail.more", row.number - 1) if row.number > 1 else "")

    def state(row: FoundMail) -> Cell:
        words, badge = standing(row.states, t)
        return Cell(words, badge=badge)

    who = "web.mail.to" if sent else "web.mail.sender"
    columns = [
        Column("subject", "web.mail.subject", lambda row: Cell(
            row.subject or t("web.mail.no-subject"), href=f"/me/mail/{row.code}", value=row.subject)),
        Column("who", who, other),
        Column("at", "web.me.sent-at" if sent else "web.mail.at",
               lambda row: Cell(when(row.at), at=row.at), tight=True),
        Column("state", "web.mail.state", state, tight=True),
    ]  # fmt: skip
    return Listing(
        name="thu-da-gui" if sent else "thu-da-den",
        columns=columns,
        fetch=fetch,  # type: ignore[arg-type]
        filters=[
            Filter("who", who),
            Filter("since", "web.mail.since", kind="date"),
            Filter("until", "web.mail.until", kind="date"),
            Filter("box", "web.me.box", options=[("sent", t("web.me.sent")), (CAME, t("web.me.came"))]),
        ],
        search_hint="web.me.words-of-subject",
        empty="web.me.no-mail",
    )
