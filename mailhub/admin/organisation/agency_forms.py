"""The fields that acts on agencies ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailhub.accounts.rights import Action
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.acts import Field
from mailhub.admin.organisation.choices import agencies_within

_Row = Mapping[str, Any]
_REASON = Field("reason", "web.organisation.reason", kind="area")
_MUST = Field("reason", "web.organisation.reason", kind="area", required=True)


def _agency_fields(row: _Row | None) -> list[Field]:
    def value(key: str) -> str:
        found = None if row is None else row[key]
        return "" if found is None else str(found)

    fields = [Field("name", "web.agencies.fact.name", value=value("name"), required=True)]
    helped = ("kind", "level", "identifier", "former_identifier", "domain", "unit_address")
    fields += [
        Field(key, f"web.agencies.fact.{key}", value=value(key), help=f"web.agencies.help.{key}") for key in helped
    ]
    fields.append(Field("starts_on", "web.agencies.fact.starts_on", kind="date", value=value("starts_on")))
    return fields


def _change_fields(_: Visit, row: _Row) -> list[Field]:
    staff = "" if row["staff"] is None else str(row["staff"])
    more = Field("staff", "web.agencies.fact.staff", kind="number", value=staff, help="web.agencies.help.staff")
    return [*_agency_fields(row), more, _REASON]


def _add_fields(_: Visit, __: _Row) -> list[Field]:
    code = Field("code", "web.agencies.fact.code", required=True, help="web.agencies.help.code")
    return [code, *_agency_fields(None)]


def _codes(visit: Visit, but: str) -> list[tuple[str, str]]:
    with visit.reading() as (connection, actor):
        lines = agencies_within(connection, actor, Action.AGENCY_ADD, at=visit.at)
    return [(line.code, line.name) for line in lines if line.code != but]


def _move_fields(visit: Visit, row: _Row) -> list[Field]:
    suggests = _codes(visit, str(row["code"]))
    return [Field("parent", "web.agencies.move.parent", help="web.agencies.help.parent", suggests=suggests), _REASON]


def _pool_fields(_: Visit, row: _Row) -> list[Field]:
    now = "" if row["quota_pool_mib"] is None else str(row["quota_pool_mib"])
    return [Field("mib", "web.agencies.pool.mib", kind="number", value=now, help="web.agencies.pool.help"), _REASON]


def _end_fields(visit: Visit, row: _Row) -> list[Field]:
    suggests = _codes(visit, str(row["code"]))
    return [
        Field("on", "web.agencies.end.on", kind="date", help="web.agencies.end.on-help"),
        Field("successor", "web.agencies.fact.successor_id", help="web.agencies.end.heir-help", suggests=suggests),
        _MUST,
    ]


def _reopen_fields(_: Visit, __: _Row) -> list[Field]:
    return [_MUST]


FIELDS: dict[str, Callable[[Visit, _Row], Sequence[Field]]] = {
    "change": _change_fields,
    "add": _add_fields,
    "move": _move_fields,
    "pool": _pool_fields,
    "end": _end_fields,
    "reopen": _reopen_fields,
}
