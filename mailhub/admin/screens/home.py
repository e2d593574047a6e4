"""Trang chủ: what needs doing today, as counts that lead to filtered lists, and the state of the system.

Officials have a page of their own, managers their reports: both are led there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.control.proposals import list_proposals
from mailhub.accounts.life.request_rows import list_requests
from mailhub.accounts.life.review_reading import list_reviews
from mailhub.accounts.reading import Only, list_accounts
from mailhub.accounts.rights import Action, Actor, Role
from mailhub.accounts.sharing.office_list import list_offices
from mailhub.admin.frame.access import SIGNED_IN, reaches_others
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.clock import DAY, local_time
from mailhub.incidents.models import IncidentState
from mailhub.incidents.reading import list_incidents
from mailhub.ops.findings import Status
from mailhub.ops.kept import Run, last_run
from mailhub.queue.acts import Selection, list_waiting
from mailhub.queue.moderation import list_for_moderators
from mailhub.queue.word_list import list_waiting as list_words
from mailhub.registry.search import Search, search
from mailhub.roster.keeping import ImportState, list_imports
from mailhub.screening.rules.editing import list_exceptions

screens = Screens()
MOST = 100  # beyond that "100+": the list itself tells more
SOON_DAYS = 14
Count = Callable[[Connection, Actor, int], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `text` is what it is; `path` the list behind the count."""

    text: str
    path: str
    icon: str
    actions: frozenset[Action]
    count: Count


@dataclass(frozen=True, slots=True)
class Card:
    """A task with its number, as the page shows it; `oldest` is a moment (ms) or None."""

    text: str
    path: str
    icon: str
    number: int
    oldest: int | None

    @property
    def words(self) -> str:
        """`100+` rather than a count that takes long."""
        return f"{MOST}+" if self.number > MOST else str(self.number)


def _task(text: str, path: str, icon: str, count: Count, *actions: Action) -> Task:
    return Task(text, path, icon, frozenset(actions), count)


def _ending_exceptions(connection: Connection, actor: Actor, at: int) -> Sequence[Any]:
    today = local_time(at).date()
    return [one for one in list_exceptions(connection, actor) if 0 <= (one.until - today).days <= SOON_DAYS]


def _planned_lists(connection: Connection, actor: Actor, at: int) -> Sequence[Any]:
    """Staff lists that were compared and not applied yet; one that nobody took up in two weeks was only looked at."""
    since = at - SOON_DAYS * DAY
    planned = (one for one in list_imports(connection, actor) if one.state is ImportState.PLANNED)
    return [one for one in planned if one.planned_at >= since]


TASKS = (
    _task(
        "web.home.requests",
        "/requests?state=open",
        "person-plus",
        lambda c, a, _: list_requests(c, a, limit=MOST + 1),
        Action.REQUEST_DECIDE,
        Action.REQUEST_MAKE,
    ),
    _task(
        "web.home.proposals",
        "/proposals?state=waiting",
        "people",
        lambda c, a, at: list_proposals(c, a, waiting=True, limit=MOST + 1, at=at),
        Action.PROPOSAL_DECIDE,
    ),
    _task(
        "web.home.agreed",
        "/proposals?state=approved&mine=1",
        "check-circle",
        lambda c, a, at: list_proposals(c, a, agreed=True, limit=MOST + 1, at=at),
        Action.PROPOSAL_DECIDE,  # everybody who proposes holds it
    ),
    _task(
        "web.home.rosters",
        "/rosters?state=planned",
        "upload",
        _planned_lists,
        Action.ROSTER_PLAN,
    ),
    _task(
        "web.home.words",
        "/waiting",
        "envelope-check",
        lambda c, a, at: list_words(c, a, limit=MOST + 1, at=at),
        Action.WORD_READ,
    ),
    _task(
        "web.home.moderation",
        "/groups",
        "collection",
        lambda c, a, at: list_for_moderators(c, a, limit=MOST + 1, at=at),
        Action.GROUP_MODERATE,
    ),
    _task(
        "web.home.deferred",
        "/queue?state=deferred",
        "hourglass-split",
        lambda c, a, _: list_waiting(c, a, Selection(state="deferred"), limit=MOST + 1),
        Action.QUEUE_READ,
    ),
    _task(
        "web.home.incidents",
        "/incidents?state=open",
        "shield-exclamation",
        lambda c, a, _: list_incidents(c, a, state=IncidentState.OPEN, limit=MOST + 1),
        Action.INCIDENT_READ,
    ),
    _task(
        "web.home.ending",
        "/accounts?only=ending",
        "calendar3",
        lambda c, a, _: list_accounts(c, a, only=(Only.ENDING,), limit=MOST + 1),
        Action.ACCOUNT_END,
    ),
    _task(
        "web.home.unheld",
        "/offices?holder=vacant",
        "person-x",
        lambda c, a, at: list_offices(c, a, vacant=True, limit=MOST + 1, at=at),
        Action.ROLE_HOLD,
    ),
    _task(
        "web.home.undecided",
        "/documents/undecided",
        "file-earmark-text",
        lambda c, a, _: search(c, a, Search(unsure=True), limit=MOST + 1).lines,
        Action.DOCUMENT_CORRECT,
    ),
    _task(
        "web.home.reviews",
        "/reviews",
        "clipboard-check",
        lambda c, a, _: [one for one in list_reviews(c, a) if one.closed_at is None and one.open],
        Action.REVIEW_ANSWER,
    ),
    _task(
        "web.home.exceptions",
        "/rules/exceptions?soon=1",
        "sliders",
        _ending_exceptions,
        Action.POLICY_CHANGE,
    ),
)


@screens.get("/", SIGNED_IN)
def home(visit: Visit) -> Response:
    """What waits for this person."""
    assert visit.actor is not None
    roles = {held.role for held in visit.actor.holds}
    if roles <= {Role.OFFICIAL}:
        return visit.go("/me")
    if roles <= {Role.OFFICIAL, Role.MANAGER}:
        return visit.go("/reports")
    with visit.writing() as (connection, actor):  # some lists write down who read them
        cards = [_card(task, connection, actor, visit.at) for task in TASKS if reaches_others(actor, task.actions)]
        run = last_run(connection, actor) if reaches_others(actor, {Action.DOCTOR_READ}) else None
    waiting = [card for card in cards if card.number]
    quiet = [card for card in cards if not card.number]
    return visit.page(
        "home.html",
        waiting=waiting,
        quiet=quiet,
        run=run,
        trouble=_trouble(run),
        today=visit.at,
        may_search=reaches_others(visit.actor, {Action.TRACE_READ}),
        may_help=reaches_others(visit.actor, {Action.ACCOUNT_WHY}),
        may_see_system=reaches_others(visit.actor, {Action.DOCTOR_READ}),
    )


def _card(task: Task, connection: Connection, actor: Actor, at: int) -> Card:
    found = task.count(connection, actor, at)
    moments = [moment for one in found if (moment := _since(one)) is not None]
    return Card(task.text, task.path, task.icon, len(found), min(moments, default=None))


def _since(one: Any) -> int | None:
    """Since when it waits, where a row tells."""
    for name in ("requested_at", "proposed_at", "received_at", "opened_at", "planned_at", "at"):
        moment = getattr(one, name, None)
        if isinstance(moment, int):
            return moment
    return None


def _trouble(run: Run | None) -> list[Any]:
    return [] if run is None else [one for one in run.findings if one.status is not Status.OK]
