"""The OpenAPI 3.1 document, made from the endpoints' models (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from mailhub.admin.api.endpoints import PREFIX, Endpoint
from mailhub.admin.api.models import Problem
from mailhub.admin.api.problems import MEDIA_TYPE, STATUS

_PLACE = re.compile(r"\{(\w+)\}")
_WORDS = {
    "bad-request": "The query or the body does not fit; `errors` names the fields.",
    "no-token": "There is no token, or it is not good any more.",
    "scope": "The token lacks the endpoint's scope.",
    "not-found": "There is no such thing, or not for this token.",
    "method": "The path knows other methods.",
    "conflict": "It does not fit the state of the thing, or somebody changed it meanwhile.",
    "too-large": "The body is longer than 64 KiB.",
    "media-type": "The body is no application/json.",
    "refused": "A rule of the hub refuses it; `detail` says which.",
    "too-many": "The token asks too often; `Retry-After` says when again.",
    "unforeseen": "A fault of ours; tell the hub's administrators its `id`.",
    "temporary": "The hub cannot answer just now.",
}
_ALWAYS = ("bad-request", "no-token", "scope", "not-found", "refused", "too-many", "unforeseen", "temporary")


def describe(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    endpoints = list(endpoints)
    refs, schemas = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mailhub", "version": version("mailhub")},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {kind: _problem(kind, refs) for kind in STATUS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "mhub_…"}},
        },
    }


def _schemas(endpoints: Iterable[Endpoint]) -> tuple[dict[type[BaseModel], Any], dict[str, Any]]:
    """Where each model stands in the document, and the models."""
    inputs = {model for one in endpoints for model in (one.query, one.body) if model is not None}
    outputs = {one.answers for one in endpoints} | {Problem}
    wanted = [(model, "validation") for model in _sorted(inputs)] + [
        (model, "serialization") for model in _sorted(outputs)
    ]
    refs, found = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return {model: schema for (model, _), schema in refs.items() if issubclass(model, BaseModel)}, found["$defs"]


def _sorted(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda one: one.__name__)


def _operation(one: Endpoint, refs: dict[type[BaseModel], Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.handler.__name__,
        "summary": one.says,
        "description": f"Needs the scope `{one.scope}`.",
        "tags": [one.tag],
        "parameters": [*_places(one), *_query(one, refs, schemas)],
        "responses": {
            str(one.status): {"description": "Done.", "content": {"application/json": {"schema": refs[one.answers]}}},
            **{str(STATUS[kind]): {"$ref": f"#/components/responses/{kind}"} for kind in _kinds(one)},
        },
    }
    if one.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[one.body]}}}
    return found


def _kinds(one: Endpoint) -> tuple[str, ...]:
    return (*_ALWAYS, "conflict", "too-large", "media-type") if one.body is not None else _ALWAYS


def _places(one: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": one.places[name]}
        for name in _PLACE.findall(one.path)
    ]


def _query(one: Endpoint, refs: dict[type[BaseModel], Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    schema = schemas[refs[one.query]["$ref"].rpartition("/")[2]]
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        | ({"style": "form", "explode": False} if field.get("type") == "array" else {})
        for name, field in schema.get("properties", {}).items()
    ]


def _problem(kind: str, refs: dict[type[BaseModel], Any]) -> dict[str, Any]:
    return {"description": _WORDS[kind], "content": {MEDIA_TYPE: {"schema": refs[Problem]}}}
