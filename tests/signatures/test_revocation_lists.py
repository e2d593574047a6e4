"""Lists of revoked certificates: fetched by the clock, checked, and never turned back."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mailhub.clock import DAY, HOUR, now_ms
from mailhub.files.signed.answers import CrlFacts
from mailhub.files.signed.facts import Status
from mailhub.signatures.revocation import keeping, sources
from mailhub.signatures.revocation.answers import known
from mailhub.signatures.revocation.errors import NotBelieved, OlderList
from mailhub.signatures.revocation.refreshing import Refresher
from mailhub.signatures.revocation.service import freshness
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.verdict import Wanted
from mailhub.store.database import Database
from tests.support.pki import Pki
from tests.support.revocation import DirectChecker, pin, pin_official, pinned_of, pouring, settings

ISSUER = "a" * 64


def refresher(database: Database, **values: object) -> Refresher:
    section = settings(**values)
    return Refresher(lambda: section, database, TrustKeeper(database), DirectChecker())


def crl(this_update: int, lines: dict[str, tuple[int, str]], **values: object) -> CrlFacts:
    text = "".join(f"{serial} {at} {reason}\n" for serial, (at, reason) in lines.items())
    facts = CrlFacts(
        issuer=ISSUER, this_update=this_update, next_update=this_update + DAY, count=len(lines), lines=text
    )
    return replace(facts, **values)  # type: ignore[arg-type]


def statuses(database: Database, *serials: str) -> list[Status]:
    with database.read() as connection:
        return [one.status for one in known(connection, [Wanted(ISSUER, serial) for serial in serials], 99 * DAY)]


@pytest.fixture(autouse=True)
def _whole_server(pki: Pki) -> None:
    pki.status = 200


async def test_lists_are_fetched_checked_and_known(database: Database, pki: Pki) -> None:
    root, sub = pin_official(database, pki)
    done = await refresher(database).run_once()
    assert {one.issuer for one in done} == {root.sha256, sub.sha256}
    assert [one.problem for one in done] == ["", ""]
    good, bad = (Wanted(sub.sha256, pki.official.identity(name).serial) for name in ("leader", "compromised"))
    with database.read() as connection:
        found = {one.serial: one for one in known(connection, [good, bad], now_ms())}
        fresh = {one.issuer: one for one in freshness(connection)}
    assert (found[good.serial].status, found[good.serial].kind) == (Status.GOOD, "crl")
    assert (found[bad.serial].status, found[bad.serial].reason) == (Status.REVOKED, "key_compromise")
    assert fresh[sub.sha256].count > 1
    assert fresh[sub.sha256].source == sub.crl


async def test_a_fresh_list_is_fetched_again_only_when_its_hours_are_over(sqlite_database: Database, pki: Pki) -> None:
    pin_official(sqlite_database, pki)
    one, at = refresher(sqlite_database, crl_hours=6), now_ms()
    assert len(await one.run_once(at=at)) == 2
    assert await one.run_once(at=at + HOUR) == []
    assert len(await one.run_once(at=at + 6 * HOUR)) == 2
    assert len(await one.run_once(at=at + 6 * HOUR, everything=True)) == 2
    assert await refresher(sqlite_database, online=False).run_once(at=at + 9 * HOUR) == ()


async def test_a_list_of_another_authority_or_of_nobody_is_refused(sqlite_database: Database, pki: Pki) -> None:
    root, sub = pinned_of(pki.official)
    pin(sqlite_database, replace(root, crl=pki.url + "/nothing.crl"), replace(sub, crl=pki.forged.crl_url))
    done = {one.issuer: one.problem for one in await refresher(sqlite_database).run_once()}
    assert done[root.sha256].startswith("HTTP 4")
    assert done[sub.sha256]
    with sqlite_database.read() as connection:
        assert known(connection, [Wanted(sub.sha256, "1")], now_ms()) == ()
        failed = sources.source_of(connection, pki.forged.crl_url)
    assert failed is not None
    assert failed.failures == 1


async def test_a_list_that_is_too_long_is_not_read_to_its_end(sqlite_database: Database, pki: Pki) -> None:
    with pouring(3 * 2**20) as url:
        root, _ = pinned_of(pki.official)
        pin(sqlite_database, replace(root, crl=url))
        done = await refresher(sqlite_database, crl_mib=1).run_once()
    assert "more than 1048576 octets" in done[0].problem


def test_a_list_says_good_of_all_that_it_does_not_name(database: Database) -> None:
    keeping.keep_list(database, ISSUER, crl(DAY, {"1a": (HOUR, "superseded")}), b"x", source="u", at=DAY)
    assert statuses(database, "1a", "2b") == [Status.REVOKED, Status.GOOD]


def test_an_older_list_does_not_take_the_place_of_a_newer_one(database: Database) -> None:
    keeping.keep_list(database, ISSUER, crl(2 * DAY, {"1a": (HOUR, "")}, number="8"), b"x", source="u", at=DAY)
    with pytest.raises(OlderList):
        keeping.keep_list(database, ISSUER, crl(DAY, {}, number="9"), b"x", source="u", at=DAY)
    with pytest.raises(OlderList):
        keeping.keep_list(database, ISSUER, crl(3 * DAY, {}, number="7"), b"x", source="u", at=DAY)
    assert statuses(database, "1a") == [Status.REVOKED]


def test_what_was_revoked_for_good_stays_so_and_what_was_on_hold_is_released(database: Database) -> None:
    held = {"1a": (HOUR, "certificate_hold"), "2b": (HOUR, "key_compromise")}
    keeping.keep_list(database, ISSUER, crl(DAY, held), b"x", source="u", at=DAY)
    keeping.keep_list(database, ISSUER, crl(2 * DAY, {}), b"x", source="u", at=DAY)
    assert statuses(database, "1a", "2b") == [Status.GOOD, Status.REVOKED]


def test_a_line_that_says_more_than_before_replaces_it(database: Database) -> None:
    keeping.keep_list(database, ISSUER, crl(DAY, {"1a": (HOUR, "certificate_hold")}), b"x", source="u", at=DAY)
    keeping.keep_list(database, ISSUER, crl(2 * DAY, {"1a": (HOUR, "key_compromise")}), b"x", source="u", at=DAY)
    with database.read() as connection:
        assert [one.reason for one in known(connection, [Wanted(ISSUER, "1a")], 99 * DAY)] == ["key_compromise"]


@pytest.mark.parametrize("lines", ["zz 1 x\n", "1a x\n", "1a -5 x\n", f"{'1' * 49} 5 x\n", "1a 5 x\n2b 5 x\n"])
def test_lines_that_are_none_leave_everything_as_it_was(sqlite_database: Database, lines: str) -> None:
    with pytest.raises(NotBelieved):
        keeping.keep_list(
            sqlite_database, ISSUER, replace(crl(DAY, {}), lines=lines, count=1), b"x", source="u", at=DAY
        )
    assert statuses(sqlite_database, "1a") == []


def test_a_list_of_twenty_thousand_lines_is_kept_in_turns_within_seconds(sqlite_database: Database) -> None:
    lines = {f"{number:x}": (HOUR, "superseded") for number in range(1, 20_001)}
    facts, begun = crl(DAY, lines), time.process_time()
    assert keeping.keep_list(sqlite_database, ISSUER, facts, b"x", source="u", at=DAY) == 20_000
    again = replace(facts, this_update=2 * DAY)
    assert keeping.keep_list(sqlite_database, ISSUER, again, b"x", source="u", at=DAY) == 20_000
    assert time.process_time() - begun < 20
    assert statuses(sqlite_database, "1", "4e20", "4e21") == [Status.REVOKED, Status.REVOKED, Status.GOOD]
