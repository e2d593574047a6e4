"""/requests/new: Cấp mới, Thay đổi, Thu hồi, and a new slip; the address and who may be the same are shown first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.errors import AccountError, NotFound
from mailhub.accounts.life import requests as service
from mailhub.accounts.life.moving import Move
from mailhub.accounts.life.newcomers import Newcomer, SuspectedDuplicate
from mailhub.accounts.life.requests import Made
from mailhub.accounts.models import Employment, Rank
from mailhub.accounts.people.duplicates import Candidate, Strength, Suspect, suspects
from mailhub.accounts.people.identity import identifier_digest
from mailhub.accounts.people.naming import Naming, NamingRule, propose
from mailhub.accounts.people.person import NewPerson
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import find_agency, mail_domain
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.people.words import employments, ranks
from mailhub.admin.screens.account_acts import beside
from mailhub.store.sealing import open_sealer

screens = Screens()
MAKE = needs(Action.REQUEST_MAKE)


@dataclass(frozen=True, slots=True)
class Check:
    """What is to be seen before a newcomer's request is sent."""

    addresses: list[str]
    suspects: list[Suspect]

    @property
    def must_say(self) -> bool:
        """Whether it has to be said why this is another person."""
        return any(one.strength >= Strength.LIKELY for one in self.suspects)


@screens.get("/requests/new", MAKE)
def words(visit: Visit) -> Response:
    """The three words, and the slip."""
    return visit.page("requests/new.html")


@screens.get("/requests/new/account", MAKE)
def ask_account(visit: Visit) -> Response:
    """Cấp mới: an empty form."""
    return _account_page(visit, None)


@screens.post("/requests/new/account", MAKE)
def send_account(visit: Visit) -> Response:
    """step=check: the addresses that are free, and who may be the same; step=send: entered."""
    form = visit.form
    newcomer = _newcomer(visit)
    basis, reason = form.text("because", longest=300), form.text("reason", longest=1000)
    if newcomer is None:
        return _account_page(visit, None, status=422)
    try:
        check = _check(visit, newcomer)
        if form.text("step") != "send":
            return _account_page(visit, check)
        rules, usual = visit.site.settings.accounts, visit.site.settings.mailboxes.quota_mib
        with visit.writing() as (connection, actor):
            made = service.request_new(
                connection,
                actor,
                newcomer,
                basis=basis,
                naming=Naming(NamingRule(rules.naming), rules.unit_suffix),
                reason=reason,
                default_quota_mib=usual,
                at=visit.at,
            )
    except SuspectedDuplicate:
        form.mend("override", "web.request.other-person.needed")
        return _account_page(visit, check, status=422)
    except AccountError as error:
        beside(form, error)
        return _account_page(visit, None, status=422)
    return _sent(visit, made)


@screens.get("/requests/new/{kind}", MAKE)
def ask(visit: Visit) -> Response:
    """Thay đổi, Thu hồi, or a new slip: a form, with the account that the address names."""
    kind = visit.path["kind"]
    if kind not in _SENDS:
        raise NoSuchForm(f"no form {kind[:40]!r}")
    if visit.query.get("address") and not visit.form.typed:
        visit.form = Form(typed={"address": visit.query["address"][:320]})
    return visit.page("requests/ask.html", kind=kind, ranks=ranks(visit.t))


@screens.post("/requests/new/{kind}", MAKE)
def send(visit: Visit) -> Response:
    """Entered, or the form again."""
    kind, form = visit.path["kind"], visit.form
    if kind not in _SENDS:
        raise NoSuchForm(f"no form {kind[:40]!r}")
    form.text("address", required=True, longest=320)
    form.text("reason", required=True, longest=1000)
    form.text("because", longest=300)
    if kind == "move":
        form.text("agency", required=True, longest=200)
        form.choice("rank", [value for value, _ in ranks(visit.t)], required=False)
    if kind == "end":
        form.day("on")
    if not form:
        return visit.page("requests/ask.html", status=422, kind=kind, ranks=ranks(visit.t))
    try:
        with visit.writing() as (connection, actor):
            made = _SENDS[kind](visit, connection, actor)
    except AccountError as error:
        beside(form, error)
        return visit.page("requests/ask.html", status=422, kind=kind, ranks=ranks(visit.t))
    return _sent(visit, made)


class NoSuchForm(NotFound):
    """There is no form of this kind."""


def _sent(visit: Visit, made: Made) -> Response:
    return visit.go(f"/requests/{made.code}", "web.request.sent", code=made.code, address=made.address)


def _account_page(visit: Visit, check: Check | None, *, status: int = 200) -> Response:
    lists = {"ranks": ranks(visit.t), "employments": employments(visit.t)}
    return visit.page("requests/account.html", status=status, check=check, lists=lists)


def _newcomer(visit: Visit) -> Newcomer | None:
    form, t = visit.form, visit.t
    name, agency = form.text("name", required=True, longest=200), form.text("agency", required=True, longest=200)
    rank = form.choice("rank", [value for value, _ in ranks(t)], required=False)
    employment = form.choice("employment", [value for value, _ in employments(t)], required=False)
    born, identifier = form.day("birth_date"), form.text("identifier", longest=20)
    digest = None
    if identifier:
        sealer = open_sealer(visit.site.settings.keys_directory)
        digest = form.trying(
            "identifier", lambda text: identifier_digest(sealer, text), AccountError, text="web.form.refused"
        )
    title, phone = form.text("title", longest=200), form.text("phone", longest=40)
    address = form.text("address", longest=320) or form.text("own_address", longest=320)
    override = form.text("override", longest=300)
    if not form:
        return None
    person = NewPerson(
        title=title,
        rank=Rank(rank) if rank else None,
        employment=Employment(employment),
        birth_date=born,
        identifier_digest=digest,
        phone=phone,
    )
    return Newcomer(name=name, agency=agency, address=address, person=person, override=override)


def _check(visit: Visit, newcomer: Newcomer) -> Check:
    rules = visit.site.settings.accounts
    with visit.reading() as (connection, actor):
        number = find_agency(connection, newcomer.agency)
        person = newcomer.person
        candidate = Candidate(
            name=newcomer.name,
            agency_id=number,
            birth_date=person.birth_date,
            identifier_digest=person.identifier_digest,
        )
        found = suspects(connection, actor, candidate)
        suffix = newcomer.agency if rules.unit_suffix else ""
        domain = mail_domain(connection, number)
        free = propose(connection, newcomer.name, domain, rules.naming, suffix, unit=newcomer.agency, count=4)
    return Check(free, found)


def _send_move(visit: Visit, connection: Connection, actor: Actor) -> Made:
    form = visit.form
    rank, title = form.text("rank"), form.text("title", longest=200)
    move = Move(
        agency=form.text("agency"),
        title=title or None,
        rank=Rank(rank) if rank else None,
        address=form.text("new_address", longest=320),
        because=form.text("because"),
    )
    return service.request_move(connection, actor, form.text("address"), move, reason=form.text("reason"), at=visit.at)


def _send_end(visit: Visit, connection: Connection, actor: Actor) -> Made:
    form = visit.form
    return service.request_end(
        connection,
        actor,
        form.text("address"),
        basis=form.text("because"),
        reason=form.text("reason"),
        on=form.day("on"),
        handover=form.text("handover", longest=320),
        at=visit.at,
    )


def _send_password(visit: Visit, connection: Connection, actor: Actor) -> Made:
    form = visit.form
    reason, basis = form.text("reason"), form.text("because")
    return service.request_password(connection, actor, form.text("address"), reason=reason, basis=basis, at=visit.at)


_SENDS = {"move": _send_move, "end": _send_end, "password": _send_password}
