"""A role mailbox is opened, given to somebody, taken back, handed over with its record (biên bản)."""

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
from mailhub.accounts.sharing.roles import Holding, list_holdings
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import ActForm, Doing, Field, Run, carry_out, check, show_form
from mailhub.admin.organisation.days import end_of, first_moment
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
    """The form of `hold`, `release` or `hand-over`."""
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
        return list_holdings(connection, actor, mailbox.address, past=False, at=visit.at)


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
            Field("agency", "web.rosters.agency", help="web.offices.new.agency-help"),
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

    return Doing(read=read, foresee=_foresee(visit, role), done=_held(role))


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
        Field("reason", "web.organisation.reason", kind="area"),
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
    "release": _release,
    "hand-over": _hand_over,
}
_FIELDS: dict[str, Callable[[Sequence[tuple[str, str]]], Sequence[Field]]] = {
    "hold": _hold_fields,
    "release": _release_fields,
    "hand-over": _hand_over_fields,
}
