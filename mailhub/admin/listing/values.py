"""What a table is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from mailhub.admin.frame.templating import day
from mailhub.ids import read_id

R = TypeVar("R")
AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place. `text` is data and is escaped; `href` leads on; `badge` is its kind of state
    (good, warn, bad, wait, off, info); `note` is a second, smaller line; `value` is what exports hold instead; `at` is
    the moment (ms) that the text tells: how long ago it is shows when one points at it."""

    text: str
    href: str = ""
    badge: str = ""
    note: str = ""
    value: str | int | None = None
    at: int | None = None

    @property
    def exported(self) -> str | int:
        """What a file gets: the value, or the text with its note."""
        if self.value is not None:
            return self.value
        return f"{self.text} ({self.note})" if self.note else self.text


@dataclass(frozen=True)  # no slots: `Column[Row](…)` sets an attribute
class Column(Generic[R]):
    """`title` is a text id. `cell` makes a row's cell. `sort`: the table can be ordered by it (the fetcher must)."""

    key: str
    title: str
    cell: Callable[[R], Cell]
    sort: bool = False
    tight: bool = False
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """`title` is a text id; `options` are pairs (value, words), asked when the page is made; none: something is typed.

    `kind` is the input's type then (`text`, `date`), or `agency`: its code or name, offered while one types.
    """

    key: str
    title: str
    options: Sequence[tuple[str, str]] = ()
    kind: str = "text"
    placeholder: str = ""

    def words_of(self, value: str) -> str:
        """How a chip says the value; a day as Vietnam writes it, in either language."""
        if self.kind == "date":
            return _in_words(value)
        return next((words for key, words in self.options if key == value), value)


def _in_words(iso: str) -> str:
    """`03/03/2026` for `2026-03-03`; what is no day as somebody typed it into the address."""
    try:
        return day(date.fromisoformat(iso))
    except ValueError:
        return iso


@dataclass(frozen=True, slots=True)
class BulkAct:
    """A button for ticked rows: `path` gets them as `x` and shows what would be done before it is."""

    path: str
    title: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. `q` is the search line, `filters` only those that are set, `after` the last row's
    key, `sort` a column's key with `-` before it for downwards, `limit` rows a page."""

    q: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    after: str = ""
    limit: int = 50

    def get(self, key: str) -> str:
        """The filter's value, "" when not set."""
        return self.filters.get(key, "")

    def day(self, key: str) -> date | None:
        """The day that a filter names; None for what is none."""
        try:
            return date.fromisoformat(self.get(key))
        except ValueError:
            return None

    @property
    def after_number(self) -> int:
        """`after` where rows have numbers; 0 for what is none, such as an address that somebody typed."""
        return read_id(self.after) or 0


@dataclass(frozen=True)  # no slots: `Slice[Row](…)` sets an attribute
class Slice(Generic[R]):
    """A page of rows. `next` is the `after` of the following page, "" when this is the last. `total`: when cheap."""

    rows: Sequence[R]
    next: str = ""
    total: int | None = None


@dataclass(frozen=True, kw_only=True)  # no slots: `Listing[Row](…)` sets an attribute
class Listing(Generic[R]):
    """One table. `fetch` asks the service for a page; it is called again and again for an export.

    `row_key` gives what a ticked row sends; `name` names exported files; `search_hint` and `empty` are text ids.
    """

    name: str
    columns: Sequence[Column[R]]
    fetch: Callable[[Wanted], Slice[R]]
    filters: Sequence[Filter] = ()
    searches: bool = True
    search_hint: str = "web.listing.search"
    empty: str = "web.listing.empty"
    row_key: Callable[[R], str] | None = None
    bulk: Sequence[BulkAct] = ()
    default_sort: str = ""
    exports: bool = True
