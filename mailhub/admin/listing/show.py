"""A table as a page, as the part of a page that htmx asks for, or as a file of exactly what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from mailhub.accounts.errors import NoSuchAgency, NotAllowed
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.agencies import Named, name_agencies
from mailhub.admin.listing.export import CSV, XLSX, as_csv, as_xlsx, attachment
from mailhub.admin.listing.values import Listing, Slice, Wanted

R = TypeVar("R")
SIZES = (25, 50, 100, 200)
MOST_EXPORTED = 100_000
_BATCH = 1_000


def read_wanted(visit: Visit, listing: Listing[Any]) -> Wanted:
    """What the address asks of this table; what it does not know is left out."""
    query = visit.query
    filters = {one.key: query[one.key].strip() for one in listing.filters if query.get(one.key, "").strip()}
    for one in listing.filters:
        if one.options and one.key in filters and filters[one.key] not in {key for key, _ in one.options}:
            del filters[one.key]
    sortable = {column.key for column in listing.columns if column.sort}
    sort = query.get("sort", "")
    if sort.removeprefix("-") not in sortable:
        sort = listing.default_sort
    size = query.get("size", "")
    limit = int(size) if size in map(str, SIZES) else SIZES[1]
    return Wanted(query.get("q", "").strip()[:500], filters, sort, query.get("after", "")[:500], limit)


def show(
    visit: Visit, listing: Listing[R], template: str, /, *, part: str = "parts/table.html", **values: Any
) -> Response:
    """Answer a GET: `template` extends `listing.html`, htmx gets `part`; `?format=csv|xlsx` answers with a file."""
    named = name_agencies(visit, listing, read_wanted(visit, listing))
    wanted = named.wanted
    if listing.exports and not named.unknown and visit.query.get("format") in (CSV, XLSX):
        return export(visit, listing, wanted, visit.query["format"])
    found, unknown = _fetched(listing, named)
    shown = part if visit.is_part and visit.request.headers.get("hx-target") == "listing" else template
    names = {key: name for key, name in named.names.items() if key not in unknown}
    page = Shown(visit.request.url.path, listing, wanted, names)
    return visit.page(shown, listing=listing, wanted=wanted, found=found, unknown=unknown, links=page, **values)


def _fetched(listing: Listing[R], named: Named) -> tuple[Slice[R], frozenset[str]]:
    """The rows, and the filters whose agency is none, or none that the visitor may ask for: the two look alike."""
    if named.unknown:
        return Slice(()), named.unknown
    try:
        return listing.fetch(named.wanted), frozenset()
    except (NoSuchAgency, NotAllowed):
        if not named.names:
            raise
        return Slice(()), frozenset(named.names)


def export(visit: Visit, listing: Listing[R], wanted: Wanted, form: str) -> Response:
    """Every row that fits, in the order shown, with the columns shown; at most `MOST_EXPORTED`."""
    titles = [visit.t(column.title) for column in listing.columns]
    rows = ([column.cell(row).exported for column in listing.columns] for row in every_row(listing, wanted))
    write = as_csv if form == CSV else as_xlsx
    return attachment(write(titles, rows), f"{listing.name}.{form}", form)


def every_row(listing: Listing[R], wanted: Wanted) -> Iterator[R]:
    """The rows of all pages."""
    given, after = 0, ""
    while given < MOST_EXPORTED:
        found: Slice[R] = listing.fetch(Wanted(wanted.q, wanted.filters, wanted.sort, after, _BATCH))
        for row in found.rows:
            yield row
            given += 1
        if not found.next or found.next == after:
            return
        after = found.next


class Shown:
    """The addresses that the table's links lead to: the one shown, with something changed."""

    def __init__(
        self, path: str, listing: Listing[Any], wanted: Wanted, names: Mapping[str, str] | None = None
    ) -> None:
        self._path = path
        self._names = names or {}
        self._listing = listing
        self._wanted = wanted

    def _with(self, **changes: str) -> str:
        wanted = self._wanted
        query: dict[str, str] = {"q": wanted.q, **wanted.filters}
        if wanted.sort != self._listing.default_sort:
            query["sort"] = wanted.sort
        if wanted.limit != SIZES[1]:
            query["size"] = str(wanted.limit)
        query |= changes
        kept = {key: value for key, value in query.items() if value}
        return self._path + (f"?{urlencode(kept)}" if kept else "")

    def without(self, key: str) -> str:
        """The chip's cross."""
        return self._with(**{key: ""})

    def sorted_by(self, key: str) -> str:
        """A head's link: upwards, and downwards when it is upwards already."""
        return self._with(sort=f"-{key}" if self._wanted.sort == key else key)

    def page(self, after: str) -> str:
        """The page after that row; "" is the first."""
        return self._with(after=after)

    def file(self, form: str) -> str:
        """The same as a file."""
        return self._with(format=form)

    @property
    def plain(self) -> str:
        """Without any filter."""
        return self._path

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """(title id or "", words, address without it) of what is set."""
        known: Mapping[str, Any] = {one.key: one for one in self._listing.filters}
        found = [("web.listing.q", self._wanted.q, self.without("q"))] if self._wanted.q else []
        for key, value in self._wanted.filters.items():
            name = self._names.get(key, "")
            words = f"{name} ({value})" if name else known[key].words_of(value)
            found.append((known[key].title, words, self.without(key)))
        return found
