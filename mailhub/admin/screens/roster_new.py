"""A staff list is sent to the hub: read in the sandbox and compared as work with progress; nothing else changes yet."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.responses import Response

from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.jobs import Progress
from mailhub.admin.frame.routes import MEGABYTE, Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import check
from mailhub.admin.organisation.choices import agencies_within
from mailhub.admin.organisation.lists import (
    GivenFile,
    job_kind,
    originals,
    plan_list,
    sealer_of,
    worker_of,
)
from mailhub.roster.errors import NoSuchImport
from mailhub.roster.headers import Field, words_of
from mailhub.roster.keeping import ROSTER, check_readable, find_import, subject_of_import
from mailhub.roster.source import read_original

screens = Screens()
_UPLOAD_MIB = 50
_MOST_SUGGESTED = 500
_PLANNING = "roster"


@screens.get("/rosters/new", needs(Action.ROSTER_PLAN))
def new_roster(visit: Visit) -> Response:
    """The form."""
    return _form(visit)


@screens.post("/rosters/new", needs(Action.ROSTER_PLAN), upload_mib=_UPLOAD_MIB)
def plan_roster(visit: Visit) -> Response:
    """Begin reading; the page of the work leads to the plan."""
    form = visit.form
    file = form.files.get("file")
    data = _bytes_of(visit, file)
    agency, origin = form.text("agency", longest=64), form.text("origin", longest=200)
    dated, complete = form.day("dated"), form.chosen("complete")
    with visit.reading() as (connection, actor):
        if not _may_plan(connection, actor, agency):
            form.mend("agency", "web.organisation.refused.not-there")
    if not form or file is None:
        return _form(visit, status=422)
    name = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1][:300]
    given = GivenFile(name=name, data=data, agency=agency, complete=complete, origin=origin, dated=dated)
    return _begin(visit, given, _PLANNING)


@screens.get("/rosters/{code}/columns", needs(Action.ROSTER_PLAN))
def ask_columns(visit: Visit) -> Response:
    """Which column is what: asked for those that nobody knows."""
    return _columns(visit)


@screens.post("/rosters/{code}/columns", needs(Action.ROSTER_PLAN))
def plan_again(visit: Visit) -> Response:
    """Plan the same file again, with what its columns mean; the hub remembers it for the agency's next list."""
    form, fields = visit.form, [one.value for one in Field]
    with visit.reading() as (connection, actor):
        one = find_import(connection, visit.path["code"])
        check_readable(connection, actor, one)
        check(actor, Action.ROSTER_PLAN, subject_of_import(connection, one))
    if one.kind != ROSTER:
        raise NoSuchImport(one.code)
    said = {}
    for number, label in enumerate(one.options.get("unknown", ())):
        chosen = form.choice(f"column-{number}", fields, required=False)
        if chosen:
            said[words_of(str(label))] = Field(chosen)
    if not said:
        form.mend("", "web.rosters.columns.none")
        return _columns(visit, status=422)
    data = read_original(originals(visit.site.settings), one.file_digest, sealer_of(visit.site.settings))
    dated = str(one.options.get("dated", ""))
    given = GivenFile(
        name=one.file_name,
        data=data,
        agency=one.agency,
        complete=bool(one.options.get("complete")),
        origin=str(one.options.get("origin", "")),
        dated=date.fromisoformat(dated) if dated else None,
        columns=said,
    )
    return _begin(visit, given, job_kind(one.code))


def _begin(visit: Visit, given: GivenFile, kind: str) -> Response:
    worker = worker_of(visit)

    def work(progress: Progress) -> str:
        return f"/rosters/{plan_list(worker, given, progress)}"

    title = visit.t("web.rosters.work.plan", name=given.name)
    return visit.go(visit.site.jobs.start(worker.account_id, kind, title, work))


def _bytes_of(visit: Visit, file: UploadFile | None) -> bytes:
    if file is None:
        visit.form.mend("file", "web.rosters.new.no-file")
        return b""
    data = file.file.read(_UPLOAD_MIB * MEGABYTE + 1)
    if not data:
        visit.form.mend("file", "web.rosters.new.empty")
    elif len(data) > _UPLOAD_MIB * MEGABYTE:
        visit.form.mend("file", "web.rosters.new.too-large", most=_UPLOAD_MIB)
    return data


def _may_plan(connection: Connection, actor: Actor, agency: str) -> bool:
    try:
        number = find_agency(connection, agency)
    except NoSuchAgency:
        return False
    return may(actor, Action.ROSTER_PLAN, agency_subject(connection, "agency", agency, number))


def _form(visit: Visit, *, status: int = 200) -> Response:
    with visit.reading() as (connection, actor):
        lines = agencies_within(connection, actor, Action.ROSTER_PLAN, at=visit.at)
    agencies = [(line.code, line.name) for line in lines[:_MOST_SUGGESTED]]
    most = min(_UPLOAD_MIB, visit.site.settings.web.upload_mib)
    return visit.page("rosters/new.html", status=status, form=visit.form, agencies=agencies, most=most)


def _columns(visit: Visit, *, status: int = 200) -> Response:
    with visit.reading() as (connection, actor):
        one = find_import(connection, visit.path["code"])
        check_readable(connection, actor, one)
    fields = [("", visit.t("web.rosters.columns.unused"))]
    fields += [(field.value, visit.t(f"web.rosters.column-is.{field.value}")) for field in Field]
    labels = list(map(str, one.options.get("unknown", ())))
    return visit.page("rosters/columns.html", status=status, form=visit.form, one=one, labels=labels, fields=fields)
