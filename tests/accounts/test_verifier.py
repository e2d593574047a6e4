"""The verifier on an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from mailhub.accounts import service
from mailhub.accounts import verifier as module
from mailhub.accounts.attempts import Cause
from mailhub.accounts.authenticate import Accepted, Rejected
from mailhub.accounts.errors import TooManyLogins
from mailhub.accounts.verifier import Verifier
from mailhub.store.database import Database
from tests.support.accounts import PASSWORD, ROOT, Lockout, Settings, make_account, make_province

QUICK = Settings(lockout=Lockout(free_failures=0, delay_seconds=0.5, longest_delay_seconds=0.5))


@pytest.fixture
def verifier(sqlite_database: Database) -> Iterator[Verifier]:
    make_province(sqlite_database)
    make_account(sqlite_database, "nva@tinh.gov.vn")
    opened = Verifier(sqlite_database, QUICK)
    yield opened
    opened.close()


async def test_a_right_password_is_accepted_at_once(verifier: Verifier) -> None:
    assert isinstance(await verifier.check("nva@tinh.gov.vn", PASSWORD, service="imap", ip="192.0.2.1"), Accepted)


async def test_a_rejection_comes_after_its_delay_while_the_loop_goes_on(verifier: Verifier) -> None:
    begun = time.monotonic()
    failing = asyncio.create_task(verifier.check("nva@tinh.gov.vn", "x", service="imap", ip="192.0.2.1"))
    good = await verifier.check("nva@tinh.gov.vn", PASSWORD, service="imap", ip="198.51.100.1")
    assert isinstance(good, Accepted)
    assert not failing.done()
    assert isinstance(await failing, Rejected)
    assert time.monotonic() - begun >= 0.5


async def test_who_waits_elsewhere_gets_the_delay_told(verifier: Verifier) -> None:
    verdict = await verifier.check("nva@tinh.gov.vn", "x", service="imap", ip="192.0.2.1", wait=False)
    assert verdict == Rejected(0.5)


async def test_a_crowd_from_one_network_does_not_take_all_places(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CHECKS_OF_A_NETWORK", 3)
    crowd = [verifier.check(f"x{n}@tinh.gov.vn", "x", service="imap", ip="192.0.2.1", wait=False) for n in range(8)]
    other = verifier.check("nva@tinh.gov.vn", PASSWORD, service="imap", ip="198.51.100.1")
    *answers, good = await asyncio.gather(*crowd, other, return_exceptions=True)
    assert sum(isinstance(answer, TooManyLogins) for answer in answers) == 5
    assert isinstance(good, Accepted)
    again = await verifier.check("nva@tinh.gov.vn", PASSWORD, service="imap", ip="192.0.2.1")
    assert isinstance(again, Accepted)  # places are given back


async def test_guesses_made_side_by_side_are_judged_one_by_one(sqlite_database: Database) -> None:
    make_province(sqlite_database)
    make_account(sqlite_database, "nva@tinh.gov.vn")
    # So long a delay that no machine is too slow for it; nobody here waits for it.
    verifier = Verifier(sqlite_database, Settings(lockout=Lockout(free_failures=0, delay_seconds=30)))
    crowd = [verifier.check("nva@tinh.gov.vn", f"x{n}", service="imap", ip="192.0.2.1", wait=False) for n in range(6)]
    verdicts = await asyncio.gather(*crowd)
    assert all(isinstance(verdict, Rejected) and verdict.delay_seconds > 0 for verdict in verdicts)
    with sqlite_database.read() as c:
        tries = service.why(c, ROOT, "nva@tinh.gov.vn").attempts
    looked_at = [one for one in tries if one.cause != Cause.BLOCKED]
    assert len(looked_at) == 1
    verifier.close()


async def test_a_yes_from_a_network_that_tries_names_comes_late_even_where_the_door_waits_itself(
    sqlite_database: Database,
) -> None:
    make_province(sqlite_database)
    make_account(sqlite_database, "nva@tinh.gov.vn")
    lockout = Lockout(network_failures=2, delay_seconds=0.4, longest_delay_seconds=0.4)
    verifier = Verifier(sqlite_database, Settings(lockout=lockout))
    for name in ("a", "b"):
        await verifier.check(f"{name}@tinh.gov.vn", PASSWORD, service="imap", ip="192.0.2.1", wait=False)
    begun = time.monotonic()
    first = await verifier.check("nva@tinh.gov.vn", PASSWORD, service="imap", ip="192.0.2.1", wait=False)
    assert isinstance(first, Accepted)
    assert time.monotonic() - begun >= 0.4
    begun = time.monotonic()
    again = await verifier.check("nva@tinh.gov.vn", PASSWORD, service="imap", ip="192.0.2.1", wait=False)
    assert isinstance(again, Accepted)
    assert time.monotonic() - begun < 0.3
    verifier.close()
