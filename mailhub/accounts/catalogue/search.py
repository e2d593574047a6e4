"""Finding somebody in the directory by any words: of the name, the post, the agency, the address, without marks.

Each word has to be found somewhere. What is found stands in this order: the name or the address itself; names that
begin with the words; those in which each word begins one; all others. A page begins behind the last entry of the
page before (keyset), so that the hundredth page costs what the first one did.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_

from mailhub.accounts import audit
from mailhub.accounts.catalogue.entries import Entry, View, entries, entry_of
from mailhub.accounts.errors import InvalidValue, NoSuchAgency
from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import below, find_agency, hidden_agencies
from mailhub.text.folding import fold

_MOST_WORDS = 8  # of a query; the others are left out
_LONGEST = 200
_ESCAPED = re.compile(r"([\\%_])")


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, and where the next page begins ('' = this was the last)."""

    entries: Sequence[Entry]
    cursor: str


def search_directory(
    connection: Connection,
    actor: Actor | None,
    words: str = "",
    *,
    view: View = View.INTERNAL,
    agency: str = "",
    cursor: str = "",
    limit: int = 50,
    at: int,
) -> Page:
    """A page of what the words find ('' = everybody), from behind `cursor` on.

    `agency` is a code: that agency and those below it. `actor` None is the public.

    Raises:
        NotAllowed, NoSuchAgency. InvalidValue: not a cursor of this search.
    """
    view = View.PUBLIC if actor is None else view
    asked = fold(words)[:_LONGEST].split()[:_MOST_WORDS]
    rank = _rank(asked)
    query = entries(connection, actor, view, at=at).add_columns(rank.label("rank"))
    if agency:
        query = query.where(Mailbox.agency_id.in_(below(_visible_agency(connection, actor, view, agency))))
    for word in asked:
        query = query.where(_holds(word))
    if cursor:
        tier, folded, number = _read_cursor(cursor)
        behind = or_(Mailbox.folded > folded, and_(Mailbox.folded == folded, Mailbox.id > number))
        query = query.where(or_(rank > tier, and_(rank == tier, behind)))
    rows = connection.execute(query.order_by(rank, Mailbox.folded, Mailbox.id).limit(limit + 1)).all()
    shown, more = rows[:limit], len(rows) > limit
    last = _cursor(shown[-1].rank, shown[-1].folded, shown[-1].id) if more else ""
    return Page([entry_of(row, view) for row in shown], last)


def every_entry(
    connection: Connection, actor: Actor | None, *, view: View = View.INTERNAL, agency: str = "", at: int
) -> Iterator[Entry]:
    """Everybody, by agency, offices before people: for exports.

    Raises:
        NotAllowed, NoSuchAgency.
    """
    view = View.PUBLIC if actor is None else view
    query = entries(connection, actor, view, at=at)
    if agency:
        query = query.where(Mailbox.agency_id.in_(below(_visible_agency(connection, actor, view, agency))))
    query = query.order_by(Agency.folded, Agency.id, Mailbox.kind.desc(), Mailbox.folded, Mailbox.id)
    for row in connection.execute(query):
        yield entry_of(row, view)


def note_export(connection: Connection, actor: Actor, *, view: View, agency: str, entries: int, form: str) -> None:
    """Leave a row in the audit log that so many people's addresses left the hub in one file."""
    subject = Subject(kind="directory", name=agency or "all")
    after = {"view": view, "entries": entries, "form": form}
    audit.record(connection, actor, Action.DIRECTORY_READ, subject, after=after)


def _holds(word: str) -> ColumnElement[bool]:
    """Whether the word stands in the name, the address, the post, or the agency's name or code."""
    pattern = f"%{_plain(word)}%"
    return or_(*(place.like(pattern, escape="\\") for place in _places()))


def _rank(asked: Sequence[str]) -> ColumnElement[int]:
    if not asked:
        return case((Mailbox.id.is_(None), 1), else_=0)  # everybody alike; a bare 0 would name a column
    whole, plain = " ".join(asked), _plain(" ".join(asked))
    exact = or_(
        Mailbox.address == whole,
        Mailbox.address.like(f"{plain}@%", escape="\\"),
        # The folded words are the name, then the address (people/folded.py): so the words are the whole name.
        Mailbox.folded.like(literal(f"{plain} ").concat(Mailbox.address).concat("%"), escape="\\"),
    )
    begins = Mailbox.folded.like(f"{plain}%", escape="\\")
    starts = and_(*(_begins_a_word(word) for word in asked))
    return case((exact, 0), (begins, 1), (starts, 2), else_=3)


def _begins_a_word(word: str) -> ColumnElement[bool]:
    patterns = (f"{_plain(word)}%", f"% {_plain(word)}%")
    return or_(*(place.like(pattern, escape="\\") for place in _places() for pattern in patterns))


def _places() -> tuple[ColumnElement[str], ...]:
    return Mailbox.__table__.c.folded, Agency.__table__.c.folded, func.lower(Agency.code)


def _plain(word: str) -> str:
    return _ESCAPED.sub(r"\\\1", word)


def _visible_agency(connection: Connection, actor: Actor | None, view: View, code: str) -> int:
    number = find_agency(connection, code)
    if number in hidden_agencies(connection, None if view is View.PUBLIC else actor):
        raise NoSuchAgency(f"no agency has the code {code!r}")
    return number


def _cursor(tier: int, folded: str, number: int) -> str:
    key = json.dumps([tier, folded, number], ensure_ascii=False)
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, str, int]:
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        tier, folded, number = key
        return int(tier), str(folded), int(number)
    except (ValueError, TypeError, binascii.Error):
        raise InvalidValue("not a cursor of this search") from None
