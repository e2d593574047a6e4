"""/incidents: state secrets that turned up. What was sealed is never shown here: it is opened by two people, with the
officer's key, away from the web (mailhub incident open)."""

from __future__ import annotations

from starlette.responses import Response

from mailhub.accounts.errors import AccountError, NotAllowed, NotFound
from mailhub.accounts.rights import Action, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import when
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.paging import keyed
from mailhub.admin.listing.show import show
from mailhub.admin.listing.values import Cell, Column, Filter, Listing, Slice, Wanted
from mailhub.incidents import acts, reading
from mailhub.incidents.models import IncidentState
from mailhub.incidents.officers import incident_subject
from mailhub.incidents.reading import IncidentRow
from mailhub.incidents.report_draft import draft

screens = Screens()


@screens.get("/incidents", needs(Action.INCIDENT_READ))
def list_incidents(visit: Visit) -> Response:
    """The newest first."""

    def fetch(wanted: Wanted) -> Slice[IncidentRow]:
        state = wanted.get("state")
        with visit.reading() as (connection, actor):
            found = reading.list_incidents(connection, actor, state=IncidentState(state) if state else None)
        before = wanted.after_number
        return keyed([row for row in found if not before or row.id < before], wanted.limit, lambda row: row.id)

    return show(visit, _listing(visit, fetch), "mail/incidents.html")


@screens.get("/incidents/{number}", needs(Action.INCIDENT_READ))
def show_incident(visit: Visit) -> Response:
    """One of them: who, when, by which rule, what was done; of the content nothing."""
    return _show(visit)


@screens.post("/incidents/{number}/report", needs(Action.INCIDENT_CHANGE))
def report(visit: Visit) -> Response:
    """POST text: keep the report that was sent to the authority."""
    text = visit.form.text("text", required=True, longest=acts.LONGEST_REPORT)
    if visit.form:
        try:
            with visit.writing() as (connection, actor):
                acts.report(connection, actor, visit.path["number"], text, at=visit.at)
            return visit.go(f"/incidents/{visit.path['number']}", "web.incident.did.report")
        except AccountError as error:
            _beside(visit, "text", error)
    return _show(visit, status=422)


@screens.post("/incidents/{number}/close", needs(Action.INCIDENT_CHANGE))
def close(visit: Visit) -> Response:
    """POST reason."""
    return _close(visit, "")


@screens.post("/incidents/{number}/mistaken", needs(Action.INCIDENT_OPEN))
def mistaken(visit: Visit) -> Response:
    """POST reason, and the code of a second person's agreement; without the code that is asked for."""
    return _close(visit, visit.form.text("proposal", longest=20), is_mistaken=True)


def _close(visit: Visit, proposal: str, *, is_mistaken: bool = False) -> Response:
    form, number = visit.form, visit.path["number"]
    field = "because" if is_mistaken else "reason"
    reason = form.text(field, required=True)
    if form:
        try:
            said, code = "web.incident.did.close", ""
            with visit.writing() as (connection, actor):
                if not is_mistaken:
                    acts.close(connection, actor, number, reason=reason, at=visit.at)
                elif proposal:
                    acts.close_mistaken(connection, actor, number, proposal, reason=reason, at=visit.at)
                    said = "web.incident.did.mistaken"
                else:
                    code = acts.propose_mistaken(connection, actor, number, reason=reason, at=visit.at)
                    said = "web.incident.did.propose"
            return visit.go(f"/incidents/{number}", said, code=code)
        except AccountError as error:
            _beside(visit, field, error)
    return _show(visit, status=422)


def _beside(visit: Visit, field: str, error: AccountError) -> None:
    if isinstance(error, (NotAllowed, NotFound)) and not type(error).__name__.startswith("NoSuchProposal"):
        raise error
    visit.form.mend(field, "web.form.refused", detail=str(error))


def _show(visit: Visit, *, status: int = 200) -> Response:
    hub = visit.site.settings.hub
    with visit.reading() as (connection, actor):
        row = reading.show(connection, actor, visit.path["number"])
        subject = incident_subject(connection, row.number, row.agency_id)
        changes = may(actor, Action.INCIDENT_CHANGE, subject)
        opens = may(actor, Action.INCIDENT_OPEN, subject)
    return visit.page(
        "mail/incident.html",
        status=status,
        row=row,
        late=row.is_late(visit.at),
        changes=changes,
        opens=opens,
        state=state_of(visit, row),
        draft="\n".join(draft(row, regulation=hub.regulation, hub=hub.domain)),
    )


def state_of(visit: Visit, row: IncidentRow) -> tuple[str, str]:
    """The words and the badge."""
    if row.is_late(visit.at):
        return visit.t("web.incident.late"), "bad"
    if row.mistaken:
        return visit.t("web.incident.mistaken"), "off"
    badges = {IncidentState.OPEN: "warn", IncidentState.REPORTED: "info", IncidentState.CLOSED: "good"}
    return visit.t(f"web.incident.state.{row.state.value}"), badges[row.state]


def _listing(visit: Visit, fetch: object) -> Listing[IncidentRow]:
    t = visit.t

    def state(row: IncidentRow) -> Cell:
        words, badge = state_of(visit, row)
        return Cell(words, badge=badge)

    return Listing(
        name="su-co",
        columns=[
            Column("number", "web.incident.number", lambda row: Cell(
                row.number, href=f"/incidents/{row.number}", note=row.code), tight=True),
            Column("opened", "web.incident.opened",
                   lambda row: Cell(when(row.opened_at), at=row.opened_at), tight=True),
            Column("sender", "web.mail.sender", lambda row: Cell(row.sender or "<>", note=row.agency)),
            Column("level", "web.incident.level", lambda row: Cell(row.level)),
            Column("kept", "web.incident.kept", lambda row: Cell(t(f"web.incident.kept.{row.kept.value}"))),
            Column("deadline", "web.incident.deadline",
                   lambda row: Cell(when(row.deadline_at), at=row.deadline_at), tight=True),
            Column("state", "web.mail.state", state, tight=True),
        ],
        fetch=fetch,  # type: ignore[arg-type]
        filters=[Filter("state", "web.mail.state", options=[
            (one.value, t(f"web.incident.state.{one.value}")) for one in IncidentState])],
        searches=False,
        empty="web.incident.empty",
    )  # fmt: skip
