"""A route is declared beside its handler, with who may open it; nothing else makes one.

    screens = Screens()

    @screens.get("/accounts/{address}", needs(Action.ACCOUNT_READ))
    def show(visit: Visit) -> Response: ...

Handlers are plain functions and run in a thread, so that the database may block them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

from mailhub.admin.frame.access import Access

if TYPE_CHECKING:
    from mailhub.admin.frame.visit import Visit

Handler = Callable[["Visit"], Response]
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ScreenRoute:
    """One method and path. `upload_mib`: files up to this size may come with the form (0: none).

    `half`: a session that still lacks its second step may come here. `locked`: one that was locked may, too.
    """

    method: str
    path: str
    access: Access
    handler: Handler
    upload_mib: int = 0
    half: bool = False
    locked: bool = False

    @property
    def name(self) -> str:
        """`GET /accounts/{address}`, as tests and metrics call it."""
        return f"{self.method} {self.path}"


@dataclass(slots=True)
class Screens:
    """The routes of one file."""

    routes: list[ScreenRoute] = field(default_factory=list)

    def get(
        self, path: str, access: Access, *, half: bool = False, locked: bool = False
    ) -> Callable[[Handler], Handler]:
        """A page. It changes nothing, but what reading writes down."""
        return self._add("GET", path, access, 0, half=half, locked=locked)

    def post(
        self, path: str, access: Access, *, upload_mib: int = 0, half: bool = False, locked: bool = False
    ) -> Callable[[Handler], Handler]:
        """A form that was sent."""
        return self._add("POST", path, access, upload_mib, half=half, locked=locked)

    def _add(
        self, method: str, path: str, access: Access, upload_mib: int, *, half: bool, locked: bool
    ) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.routes.append(ScreenRoute(method, path, access, handler, upload_mib, half, locked))
            return handler

        return keep
