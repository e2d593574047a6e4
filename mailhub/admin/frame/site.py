"""What every visit to this process has at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailhub.admin.frame.jobs import Jobs
from mailhub.clock import now_ms
from mailhub.settings import LiveSettings, Settings
from mailhub.store.database import Database


@dataclass(slots=True)
class Site:
    """The hub behind the pages. `clock` gives ms; tests move it. `name` is this process, for jobs."""

    live: LiveSettings
    database: Database
    clock: Callable[[], int] = now_ms
    name: str = "web"
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.database, self.name, self.clock)

    @property
    def settings(self) -> Settings:
        """The settings as they are now: SIGHUP changes them."""
        return self.live.current

    @property
    def hosts(self) -> frozenset[str]:
        """The names by which browsers may call us; another Host is refused (threats § 4, DNS rebinding)."""
        settings = self.settings
        names = {settings.hub.hostname, *settings.web.names}
        if settings.hub.base_port:
            names |= {"localhost", "127.0.0.1", "[::1]"}
        return frozenset(names)
