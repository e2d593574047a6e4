"""The tree of agencies, and one agency: what it is, what lies below it, who works there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts import service
from mailhub.accounts.control.grants import list_grants
from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.organisation import TreeLine, domain_picture, find_agency_row
from mailhub.accounts.organisation.pools import pool_of
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.sharing.office_list import list_offices
from mailhub.accounts.tree import agency_subject, code_of
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.text.folding import fold

screens = Screens()
_MOST_FOUND = 200
_WORDS = ("province", "department", "commune", "office", "tinh", "xa")
_MOST_OFFICES = 50
# What may be done to an agency from its page, and the right that it takes.
ACTS = {
    "change": Action.AGENCY_CHANGE,
    "add": Action.AGENCY_ADD,
    "move": Action.AGENCY_CHANGE,
    "pool": Action.AGENCY_POOL,
    "end": Action.AGENCY_END,
    "reopen": Action.AGENCY_END,
}
_FACTS = ("code", "kind", "level", "parent_id", "identifier", "former_identifier", "block", "domain", "unit_address")
_MORE_FACTS = ("staff", "starts_on", "ends_on", "successor_id")


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree, and whether there is something below it."""

    line: TreeLine
    opens: bool


@screens.get("/agencies", needs(Action.ACCOUNT_READ))
def show_tree(visit: Visit) -> Response:
    """The tree, a level at a time: `?below=CODE` is what htmx asks for, `?q=` finds by name, code or identifier."""
    ended, q, below = visit.query.get("ended") == "1", visit.query.get("q", "").strip()[:200], visit.query.get("below")
    if below and visit.is_part:
        return visit.page("agencies/level.html", nodes=_level(visit, below, ended=ended)[1:], ended=ended)
    if q:
        found = _search(visit, q, ended=ended)
        return visit.page("agencies/tree.html", found=found, top=None, nodes=[], q=q, ended=ended, most=_MOST_FOUND)
    nodes = _level(visit, "", ended=ended)
    top = nodes[0].line if nodes else None
    return visit.page("agencies/tree.html", found=None, top=top, nodes=nodes[1:], q="", ended=ended, most=_MOST_FOUND)


@screens.get("/agencies/{code}", needs(Action.ACCOUNT_READ))
def show_agency(visit: Visit) -> Response:
    """One agency."""
    code, settings = visit.path["code"], visit.site.settings
    with visit.reading() as (connection, actor):
        lines = service.tree(connection, actor, code, depth=1, ended=True, at=visit.at)
        line = lines[0]
        row = find_agency_row(connection, code)
        facts = _facts(connection, code)
        pool = pool_of(connection, line.id, settings.mailboxes.quota_mib)
        offices = list_offices(connection, actor, agency=code, limit=_MOST_OFFICES, at=visit.at)
        subject = agency_subject(connection, "agency", code, line.id)
        acts = [act for act, action in ACTS.items() if may(actor, action, subject)]
        acts = [act for act in acts if _fits(act, ends=row["ends_on"] is not None, root=line.parent_id is None)]
        path = _path(connection, row["parent_id"])
        grants = _grants(connection, actor, code)
    return visit.page(
        "agencies/one.html",
        line=line,
        below=lines[1:],
        facts=[(f"web.agencies.fact.{key}", word_of(visit, key, value)) for key, value in facts if value],
        pool=pool,
        offices=offices,
        grants=grants,
        acts=acts,
        path=path,
    )


def word_of(visit: Visit, key: str, value: object) -> object:
    """Words that the hub itself goes by (`commune`, `xa`) as people say them; others as they were typed."""
    return visit.t(f"web.agencies.word.{value}") if key in ("kind", "level") and value in _WORDS else value


def _fits(act: str, *, ends: bool, root: bool) -> bool:
    """Whether the act makes sense for it: the province neither moves nor ends, what has an end may be reopened."""
    if act == "reopen":
        return ends
    return not (root and act in ("move", "end")) and not (ends and act in ("end", "add", "move"))


def _level(visit: Visit, code: str, *, ended: bool) -> list[Node]:
    """The agency and what is directly below it; asked for two levels, to know what can be opened."""
    with visit.reading() as (connection, actor):
        lines = service.tree(connection, actor, code, depth=2, ended=ended, at=visit.at)
    above = {line.parent_id for line in lines}
    return [Node(line, line.id in above) for line in lines if line.depth < 2]


def _search(visit: Visit, q: str, *, ended: bool) -> list[TreeLine]:
    wanted = fold(q).split()
    with visit.reading() as (connection, actor):
        lines = service.tree(connection, actor, ended=ended, at=visit.at)
    found = []
    for line in lines:
        words = fold(f"{line.name} {line.code} {line.identifier}")
        if all(word in words for word in wanted):
            found.append(line)
    return found[: _MOST_FOUND + 1]


def _facts(connection: Connection, code: str) -> list[tuple[str, object]]:
    row = find_agency_row(connection, code)
    shown = dict(domain_picture(row))
    shown |= {
        "parent_id": code_of(connection, row["parent_id"]),
        "successor_id": code_of(connection, row["successor_id"]),
    }
    return [(key, shown[key]) for key in (*_FACTS, *_MORE_FACTS)]


def _path(connection: Connection, parent_id: int | None) -> list[tuple[str, str]]:
    """(code, code) of those above, the province first; a block's own path ends at what one may see of it."""
    found = []
    code = code_of(connection, parent_id)
    while code:
        row = find_agency_row(connection, code)
        found.append((row["name"], code))
        code = code_of(connection, row["parent_id"])
    return found[::-1]


def _grants(connection: Connection, actor: Actor, code: str) -> list[tuple[str, str, str]]:
    """(name, address, role) of those who administer exactly this agency, to whoever may see rights."""
    try:
        rows = list_grants(connection, actor)
    except NotAllowed:
        return []
    return [(row.name, row.account, row.role) for row in rows if row.agency == code]
