"""Filters by agency: its code, or words of its name. What fits none finds nothing, and says so beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mailhub.accounts.organisation import list_agencies
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.values import AGENCY, Listing, Wanted
from mailhub.text.folding import fold

_EVERY_AGENCY = 100_000
MOST_SUGGESTED = 20


@dataclass(frozen=True, slots=True)
class Named:
    """`wanted` with codes where names were typed; `names` of those agencies, by the filter's key; `unknown`: keys of
    filters whose text is no agency that the visitor knows of."""

    wanted: Wanted
    names: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()


def name_agencies(visit: Visit, listing: Listing[Any], wanted: Wanted) -> Named:
    """Read what was typed into the filters that want an agency. A foreign block is as unknown as what is none."""
    asked = {one.key: wanted.get(one.key) for one in listing.filters if one.kind == AGENCY and wanted.get(one.key)}
    if not asked:
        return Named(wanted)
    codes, names, unknown = dict(wanted.filters), {}, set()
    for key, typed in asked.items():
        one = exactly(visit, typed)
        if one is None:
            unknown.add(key)
            continue
        codes[key], names[key] = one
    return Named(replace(wanted, filters=codes), names, frozenset(unknown))


def exactly(visit: Visit, typed: str) -> tuple[str, str] | None:
    """(code, name) of the one agency that is meant: by its code, its name, or words that fit no other; else None."""
    found = fitting(visit, typed)
    exact = [one for one in found if typed.casefold() == one[0].casefold() or fold(typed) == fold(one[1])]
    return (exact or found)[0] if len(exact or found) == 1 else None


def fitting(visit: Visit, typed: str) -> list[tuple[str, str]]:
    """(code, name) of the agencies whose name or code has all these words, marks or not."""
    words = fold(typed[:200]).split()
    if not words:
        return []
    with visit.reading() as (connection, actor):
        rows = list_agencies(connection, actor, limit=_EVERY_AGENCY)
    return [
        (row["code"], row["name"])
        for row in rows
        if all(word in f"{row['folded']} {fold(row['code'])}" for word in words)
    ]
