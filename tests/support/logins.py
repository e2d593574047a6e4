"""Somebody who tries to log in, and waits out each delay like a door does."""

from __future__ import annotations

from mailhub.accounts import service
from mailhub.accounts.authenticate import Accepted, Rejected, authenticate
from mailhub.store.database import Database
from tests.support.accounts import ROOT, Settings

HOME, OFFICE = "203.0.113.7", "198.51.100.9"
START = 1_800_000_000_000
ADDRESS = "nva@tinh.gov.vn"


class Client:
    """From one address; `at` is its clock (ms)."""

    def __init__(self, database: Database, ip: str = HOME, settings: Settings | None = None, at: int = START) -> None:
        self.database, self.ip, self.at = database, ip, at
        self.settings = settings or Settings()

    def login(
        self, secret: str, *, login: str = ADDRESS, service: str = "imap", code: str = "", wait: bool = True
    ) -> Accepted | Rejected:
        verdict = authenticate(
            self.database, login, secret, service=service, ip=self.ip, at=self.at, settings=self.settings, code=code
        )
        if wait:
            self.at += int(verdict.delay_seconds * 1000)
        self.at += 1
        return verdict

    def gets_in(self, secret: str, *, login: str = ADDRESS, service: str = "imap", code: str = "") -> bool:
        return isinstance(self.login(secret, login=login, service=service, code=code), Accepted)


def told(database: Database, address: str = ADDRESS) -> list[str]:
    """The tries in words, the newest first."""
    with database.read() as c:
        return [attempt.words() for attempt in service.why(c, ROOT, address).attempts]
