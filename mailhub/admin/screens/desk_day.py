"""Văn bản qua thư hôm nay: what a clerk enters in the register of the day, in its columns, to print or as a table.

Columns: Nghị định 30/2020/NĐ-CP, Phụ lục IV: Sổ đăng ký văn bản đến and đi. What the hub does not know (Số đến, Ký
nhận …) is left blank for the clerk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from starlette.responses import Response

from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.templating import day as day_words
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.export import CSV, XLSX, as_csv, as_xlsx, attachment
from mailhub.admin.screens.documents import issued_on, may_see_codes
from mailhub.clock import local_time
from mailhub.documents.type_names import type_name
from mailhub.i18n import Texts
from mailhub.registry.filtering import DIRECTIONS, IN, OUT
from mailhub.registry.register import Place, Register, RegisterLine, day_register, list_places

screens = Screens()
_MOST_NAMED = 5
_FIRST_DAY = date(2000, 1, 1)
Told = Callable[[RegisterLine], str]


def _nothing(_: RegisterLine) -> str:
    return ""


def _came_on(one: RegisterLine) -> str:
    return day_words(local_time(one.at).date())


def _what(one: RegisterLine) -> str:
    kind = type_name(one.line.doc_type) if one.line.doc_type else ""
    return ". ".join(part for part in (kind, one.line.subject) if part)


def _to(one: RegisterLine) -> str:
    return _listed(one.to)


def _sent_to(one: RegisterLine) -> str:
    return _listed(one.named or one.to)


def _listed(names: Sequence[str]) -> str:
    more = f" (+{len(names) - _MOST_NAMED})" if len(names) > _MOST_NAMED else ""
    return "; ".join(names[:_MOST_NAMED]) + more


def _note(one: RegisterLine) -> str:
    return ", ".join(one.codes[:_MOST_NAMED])


# In the decree's order; what has no teller is left blank.
COLUMNS: dict[str, tuple[tuple[str, Told], ...]] = {
    IN: (
        ("arrived", _came_on), ("arrival-number", _nothing), ("author", lambda one: one.line.issuer),
        ("number", lambda one: one.line.number_symbol), ("day", lambda one: issued_on(one.line.issue_date)),
        ("what", _what), ("receiver", _to), ("passed-on", _nothing), ("signed-for", _nothing), ("note", _note),
    ),
    OUT: (
        ("number", lambda one: one.line.number_symbol), ("day", lambda one: issued_on(one.line.issue_date)),
        ("what", _what), ("signer", lambda one: one.line.signer), ("sent-to", _sent_to), ("kept-by", _nothing),
        ("copies", _nothing), ("sent-on", _came_on), ("signed-for", _nothing), ("note", _note),
    ),
}  # fmt: skip


@screens.get("/documents/today", needs(Action.DOCUMENT_READ))
def show_day(visit: Visit) -> Response:
    """GET place=CODE|ADDRESS, day, direction=in|out, format=xlsx|csv: the register of that day."""
    with visit.reading() as (connection, actor):
        places = list_places(connection, actor)
    query = visit.query
    direction = query["direction"] if query.get("direction") in DIRECTIONS else IN
    today = local_time(visit.at).date()
    chosen = _day(query.get("day", ""), today)
    key = query.get("place", "").strip()[:320] or _usual(visit, places)
    register, problem = None, ""
    if key:
        try:
            with visit.writing() as (connection, actor):
                register = day_register(connection, actor, key, chosen, direction)
        except NoSuchAgency:
            problem = "web.documents.no-place"
    titles = [visit.t(f"web.documents.register.{direction}.{name}") for name, _ in COLUMNS[direction]]
    rows = [_row(visit.t, one, direction) for one in register.lines] if register else []
    if register is not None and query.get("format") in (CSV, XLSX):
        return _file(titles, rows, register, direction, query["format"])
    return visit.page(
        "documents/today.html", places=places, key=key, day_chosen=chosen, direction=direction, register=register,
        titles=titles, rows=rows, ids=[one.line.id for one in register.lines] if register else [], problem=problem,
        before=chosen - timedelta(days=1), after=chosen + timedelta(days=1) if chosen < today else None,
        name=visit.t(f"web.documents.register.{direction}"), traces=may_see_codes(visit.actor),
    )  # fmt: skip


def _row(t: Texts, one: RegisterLine, direction: str) -> list[str]:
    """In the columns' order; the last, the note, says the seal as well."""
    *cells, note = (tell(one) for _, tell in COLUMNS[direction])
    return [*cells, f"{note}; {t('web.documents.sealed')}" if one.sealed else note]


def _file(
    titles: Sequence[str], rows: Sequence[Sequence[str]], register: Register, direction: str, form: str
) -> Response:
    way = "den" if direction == IN else "di"
    name = f"van-ban-{way}-{register.day.isoformat()}.{form}"
    content = as_csv(titles, rows) if form == CSV else as_xlsx(titles, rows, sheet=f"{way} {register.day:%d-%m-%Y}")
    return attachment(content, name, form)


def _usual(visit: Visit, places: Sequence[Place]) -> str:
    """The desk of the visitor's own agency, if there is one, else the only or first one that is a desk at all."""
    own = visit.actor.name.partition("@")[0] if visit.actor else ""
    wanted = [one for one in places if one.desk.startswith(("vanthu", "van-thu", "vt."))]
    return next((one.desk for one in wanted if own and own in one.desk), wanted[0].desk if wanted else "")


def _day(text: str, today: date) -> date:
    """The day that was asked for, between the first that a hub may know and today."""
    try:
        return max(_FIRST_DAY, min(date.fromisoformat(text), today))
    except ValueError:
        return today
