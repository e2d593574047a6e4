"""Private mail in public work, in figures: by agency, by provider, by month; by name only to those entitled.

Figures count what was tried (`private_use.py`). After `[policy] names_kept_days` people are folded into their agency.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, String, cast, func, literal, select

from mailhub.accounts.models import Agency, Mailbox
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import below, find_agency, scope_of
from mailhub.screening.models import PrivateMailUse
from mailhub.screening.records.private_use import COUNTS, Use

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
    query = _QUERIES[by]().where(PrivateMailUse.day >= since, PrivateMailUse.day <= until)
    if scope.agencies is not None:
        query = query.where(PrivateMailUse.agency_id.in_(scope.agencies))
    if scope.account_id is not None:
        query = query.where(PrivateMailUse.account_id == scope.account_id)
    if agency:
        query = query.where(PrivateMailUse.agency_id.in_(below(find_agency(connection, agency))))
    found = [_figure(row) for row in connection.execute(query)]
    return found if by == "month" else sorted(found, key=lambda one: (-_weight(one.counts), one.key, one.agency))


def _by_agency() -> Any:
    query = summed(Agency.code.label("key"), Agency.name.label("name"), Agency.code.label("agency"))
    return query.group_by(Agency.code, Agency.name)


def _by_person() -> Any:
    """Rows of an agency's own documents (`issued`) are no person's and are left out."""
    address, name = func.coalesce(Mailbox.address, ""), func.coalesce(Mailbox.name, "")
    query = summed(address.label("key"), name.label("name"), Agency.code.label("agency"))
    query = query.outerjoin(Mailbox, Mailbox.id == PrivateMailUse.account_id).group_by(address, name, Agency.code)
    return query.having(sum((func.sum(_column(name)) for name in COUNTS if name != "issued"), start=literal(0)) > 0)


def _by_provider() -> Any:
    provider = PrivateMailUse.provider
    return summed(provider.label("key"), provider.label("name"), literal("").label("agency")).group_by(provider)


def _by_month() -> Any:
    """`2026-11`: the first seven characters of a day, on both engines."""
    month = func.substr(cast(PrivateMailUse.day, String), 1, 7)
    return summed(month.label("key"), month.label("name"), literal("").label("agency")).group_by(month).order_by(month)


_QUERIES: dict[str, Callable[[], Any]] = {
    "agency": _by_agency,
    "person": _by_person,
    "provider": _by_provider,
    "month": _by_month,
}


def summed(*keys: Any) -> Any:
    """The query behind every figure: the counts, summed by these columns. Days and agencies are the caller's."""
    sums = (func.sum(_column(name)).label(name) for name in COUNTS)
    return select(*keys, *sums).select_from(PrivateMailUse).join(Agency, Agency.id == PrivateMailUse.agency_id)


def _column(name: str) -> Any:
    return getattr(PrivateMailUse, name)


def counts_of(row: Any) -> Use:
    """The counts of one of its rows."""
    return Use(**{name: int(getattr(row, name) or 0) for name in COUNTS})


def _figure(row: Any) -> Figure:
    counts = counts_of(row)
    return Figure(key=row.key, name=row.name, agency=row.agency, counts=counts)


def _weight(counts: Use) -> int:
    return counts.sent + counts.received + counts.forwarded + counts.issued
