"""What a person's visit and a program's call have in common: which request it was, when, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from mailhub.admin.frame.site import Site


class Came:
    """A request to this site. Whoever is one has the two fields."""

    __slots__ = ()
    site: Site
    request: Request

    @property
    def at(self) -> int:
        """Now (ms)."""
        return self.site.clock()

    @property
    def path(self) -> Mapping[str, str]:
        """What stands in the route's `{places}`."""
        return self.request.path_params

    @property
    def ip(self) -> str:
        """Where it comes from."""
        return self.request.client.host if self.request.client else ""
