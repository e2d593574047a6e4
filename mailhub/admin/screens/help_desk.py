"""/help-desk: somebody is on the telephone. Found by name, address or number; the cause in words; one press."""

from __future__ import annotations

from starlette.responses import Response

from mailhub.accounts.errors import AccountError
from mailhub.accounts.finding import subject_of
from mailhub.accounts.reading import list_accounts, note_reading, why
from mailhub.accounts.rights import Action, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.people.causes import reasons
from mailhub.admin.people.login_acts import unlock
from mailhub.admin.people.standing import read_standing
from mailhub.admin.people.words import Told
from mailhub.i18n import texts

screens = Screens()
_MOST = 20
VERIFIED = ("called-back", "in-person", "colleague")


@screens.get("/help-desk", needs(Action.ACCOUNT_WHY))
def look_up(visit: Visit) -> Response:
    """?q=: whoever it may be; the one, when it is only one."""
    q = visit.query.get("q", "").strip()[:200]
    if not q:
        return visit.page("help_desk/find.html", q="", rows=None)
    with visit.reading() as (connection, actor):
        rows = list_accounts(connection, actor, text=q, limit=_MOST + 1)
    if len(rows) == 1:
        return visit.go(f"/help-desk/{rows[0].address}")
    return visit.page("help_desk/find.html", q=q, rows=rows[:_MOST], more=len(rows) > _MOST)


@screens.get("/help-desk/{address}", needs(Action.ACCOUNT_WHY))
def person(visit: Visit) -> Response:
    """Why this one cannot log in, and the buttons. Looking is written down."""
    return show_person(visit)


def show_person(visit: Visit, *, status: int = 200) -> Response:
    """The page of one caller."""
    settings = visit.site.settings.passwords
    with visit.writing() as (connection, actor):
        standing = read_standing(connection, actor, visit.path["address"], at=visit.at)
        box = standing.mailbox
        story = why(connection, actor, box.address, limit=20, at=visit.at, settings=settings, looks=False)
        if actor.account_id != box.id:
            note_reading(connection, actor, box.address, reason=texts("vi")("web.help.looked"))
        subject = subject_of(connection, box)
        wanted = (Action.ACCOUNT_UNLOCK, Action.ACCOUNT_SLIP, Action.ACCOUNT_RESTORE, Action.SECOND_FACTOR_RESET)
        rights = frozenset(one for one in wanted if may(actor, one, subject))
    found, told = reasons(story, at=visit.at), Told(visit.t, visit.language)
    helps = {one.helps for one in found}
    return visit.page(
        "help_desk/person.html",
        status=status,
        standing=standing,
        box=box,
        story=story,
        reasons=found,
        helps=helps,
        rights=rights,
        told=told,
        verified=[(one, visit.t(f"web.help.verified.{one}")) for one in VERIFIED],
    )


@screens.post("/help-desk/{address}/unlock", needs(Action.ACCOUNT_UNLOCK))
def unlock_caller(visit: Visit) -> Response:
    """Open at once what wrong passwords, or a long absence, closed."""
    how = visit.form.choice("reason", [text for _, text in _reasons(visit)])
    if not visit.form:
        return show_person(visit, status=422)
    address = visit.path["address"]
    try:
        with visit.writing() as (connection, actor):
            number = unlock(connection, actor, address, reason=how, at=visit.at)
    except AccountError as error:
        visit.form.mend("", "web.form.refused", detail=str(error))
        return show_person(visit, status=422)
    return visit.go(f"/help-desk/{address}", "web.help.unlocked" if number else "web.help.was-open", address=address)


def _reasons(visit: Visit) -> list[tuple[str, str]]:
    return [(one, visit.t(f"web.help.verified.{one}")) for one in VERIFIED]
