"""Chứng thư số: whom certificates were issued to, where a person said so."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from mailhub.accounts.errors import InvalidValue, NoSuchAgency
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.admin.people.words import who
from mailhub.i18n import Texts
from mailhub.signatures import subscribers
from mailhub.signatures.subscribers import SubscriberRow
from mailhub.signatures.trust.errors import NoSuchCertificate
from mailhub.signatures.verdict import Subscriber
from mailhub.text.fingerprints import spaced
from mailhub.text.folding import fold

screens = Screens()
KINDS = (Subscriber.PERSON.value, Subscriber.AGENCY.value)


@screens.get("/signatures/certificates", needs(Action.SUBJECT_CONFIRM))
def list_certificates(visit: Visit) -> Response:
    """GET: what was confirmed, and the form to confirm another."""
    return _list(visit)


@screens.post("/signatures/certificates", needs(Action.SUBJECT_CONFIRM))
def confirm(visit: Visit) -> Response:
    """POST certificate, subscriber, name, agency, reason."""
    form = visit.form
    certificate, name = form.text("certificate", required=True), form.text("name", required=True, longest=300)
    kind, agency = form.choice("subscriber", KINDS), form.text("agency", longest=64)
    reason = form.text("reason", required=True)
    if form:
        try:
            with visit.writing() as (connection, actor):
                subscribers.confirm_subscriber(
                    connection, actor, certificate, Subscriber(kind), name, agency=agency, reason=reason
                )
            return visit.go("/signatures/certificates", "web.signatures.subject-confirmed", name=name)
        except NoSuchAgency:
            form.mend("agency", "web.signatures.no-agency")
        except InvalidValue:
            form.mend("certificate", "web.signatures.bad-fingerprint")
    return _list(visit)


@screens.get("/signatures/certificates/{certificate}", needs(Action.SUBJECT_CONFIRM))
def show_one(visit: Visit) -> Response:
    """GET: one of them, and the form to take it back."""
    return visit.page("signatures/subject.html", row=_find(visit), spaced=spaced, who=partial(who, visit.t))


@screens.post("/signatures/certificates/{certificate}/forget", needs(Action.SUBJECT_CONFIRM))
def forget(visit: Visit) -> Response:
    """POST reason: take back what was confirmed."""
    reason = visit.form.text("reason", required=True)
    row = _find(visit)
    if not visit.form:
        return visit.page("signatures/subject.html", status=422, row=row, spaced=spaced, who=partial(who, visit.t))
    with visit.writing() as (connection, actor):
        subscribers.forget_subscriber(connection, actor, row.certificate, reason=reason)
    return visit.go("/signatures/certificates", "web.signatures.subject-forgotten", name=row.name)


def _find(visit: Visit) -> SubscriberRow:
    with visit.reading() as (connection, actor):
        rows = subscribers.list_subscribers(connection, actor)
    found = next((one for one in rows if one.certificate == visit.path["certificate"]), None)
    if found is None:
        raise NoSuchCertificate("nobody confirmed whom this certificate belongs to")
    return found


def _list(visit: Visit) -> Response:
    t = visit.t
    listing = Listing(
        name="chung-thu",
        columns=_columns(t),
        fetch=lambda wanted: _fetch(visit, wanted),
        filters=[Filter("kind", "web.signatures.kind", [(one, t(f"signature.subscriber.{one}")) for one in KINDS])],
        search_hint="web.signatures.search-subjects",
        empty="web.signatures.no-subjects",
    )
    kinds = [(one, t(f"signature.subscriber.{one}")) for one in KINDS]
    response = show(visit, listing, "signatures/certificates.html", kinds=kinds, form=visit.form)
    if visit.form.wrong:
        response.status_code = 422
    return response


def _columns(t: Texts) -> list[Column[SubscriberRow]]:
    return [
        Column("name", "web.signatures.name", _name),
        Column("kind", "web.signatures.kind", lambda one: Cell(t(f"signature.subscriber.{one.subscriber.value}"))),
        Column("agency", "web.signatures.agency", _agency),
        Column("by", "web.signatures.confirmed-by", lambda one: _by(t, one)),
        Column("certificate", "web.signatures.fingerprint", _fingerprint),
    ]


def _name(one: SubscriberRow) -> Cell:
    return Cell(one.name, href=f"/signatures/certificates/{one.certificate}")


def _by(t: Texts, one: SubscriberRow) -> Cell:
    return Cell(who(t, one.confirmed_by), note=when(one.confirmed_at))


def _agency(one: SubscriberRow) -> Cell:
    return Cell(one.agency, href=f"/agencies/{one.agency}") if one.agency else Cell("–")


def _fingerprint(one: SubscriberRow) -> Cell:
    return Cell(one.certificate[:16] + "…", value=one.certificate)


def _fetch(visit: Visit, wanted: Wanted) -> Slice[SubscriberRow]:
    """They are a few hundred at most: the page after a name is found in the list."""
    with visit.reading() as (connection, actor):
        rows = subscribers.list_subscribers(connection, actor)
    words, kind = fold(wanted.q), wanted.get("kind")
    fits = [
        one
        for one in rows
        if (not words or words in fold(f"{one.name} {one.agency} {one.certificate}"))
        and (not kind or one.subscriber.value == kind)
    ]
    first = next((place for place, one in enumerate(fits, 1) if one.certificate == wanted.after), 0)
    page = fits[first : first + wanted.limit]
    return Slice(page, page[-1].certificate if first + wanted.limit < len(fits) else "", len(fits))
