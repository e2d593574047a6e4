"""An endpoint is declared beside its handler, with its scope and its models; routes and OpenAPI are made from that.

    endpoints = Endpoints("accounts")

    @endpoints.get("/accounts/{address}", TokenScope.ACCOUNTS_READ, answers=Account, says="One account in full.")
    def show(call: Call) -> Account: ...

Handlers are plain functions and run in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mailhub.accounts.web.scopes import TokenScope
from mailhub.admin.api.models import Nothing

if TYPE_CHECKING:
    from mailhub.admin.api.call import Call

Handler = Callable[["Call[Any, Any]"], BaseModel]
PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method and path below `/api/v1`. `query` and `body` are checked before the handler is called."""

    method: str
    path: str
    scope: TokenScope
    tag: str
    says: str
    handler: Handler
    answers: type[BaseModel]
    query: type[BaseModel] = Nothing
    body: type[BaseModel] | None = None
    status: int = 200
    places: dict[str, str] = field(default_factory=dict)  # what each `{place}` of the path is

    @property
    def name(self) -> str:
        """`GET /api/v1/accounts/{address}`, as tests call it."""
        return f"{self.method} {PREFIX}{self.path}"


@dataclass(slots=True)
class Endpoints:
    """The endpoints of one file, under one heading of the document."""

    tag: str
    found: list[Endpoint] = field(default_factory=list)

    def get(self, path: str, scope: TokenScope, **more: Any) -> Callable[[Handler], Handler]:
        """What is read. It changes nothing, but what reading writes down."""
        return self._add("GET", path, scope, more)

    def post(self, path: str, scope: TokenScope, **more: Any) -> Callable[[Handler], Handler]:
        """An act."""
        return self._add("POST", path, scope, more)

    def _add(self, method: str, path: str, scope: TokenScope, more: dict[str, Any]) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.found.append(Endpoint(method=method, path=path, scope=scope, tag=self.tag, handler=handler, **more))
            return handler

        return keep
