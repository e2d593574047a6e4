"""What belongs to no subject: the language, and long work under way."""

from __future__ import annotations

from starlette.responses import Response

from mailhub.accounts.errors import NotFound
from mailhub.admin.frame.access import PUBLIC, SIGNED_IN
from mailhub.admin.frame.dispatch import LANGUAGE_COOKIE
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit, own_path
from mailhub.i18n import LANGUAGES
from mailhub.ids import read_id

screens = Screens()
_YEAR_SECONDS = 365 * 24 * 3600
# Where work of a kind was begun, for the way back when it failed.
_BEGUN_AT = {"roster": "/rosters", "rehearsal": "/rules/simulation", "review": "/reviews", "doctor": "/system"}


@screens.post("/language", PUBLIC, half=True, locked=True)
def choose_language(visit: Visit) -> Response:
    """POST language=vi|en, back=PATH: this browser's language."""
    response = visit.go(own_path(visit.form.text("back", longest=2_000)))
    language = visit.form.text("language")
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, secure=True, httponly=True, samesite="lax"
        )
    return response


@screens.get("/work/{job}", SIGNED_IN)
def show_work(visit: Visit) -> Response:
    """How far something is that one has started; the page asks again each second until it has ended."""
    number, actor = read_id(visit.path["job"]), visit.actor
    assert actor is not None
    assert actor.account_id is not None
    job = None if number is None else visit.site.jobs.find(number, actor.account_id)
    if job is None:
        raise NotFound("there is no such work of yours")
    if job.state == "done" and visit.is_part:
        return Response(status_code=204, headers={"HX-Redirect": own_path(job.leads_to)})
    if job.state == "done":
        return visit.go(own_path(job.leads_to))
    back = _BEGUN_AT.get(job.kind.partition(" ")[0], "/")
    return visit.page("parts/work.html" if visit.is_part else "work.html", job=job, back=back)
