"""The OpenAPI document says what the routes do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.routing import Route

from mailhub.admin.api import api_mount
from mailhub.admin.api.endpoints import PREFIX
from mailhub.admin.api.openapi import describe
from mailhub.admin.api.tables import ENDPOINTS
from mailhub.admin.frame.site import Site

pytestmark = pytest.mark.unit
DOCUMENT = describe(ENDPOINTS)


def test_every_route_is_in_the_document_and_nothing_else(site: Site) -> None:
    mounted = {route.path for route in api_mount(site).routes if isinstance(route, Route)}
    assert mounted - {"/openapi.json", "/{rest:path}"} == set(DOCUMENT["paths"])
    told = {f"{method.upper()} {PREFIX}{path}" for path, one in DOCUMENT["paths"].items() for method in one}
    assert told == {one.name for one in ENDPOINTS}
    names = [one.handler.__name__ for one in ENDPOINTS]
    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere() -> None:
    def refs(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if "$ref" in value else set()
            return own.union(*map(refs, value.values()))
        return set().union(*map(refs, value)) if isinstance(value, list) else set()

    found = refs(DOCUMENT)
    assert len(found) > 20
    for ref in found:
        place: Any = DOCUMENT
        for part in ref.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_every_operation_names_its_scope_its_places_and_its_faults() -> None:
    for endpoint in ENDPOINTS:
        told = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
        assert endpoint.scope in told["description"]
        places = {one["name"] for one in told["parameters"] if one["in"] == "path"}
        assert places == set(re.findall(r"\{(\w+)\}", endpoint.path))
        asked = {one["name"] for one in told["parameters"] if one["in"] == "query"}
        assert asked == set(endpoint.query.model_fields)
        assert {"401", "403", "404", "429"} <= set(told["responses"])
        assert ("requestBody" in told) == (endpoint.body is not None)
