"""/accounts/{address}: one account with everything that is and was, in four tabs; and the proof that it is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.control.grants import list_grants
from mailhub.accounts.control.log_reading import LogFilter, note_log_read, read_log
from mailhub.accounts.finding import subject_of
from mailhub.accounts.life.closings import NoClosing, Proof, proof_of
from mailhub.accounts.life.leave import leaves_of
from mailhub.accounts.life.request_rows import list_requests
from mailhub.accounts.login.app_passwords import list_app_passwords
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.reading import Story, note_reading, why
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.sharing.delegation import list_delegations
from mailhub.accounts.sharing.holdings import list_held, list_holdings
from mailhub.accounts.web.listing import list_sessions
from mailhub.accounts.web.tokens import list_tokens
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.holding_words import line_of
from mailhub.admin.people.acts import AccountAct, Standing
from mailhub.admin.people.causes import reasons
from mailhub.admin.people.standing import acts_for, read_standing
from mailhub.admin.people.words import Told
from mailhub.i18n import texts

screens = Screens()
_ROWS = 100


@dataclass(frozen=True, slots=True)
class Head:
    """What every tab shows above itself. `rights` are the actions that the actor may do to this account."""

    standing: Standing
    acts: list[AccountAct]
    rights: frozenset[Action]

    def group(self, name: str) -> list[AccountAct]:
        """The acts of one kind."""
        return [act for act in self.acts if act.group == name]


_LOOKED_AT = (
    Action.ACCOUNT_WHY, Action.AUDIT_READ, Action.WEB_SESSION, Action.API_TOKEN, Action.APP_PASSWORD,
    Action.ACCOUNT_SLIP, Action.ACCOUNT_RECOVER, Action.REQUEST_READ, Action.REQUEST_MAKE, Action.RIGHT_READ,
    Action.ACCOUNT_SUSPEND, Action.ACCOUNT_END, Action.ACCOUNT_RESTORE,
)  # fmt: skip


def read_head(visit: Visit, connection: Connection, actor: Actor) -> Head:
    """The account of the path.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    standing = read_standing(connection, actor, visit.path["address"], at=visit.at)
    subject = subject_of(connection, standing.mailbox)
    # One's own account is looked after under "Tài khoản của tôi"; these pages are for whoever looks after others.
    rights = frozenset(one for one in _LOOKED_AT if may(actor, one, subject) and reaches_others(actor, [one]))
    acts = [act for act in acts_for(connection, actor, standing) if reaches_others(actor, [act.action])]
    return Head(standing, acts, rights)


@screens.get("/accounts/{address}", needs(Action.ACCOUNT_READ))
def overview(visit: Visit) -> Response:
    """What the account is now, and every act that is open to whoever looks."""
    with visit.reading() as (connection, actor):
        head = read_head(visit, connection, actor)
        box = head.standing.mailbox
        values: dict[str, Any] = {"waiting": [], "reasons": [], "holders": []}
        if Action.REQUEST_READ in head.rights:
            rows = list_requests(connection, actor, account=box.address, limit=_ROWS)
            values["waiting"] = rows
        if Action.ACCOUNT_WHY in head.rights:
            values["reasons"] = reasons(_story(visit, connection, actor, box.address), at=visit.at)
        if box.kind is MailboxKind.ROLE:
            values["holders"] = list_holdings(connection, actor, box.address, past=False, at=visit.at)
        values["proof"] = _proof(connection, actor, box.address)
    return visit.page("accounts/overview.html", tab="", head=head, **values)


@screens.get("/accounts/{address}/access", needs(Action.ACCOUNT_WHY, Action.WEB_SESSION))
def access(visit: Visit) -> Response:
    """How it is entered: secrets, devices, sessions, tokens, the last tries. Looking is written down."""
    with visit.writing() as (connection, actor):
        head = read_head(visit, connection, actor)
        box, at = head.standing.mailbox, visit.at
        values: dict[str, Any] = {"story": None, "sessions": None, "tokens": None, "app_passwords": None}
        if Action.ACCOUNT_WHY in head.rights:
            values["story"] = _noted_story(visit, connection, actor, box.address)
        if Action.WEB_SESSION in head.rights:
            settings = visit.site.settings
            values["sessions"] = list_sessions(connection, actor, box.address, settings=settings, at=at)
        if Action.API_TOKEN in head.rights:
            values["tokens"] = list_tokens(connection, actor, box.address, revoked=True, at=at)
        if Action.APP_PASSWORD in head.rights:
            values["app_passwords"] = list_app_passwords(connection, actor, box.address, revoked=True)
    told = Told(visit.t, visit.language)
    return visit.page("accounts/access.html", tab="access", head=head, told=told, **values)


@screens.get("/accounts/{address}/history", needs(Action.ACCOUNT_READ))
def history(visit: Visit) -> Response:
    """What it was: each step with its reason, former leaves, delegations, roles, requests."""
    with visit.writing() as (connection, actor):
        head = read_head(visit, connection, actor)
        box, at = head.standing.mailbox, visit.at
        values: dict[str, Any] = {"story": None, "requests": [], "grants": [], "holdings": [], "held": []}
        if Action.ACCOUNT_WHY in head.rights:
            values["story"] = _noted_story(visit, connection, actor, box.address)
        if Action.REQUEST_READ in head.rights:
            rows = list_requests(connection, actor, state=None, account=box.address, limit=_ROWS, newest=True)
            values["requests"] = rows
        if Action.RIGHT_READ in head.rights:
            values["grants"] = list_grants(connection, actor, account=box.address, past=True, at=at)
        if box.kind is MailboxKind.ROLE:
            values["holdings"] = [line_of(visit, one) for one in list_holdings(connection, actor, box.address, at=at)]
        else:
            values["held"] = [line_of(visit, one) for one in list_held(connection, actor, box.address, at=at)]
        delegations = list_delegations(connection, actor, account=box.address, past=True, at=at)
        leaves = leaves_of(connection, box.id, past=True)
    values |= {"delegations": delegations, "leaves": leaves, "told": Told(visit.t, visit.language)}
    return visit.page("accounts/history.html", tab="history", head=head, **values)


@screens.get("/accounts/{address}/log", needs(Action.AUDIT_READ))
def log(visit: Visit) -> Response:
    """The audit log's rows about it, newest first; reading them is one more row."""
    with visit.writing() as (connection, actor):
        head = read_head(visit, connection, actor)
        address = head.standing.mailbox.address
        note_log_read(connection, actor, address)
        rows = list(read_log(connection, actor, LogFilter(object=address), newest=_ROWS))
    return visit.page("accounts/log.html", tab="log", head=head, rows=rows[::-1])


@screens.get("/accounts/{address}/proof", needs(Action.ACCOUNT_READ))
def proof(visit: Visit) -> Response:
    """Each door, when it closed, how that was checked; asks again by itself until all of it is proved."""
    with visit.reading() as (connection, actor):
        head = read_head(visit, connection, actor)
        found = proof_of(connection, actor, head.standing.mailbox.address)
    template = "accounts/proof_part.html" if visit.is_part else "accounts/proof.html"
    return visit.page(template, tab="proof", head=head, proof=found)


def _proof(connection: Connection, actor: Actor, address: str) -> Proof | None:
    try:
        return proof_of(connection, actor, address)
    except NoClosing:
        return None


def _story(visit: Visit, connection: Connection, actor: Actor, address: str) -> Story:
    rules = visit.site.settings.passwords
    return why(connection, actor, address, limit=50, at=visit.at, settings=rules, looks=False)


def _noted_story(visit: Visit, connection: Connection, actor: Actor, address: str) -> Story:
    """The story with its tries; that somebody else looked is a row in the audit log, in Vietnamese as all of it."""
    story = _story(visit, connection, actor, address)
    if actor.account_id != story.mailbox.id:
        note_reading(connection, actor, address, reason=texts("vi")("web.account.looked"))
    return story
