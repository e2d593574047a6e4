"""The tree of agencies, and one agency: what it is, what lies below it, who works there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts import service
from mailhub.accounts.control.grants import list_grants
from mailhub.accounts.errors import NoSuchAgency, NotAllowed
from mailhub.accounts.organisation import TreeLine, domain_picture, find_agency_row
from mailhub.accounts.organisation.pools import pool_of
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.sharing.office_list import list_offices
from mailhub.accounts.tree import agency_subject, code_of
from mailhub.admin.frame.access import needs, reaches_others
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import check
from mailhub.admin.organisation.choices import agencies_within
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
    """The tree of what one may see, a level at a time: `?below=CODE` is what htmx asks for, `?q=` finds by name, code
    or identifier."""
    query = visit.query
    ended, q, below = query.get("ended") == "1", query.get("q", "").strip()[:200], query.get("below", "")
    with visit.reading() as (connection, actor):
        lines = agencies_within(connection, actor, Action.ACCOUNT_READ, ended=ended, at=visit.at)
    if below and visit.is_part:
        return visit.page("agencies/level.html", nodes=_below(lines, below), ended=ended)
    found = _search(lines, q) if q else None
    nodes = [] if q else _tops(lines)
    top = nodes[0].line if len(nodes) == 1 else None
    if top is not None:
        nodes = _below(lines, top.code)
    may_add = visit.actor is not None and top is not None and reaches_others(visit.actor, (Action.AGENCY_ADD,))
    return visit.page(
        "agencies/tree.html",
        found=found,
        top=top,
        nodes=nodes,
        may_add=may_add,
        q=q,
        ended=ended,
        most=_MOST_FOUND,
    )


@screens.get("/agencies/{code}", needs(Action.ACCOUNT_READ))
def show_agency(visit: Visit) -> Response:
    """One agency."""
    code, settings = visit.path["code"], visit.site.settings
    with visit.reading() as (connection, actor):
        lines = service.tree(connection, actor, code, depth=1, ended=True, at=visit.at)
        line = lines[0]
        subject = agency_subject(connection, "agency", code, line.id)
        check(actor, Action.ACCOUNT_READ, subject)
        row = find_agency_row(connection, code)
        facts = _facts(connection, code)
        pool = pool_of(connection, line.id, settings.mailboxes.quota_mib)
        offices = list_offices(connection, actor, agency=code, limit=_MOST_OFFICES, at=visit.at)
        acts = [act for act, action in ACTS.items() if may(actor, action, subject)]
        acts = [act for act in acts if _fits(act, ends=row["ends_on"] is not None, root=line.parent_id is None)]
        path = _path(connection, actor, row["parent_id"])
        others = [number for number in (row["parent_id"], row["successor_id"]) if number is not None]
        open_to = {code for number in others for _, code in _path(connection, actor, number)[-1:]}
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
        open_to=open_to,
    )


def word_of(visit: Visit, key: str, value: object) -> object:
    """Words that the hub itself goes by (`commune`, `xa`) as people say them; others as they were typed."""
    return visit.t(f"web.agencies.word.{value}") if key in ("kind", "level") and value in _WORDS else value


def _fits(act: str, *, ends: bool, root: bool) -> bool:
    """Whether the act makes sense for it: the province neither moves nor ends, what has an end may be reopened."""
    if act == "reopen":
        return ends
    return not (root and act in ("move", "end")) and not (ends and act in ("end", "add", "move"))


def _tops(lines: Sequence[TreeLine]) -> list[Node]:
    """The agencies that lie below none of the others: the province, or what one administers."""
    there, above = {line.id for line in lines}, {line.parent_id for line in lines}
    return [Node(line, line.id in above) for line in lines if line.parent_id not in there]


def _below(lines: Sequence[TreeLine], code: str) -> list[Node]:
    """What is directly below an agency.

    Raises:
        NoSuchAgency: it is not among them.
    """
    number = next((line.id for line in lines if line.code == code), None)
    if number is None:
        raise NoSuchAgency(code)
    above = {line.parent_id for line in lines}
    return [Node(line, line.id in above) for line in lines if line.parent_id == number]


def _search(lines: Sequence[TreeLine], q: str) -> list[TreeLine]:
    wanted = fold(q).split()
    folded = ((line, fold(f"{line.name} {line.code} {line.identifier}")) for line in lines)
    return [line for line, words in folded if all(word in words for word in wanted)][: _MOST_FOUND + 1]


def _facts(connection: Connection, code: str) -> list[tuple[str, object]]:
    row = find_agency_row(connection, code)
    shown = dict(domain_picture(row))
    shown |= {
        "parent_id": code_of(connection, row["parent_id"]),
        "successor_id": code_of(connection, row["successor_id"]),
    }
    return [(key, shown[key]) for key in (*_FACTS, *_MORE_FACTS)]


def _path(connection: Connection, actor: Actor, parent_id: int | None) -> list[tuple[str, str]]:
    """(name, code) of those above that one may see, the highest first."""
    found = []
    while parent_id is not None:
        row = find_agency_row(connection, code_of(connection, parent_id))
        if may(actor, Action.ACCOUNT_READ, agency_subject(connection, "agency", row["code"], row["id"])):
            found.append((row["name"], row["code"]))
        parent_id = row["parent_id"]
    return found[::-1]


def _grants(connection: Connection, actor: Actor, code: str) -> list[tuple[str, str, str]]:
    """(name, address, role) of those who administer exactly this agency, to whoever may see rights."""
    try:
        rows = list_grants(connection, actor)
    except NotAllowed:
        return []
    return [(row.name, row.account, row.role) for row in rows if row.agency == code]
