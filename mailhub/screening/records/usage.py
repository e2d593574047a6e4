"""Private mail in public work, in figures: by agency, by provider, by month; by name only to those entitled.

Figures count what was tried (`private_use.py`). After `[policy] names_kept_days` people are folded into their agency.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, Select, String, Subquery, cast, func, literal, select

from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import below, find_agency, scope_of
from mailhub.screening.models import PrivateMailUse
from mailhub.screening.records.private_use import COUNTS, Use

_PEOPLES = tuple(name for name in COUNTS if name != "issued")
By = Literal["agency", "person", "provider", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line. `key` is the agency's code, the person's address, the provider or `2026-11`; `name` says it in words.

    Of people whose names are no longer kept, `key` is "" and `agency` tells where they were.
    """

    key: str
    name: str
    agency: str
    counts: Use

    @property
    def messages(self) -> int:
        return self.counts.sent + self.counts.received + self.counts.forwarded


def figures(
    connection: Connection, actor: Actor, since: date, until: date, *, by: By = "agency", agency: str = ""
) -> Sequence[Figure]:
    """The figures of the days `since` to `until` (both counted), most first (months in order).

    `agency` is a code: that agency and those below it. What the actor may not see is left out.

    Raises:
        NotAllowed, NoSuchAgency.
    """
    scope = scope_of(connection, actor, Action.USE_PEOPLE if by == "person" else Action.USE_READ)
    query = summed(*_KEYS[by]).where(PrivateMailUse.day >= since, PrivateMailUse.day <= until)
    if scope.agencies is not None:
        query = query.where(PrivateMailUse.agency_id.in_(scope.agencies))
    if scope.account_id is not None:
        query = query.where(PrivateMailUse.account_id == scope.account_id)
    if agency:
        query = query.where(PrivateMailUse.agency_id.in_(below(find_agency(connection, agency))))
    # Summed by numbers first and named afterwards: sorting a year's rows by name and address takes three times as long.
    found = [_figure(row) for row in connection.execute(_NAMED[by](query.subquery())).all()]
    if by == "person":
        found = _of_persons(found)
    return found if by == "month" else sorted(found, key=lambda one: (-_weight(one.counts), one.key, one.agency))


def summed(*keys: Any) -> Any:
    """The query behind every figure: the counts, summed by these columns. Days and agencies are the caller's."""
    sums = (func.coalesce(func.sum(_column(name)), 0).label(name) for name in COUNTS)
    query = select(*keys, *sums).select_from(PrivateMailUse)
    return query.group_by(*keys) if keys else query


def counts_of(row: Sequence[Any]) -> Use:
    """The counts of one of its rows, in which they stand last."""
    return Use(*row[-len(COUNTS) :])


# Days are `2026-11-14` on both engines; the month is their first seven characters.
_MONTH = func.substr(cast(PrivateMailUse.day, String), 1, 7).label("month")
_KEYS: dict[By, tuple[Any, ...]] = {
    "agency": (PrivateMailUse.agency_id,),
    "person": (PrivateMailUse.account_id, PrivateMailUse.agency_id),
    "provider": (PrivateMailUse.provider,),
    "month": (_MONTH,),
}


def _of_agencies(sums: Subquery) -> Select[Any]:
    named = select(Agency.code, Agency.name, Agency.code, *_counts(sums))
    return named.join_from(sums, Agency, Agency.id == sums.c.agency_id)


def _of_accounts(sums: Subquery) -> Select[Any]:
    """Whoever has no mailbox any more is named no longer either."""
    address, name = func.coalesce(Mailbox.address, ""), func.coalesce(Mailbox.name, "")
    named = select(address, name, Agency.code, *_counts(sums)).select_from(sums)
    return named.join(Agency, Agency.id == sums.c.agency_id).outerjoin(Mailbox, Mailbox.id == sums.c.account_id)


def _of_providers(sums: Subquery) -> Select[Any]:
    return select(sums.c.provider, sums.c.provider, literal(""), *_counts(sums))


def _of_months(sums: Subquery) -> Select[Any]:
    return select(sums.c.month, sums.c.month, literal(""), *_counts(sums)).order_by(sums.c.month)


_NAMED: dict[By, Callable[[Subquery], Select[Any]]] = {
    "agency": _of_agencies,
    "person": _of_accounts,
    "provider": _of_providers,
    "month": _of_months,
}


def _of_persons(found: Sequence[Figure]) -> list[Figure]:
    """Those without a name are one line an agency. An agency's own documents (`issued`) are no person's: left out."""
    named = [one for one in found if one.key and _of_people(one.counts)]
    nameless: dict[str, Use] = {}
    for one in found:
        if not one.key:
            nameless[one.agency] = nameless.get(one.agency, Use()).plus(one.counts)
    rest = (Figure(key="", name="", agency=code, counts=counts) for code, counts in nameless.items())
    return named + [one for one in rest if _of_people(one.counts)]


def _of_people(counts: Use) -> bool:
    return any(getattr(counts, name) for name in _PEOPLES)


def _counts(sums: Subquery) -> Sequence[Any]:
    return [sums.c[name] for name in COUNTS]


def _column(name: str) -> Any:
    return getattr(PrivateMailUse, name)


def _figure(row: Sequence[Any]) -> Figure:
    return Figure(key=row[0], name=row[1], agency=row[2], counts=counts_of(row))


def _weight(counts: Use) -> int:
    return counts.sent + counts.received + counts.forwarded + counts.issued
