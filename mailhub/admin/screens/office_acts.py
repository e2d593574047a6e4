"""A role mailbox is opened, given to somebody, taken back, handed over with its record (biên bản); what was held
before anybody entered it is put on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts import service
from mailhub.accounts.errors import NoSuchAccount
from mailhub.accounts.finding import find_mailbox, subject_of
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.holdings import Holding, list_holdings
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import ActForm, Doing, Field, Run, carry_out, check, show_form
from mailhub.admin.organisation.days import end_of, first_moment
from mailhub.admin.organisation.holding_words import period_words
from mailhub.clock import DAY
from mailhub.mail.login_name import shared_login

screens = Screens()


@screens.get("/offices/new", needs(Action.ROLE_ADD))
def new_office(visit: Visit) -> Response:
    """The form of a new office."""
    return show_form(visit, _new_page(visit))


@screens.post("/offices/new", needs(Action.ROLE_ADD))
def add_office(visit: Visit) -> Response:
    """Open it."""

    def read(form: Form) -> Run[str]:
        address, name = form.text("address", longest=320), form.text("name", longest=200)
        agency, office = form.text("agency", longest=64), form.text("office", longest=40)

        def run(connection: Connection, actor: Actor) -> str:
            service.add_role_mailbox(
                connection, actor, address, name, agency=agency, office=office or None, at=visit.at
            )
            return find_mailbox(connection, address).address

        return run

    doing = Doing(read=read, done=lambda made: (f"/offices/{made}", "web.offices.new.done", {"address": made}))
    return carry_out(visit, _new_page(visit), doing)


@screens.get("/offices/{address}/{act}", needs(Action.ROLE_HOLD))
def show_act(visit: Visit) -> Response:
    """The form of `hold`, `past`, `release` or `hand-over`."""
    return show_form(visit, _page(visit, _holdings(visit)))


@screens.post("/offices/{address}/{act}", needs(Action.ROLE_HOLD))
def do_act(visit: Visit) -> Response:
    """The act."""
    page = _page(visit, _holdings(visit))
    return carry_out(visit, page, _DOING[visit.path["act"]](visit, visit.path["address"]))


def _holdings(visit: Visit) -> Sequence[Holding]:
    """Those of now and later, to whoever may give the office.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    if visit.path["act"] not in _DOING:
        raise NoSuchAccount(visit.path["act"])
    with visit.reading() as (connection, actor):
        mailbox = find_mailbox(connection, visit.path["address"])
        if mailbox.kind is not MailboxKind.ROLE:
            raise NoSuchAccount(mailbox.address)
        check(actor, Action.ROLE_HOLD, subject_of(connection, mailbox))
        past = visit.path["act"] == "past"
        return list_holdings(connection, actor, mailbox.address, past=past, at=visit.at)


def _page(visit: Visit, holdings: Sequence[Holding]) -> ActForm:
    t, act, address = visit.t, visit.path["act"], visit.path["address"]
    here = f"/offices/{address}"
    holders = [(one.holder, f"{one.name} ({one.holder})") for one in holdings]
    return ActForm(
        title=t(f"web.offices.{act}.title", office=address),
        path=f"{here}/{act}",
        back=here,
        button=t(f"web.offices.{act}.button"),
        fields=_FIELDS[act](holders),
        about=[t(f"web.offices.{act}.about")],
        crumbs=((t("web.menu.accounts.offices"), "/offices"), (address, here)),
    )


def _new_page(visit: Visit) -> ActForm:
    t = visit.t
    return ActForm(
        title=t("web.offices.new"),
        path="/offices/new",
        back="/offices",
        button=t("web.offices.new.button"),
        fields=(
            Field("address", "web.offices.address", required=True, help="web.offices.new.address-help"),
            Field("name", "web.offices.name", required=True, help="web.offices.new.name-help"),
            Field("agency", "web.rosters.agency", kind="agency", help="web.offices.new.agency-help"),
            Field("office", "web.offices.office", help="web.offices.new.office-help"),
        ),
        crumbs=((t("web.menu.accounts.offices"), "/offices"),),
    )


def _hold(visit: Visit, role: str) -> Doing[str]:
    def read(form: Form) -> Run[str]:
        holder, reason = form.text("holder", longest=320), form.text("reason")
        begins, ends = first_moment(form.day("from")), end_of(form.day("until"))

        def run(connection: Connection, actor: Actor) -> str:
            service.hold_role(
                connection, actor, role, holder, from_at=begins, until_at=ends, reason=reason, at=visit.at
            )
            return find_mailbox(connection, holder).address

        return run

    def foresee(connection: Connection, actor: Actor, given: str) -> Sequence[str]:
        begins = first_moment(visit.form.day("from"))
        told = [visit.t("web.offices.hold.late")] if begins is not None and begins + DAY <= visit.at else []
        return [*told, *_foresee(visit, role)(connection, actor, given)]

    return Doing(read=read, foresee=foresee, done=_held(role))


def _past(visit: Visit, role: str) -> Doing[str]:
    def read(form: Form) -> Run[str]:
        holder, reason = form.text("holder", longest=320), form.text("reason")
        begins, ends = first_moment(form.day("from")), end_of(form.day("until"))
        if begins is not None and ends is not None and ends <= begins:
            form.mend("until", "web.offices.past.order")
        elif ends is not None and ends > visit.at:
            form.mend("until", "web.offices.past.not-over")

        def run(connection: Connection, actor: Actor) -> str:
            assert begins is not None
            assert ends is not None
            service.enter_past_holding(
                connection, actor, role, holder, from_at=begins, until_at=ends, reason=reason, at=visit.at
            )
            return find_mailbox(connection, holder).address

        return run

    def foresee(connection: Connection, actor: Actor, holder: str) -> Sequence[str]:
        """The entry as it will stand in the book, and who else held the office at that time."""
        book = list_holdings(connection, actor, role, at=visit.at)
        new = max((one for one in book if one.holder == holder), key=lambda one: one.entered_at or 0)
        until = visit.at if new.until_at is None else new.until_at
        told = [_entry(visit, "web.offices.past.entry", new), visit.t("web.offices.past.opens-nothing")]
        beside = (one for one in book if one.holder != holder and not one.void and one.from_at < until)
        return told + [
            _entry(visit, "web.offices.past.beside", one)
            for one in beside
            if one.until_at is None or one.until_at > new.from_at
        ]

    def done(holder: str) -> tuple[str, str, dict[str, object]]:
        return f"/offices/{role}", "web.offices.past.done", {"holder": holder}

    return Doing(read=read, foresee=foresee, done=done)


def _entry(visit: Visit, text: str, one: Holding) -> str:
    return visit.t(text, name=one.name, address=one.holder, period=period_words(visit, one))


def _release(visit: Visit, role: str) -> Doing[str]:
    def read(form: Form) -> Run[str]:
        holder, reason = form.text("holder", longest=320), form.text("reason")

        def run(connection: Connection, actor: Actor) -> str:
            service.release_role(connection, actor, role, holder, reason=reason, at=visit.at)
            return holder

        return run

    def done(holder: str) -> tuple[str, str, dict[str, object]]:
        return f"/offices/{role}", "web.offices.release.done", {"holder": holder}

    return Doing(read=read, foresee=_foresee(visit, role), done=done)


def _hand_over(visit: Visit, role: str) -> Doing[str]:
    def read(form: Form) -> Run[str]:
        holder, heir = form.text("holder", longest=320), form.text("successor", longest=320)
        note, ends = form.text("note"), end_of(form.day("until"))

        def run(connection: Connection, actor: Actor) -> str:
            service.hand_over_role(connection, actor, role, holder, heir, reason=note, until_at=ends, at=visit.at)
            return find_mailbox(connection, heir).address

        return run

    return Doing(read=read, foresee=_foresee(visit, role), done=_held(role))


def _held(role: str) -> Callable[[str], tuple[str, str, dict[str, object]]]:
    def done(holder: str) -> tuple[str, str, dict[str, object]]:
        login = shared_login(role, holder)
        return f"/offices/{role}", "web.offices.hold.done", {"holder": holder, "login": login}

    return done


def _foresee(visit: Visit, role: str) -> Callable[[Connection, Actor, str], Sequence[str]]:
    """Who holds the office afterwards."""

    def foresee(connection: Connection, actor: Actor, _: str) -> Sequence[str]:
        after = list_holdings(connection, actor, role, past=False, at=visit.at)
        told = [visit.t("web.offices.after.holds", name=one.name, address=one.holder) for one in after]
        return told or [visit.t("web.offices.after.nobody")]

    return foresee


def _hold_fields(_: Sequence[tuple[str, str]]) -> Sequence[Field]:
    return (
        Field("holder", "web.offices.holder", required=True, help="web.offices.hold.holder-help"),
        Field("from", "web.offices.from", kind="date", help="web.offices.hold.from-help"),
        Field("until", "web.offices.until", kind="date", help="web.offices.hold.until-help"),
        Field("reason", "web.offices.because", help="web.offices.because-help"),
    )


def _past_fields(_: Sequence[tuple[str, str]]) -> Sequence[Field]:
    return (
        Field("holder", "web.offices.past.holder", required=True, help="web.offices.past.holder-help"),
        Field("from", "web.offices.from", kind="date", required=True),
        Field("until", "web.offices.until", kind="date", required=True),
        Field("reason", "web.offices.because", required=True, help="web.offices.because-help"),
    )


def _release_fields(holders: Sequence[tuple[str, str]]) -> Sequence[Field]:
    return (
        Field("holder", "web.offices.holder", kind="select", options=holders, required=True),
        Field("reason", "web.organisation.reason", kind="area"),
    )


def _hand_over_fields(holders: Sequence[tuple[str, str]]) -> Sequence[Field]:
    return (
        Field("holder", "web.offices.hand-over.holder", kind="select", options=holders, required=True),
        Field("successor", "web.offices.hand-over.successor", required=True, help="web.offices.hold.holder-help"),
        Field("note", "web.offices.hand-over.note", kind="area", required=True, help="web.offices.hand-over.note-help"),
        Field("until", "web.offices.until", kind="date", help="web.offices.hold.until-help"),
    )


_DOING: dict[str, Callable[[Visit, str], Doing[Any]]] = {
    "hold": _hold,
    "past": _past,
    "release": _release,
    "hand-over": _hand_over,
}
_FIELDS: dict[str, Callable[[Sequence[tuple[str, str]]], Sequence[Field]]] = {
    "hold": _hold_fields,
    "past": _past_fields,
    "release": _release_fields,
    "hand-over": _hand_over_fields,
}
