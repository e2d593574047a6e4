"""Authorities are asked at pinned addresses only, and what they say is kept once it is proved."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mailhub.clock import DAY, HOUR, now_ms
from mailhub.files.signed.facts import RevocationAnswer, Status
from mailhub.files.signed.reader import read_signed
from mailhub.signatures.context import Context
from mailhub.signatures.judging import judge, wanted
from mailhub.signatures.revocation import keeping, sources
from mailhub.signatures.revocation.answers import in_force, known, lacking
from mailhub.signatures.revocation.asking import Asker
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.signatures.verdict import Verdict, Wanted
from mailhub.store.database import Database
from tests.support.pdfs import letter
from tests.support.pki import Pki, Subject
from tests.support.revocation import (
    DirectChecker,
    listening,
    pin,
    pin_official,
    pinned_of,
    redirecting_to,
    settings,
    silent,
)
from tests.support.signed_pdfs import sign

SECONDS = 10.0


def asker(database: Database, **values: object) -> Asker:
    section = settings(**values)
    return Asker(lambda: section, database, TrustKeeper(database), DirectChecker())


@pytest.fixture(autouse=True)
def _whole_server(pki: Pki) -> None:
    pki.status = 200


async def test_ocsp_says_good_and_revoked_and_the_answers_are_known_from_then_on(database: Database, pki: Pki) -> None:
    _, sub = pin_official(database, pki)
    good, bad = (Wanted(sub.sha256, pki.official.identity(name).serial) for name in ("leader", "compromised"))
    found = {one.serial: one for one in await asker(database).answers([good, bad], seconds=SECONDS)}
    assert found[good.serial].status is Status.GOOD
    assert (found[bad.serial].status, found[bad.serial].reason) == (Status.REVOKED, "key_compromise")
    pki.asked.clear()
    again = await asker(database).answers([good, bad], seconds=SECONDS)
    assert {one.status for one in again} == {Status.GOOD, Status.REVOKED}
    assert pki.asked == []
    with database.read() as connection:
        source = sources.source_of(connection, sub.ocsp)
    assert source is not None
    assert (source.failures, source.problem) == (0, "")


async def test_a_closed_network_and_no_time_ask_nobody(sqlite_database: Database, pki: Pki) -> None:
    _, sub = pin_official(sqlite_database, pki)
    about = [Wanted(sub.sha256, pki.official.identity("leader").serial)]
    pki.asked.clear()
    assert await asker(sqlite_database, online=False).answers(about, seconds=SECONDS) == ()
    assert await asker(sqlite_database).answers(about, seconds=0) == ()
    assert pki.asked == []


async def test_an_issuer_that_is_not_pinned_is_not_asked_about(sqlite_database: Database, pki: Pki) -> None:
    pin_official(sqlite_database, pki)
    pki.asked.clear()
    _, foreign = pinned_of(pki.forged)
    about = [Wanted(foreign.sha256, pki.forged.identity("leader").serial)]
    assert await asker(sqlite_database).answers(about, seconds=SECONDS) == ()
    assert pki.asked == []


async def test_a_certificate_whose_ocsp_address_points_into_the_local_network_causes_no_connection(
    sqlite_database: Database, pki: Pki
) -> None:
    _, sub = pin_official(sqlite_database, pki)
    with listening() as ear:
        leaf = pki.official.issue(Subject(common_name="Bẫy"), ocsp_url=ear.url, crl_url=ear.url + "x.crl")
        signed = read_signed(memoryview(sign(letter(), leaf)), "pdf", pki.bundle(), 10.0)
        asked = wanted(signed)
        assert asked == (Wanted(sub.sha256, leaf.serial),)
        answers = await asker(sqlite_database).answers(asked, seconds=SECONDS)
        at = now_ms()
        judged = judge(signed, answers, Context(seen_at=at, now=at, hierarchies=pki.hierarchies()))
        assert ear.heard == []
    assert judged.verdict is Verdict.UNKNOWN


async def test_a_redirect_into_the_local_network_is_not_followed(sqlite_database: Database, pki: Pki) -> None:
    with listening() as ear, redirecting_to(ear.url) as url:
        root, sub = pinned_of(pki.official)
        pin(sqlite_database, root, replace(sub, ocsp=url))
        about = [Wanted(sub.sha256, pki.official.identity("leader").serial)]
        assert await asker(sqlite_database).answers(about, seconds=SECONDS) == ()
        assert ear.heard == []
    with sqlite_database.read() as connection:
        source = sources.source_of(connection, url)
    assert source is not None
    assert source.problem == "HTTP 302"


async def test_a_proxy_is_asked_instead_of_the_authority(sqlite_database: Database, pki: Pki) -> None:
    _, sub = pin_official(sqlite_database, pki)
    pki.asked.clear()
    with redirecting_to("http://127.0.0.1/") as proxy:
        about = [Wanted(sub.sha256, pki.official.identity("leader").serial)]
        assert await asker(sqlite_database, proxy=proxy).answers(about, seconds=SECONDS) == ()
    with sqlite_database.read() as connection:
        source = sources.source_of(connection, sub.ocsp)
    assert source is not None
    assert (source.problem, pki.asked) == ("HTTP 302", [])


async def test_a_dead_source_is_noted_and_left_alone_for_a_while(database: Database, pki: Pki) -> None:
    _, sub = pin_official(database, pki)
    about = [Wanted(sub.sha256, pki.official.identity("leader").serial)]
    pki.status, at = 503, now_ms()
    assert await asker(database).answers(about, seconds=SECONDS, at=at) == ()
    with database.read() as connection:
        source = sources.source_of(connection, sub.ocsp)
    assert source is not None
    assert (source.failures, source.problem) == (1, "HTTP 503")
    pki.status = 200
    pki.asked.clear()
    assert await asker(database).answers(about, seconds=SECONDS, at=at + 1) == ()
    assert pki.asked == []
    assert await asker(database).answers(about, seconds=SECONDS, at=source.again_at) != ()


async def test_what_an_authority_does_not_know_is_no_fault_of_the_address(sqlite_database: Database, pki: Pki) -> None:
    _, sub = pin_official(sqlite_database, pki)
    stranger = Wanted(sub.sha256, pki.official.issue(Subject(common_name="Lạ")).serial)
    one = asker(sqlite_database)
    assert Status.GOOD not in {found.status for found in await one.answers([stranger], seconds=SECONDS)}
    leader = Wanted(sub.sha256, pki.official.identity("leader").serial)
    assert [found.status for found in await one.answers([leader], seconds=SECONDS)] == [Status.GOOD]


async def test_an_answer_of_another_authority_is_not_kept(sqlite_database: Database, pki: Pki) -> None:
    root, sub = pinned_of(pki.official)
    pin(sqlite_database, root, replace(sub, ocsp=pki.forged.ocsp_url))
    about = [Wanted(sub.sha256, pki.official.identity("leader").serial)]
    assert await asker(sqlite_database).answers(about, seconds=SECONDS) == ()
    with sqlite_database.read() as connection:
        assert known(connection, about, now_ms() + DAY) == ()


async def test_asking_ends_with_its_time_although_nobody_answers(sqlite_database: Database, pki: Pki) -> None:
    with silent() as url:
        root, sub = pinned_of(pki.official)
        pin(sqlite_database, root, replace(sub, ocsp=url))
        about = [Wanted(sub.sha256, pki.official.identity("leader").serial)]
        begun = time.monotonic()
        assert await asker(sqlite_database).answers(about, seconds=0.5) == ()
        assert time.monotonic() - begun < 20  # the authority is silent for ever


def answer(status: Status, this_update: int, **values: object) -> RevocationAnswer:
    return RevocationAnswer(issuer="a" * 64, serial="1", status=status, this_update=this_update, **values)  # type: ignore[arg-type]


def test_an_older_answer_and_a_later_good_one_do_not_undo_a_revocation(database: Database) -> None:
    revoked = answer(Status.REVOKED, 1_000, revoked_at=500, reason="key_compromise", next_update=2_000)
    with database.write() as connection:
        assert keeping.keep_answer(connection, revoked, b"x", at=1)
        assert not keeping.keep_answer(connection, answer(Status.GOOD, 900), b"x", at=1)
        assert not keeping.keep_answer(connection, answer(Status.GOOD, 1_500), b"x", at=1)
        assert known(connection, [Wanted("a" * 64, "1")], HOUR) == (revoked,)


def test_a_certificate_on_hold_can_become_good_again(database: Database) -> None:
    with database.write() as connection:
        held = answer(Status.REVOKED, 1_000, revoked_at=500, reason="certificate_hold")
        assert keeping.keep_answer(connection, held, b"x", at=1)
        assert keeping.keep_answer(connection, answer(Status.GOOD, 1_500), b"x", at=1)
        assert [one.status for one in known(connection, [Wanted("a" * 64, "1")], HOUR)] == [Status.GOOD]


@pytest.mark.unit
def test_an_answer_without_an_end_counts_for_the_configured_hours() -> None:
    one = answer(Status.GOOD, HOUR)
    assert in_force(one, 25 * HOUR, 24)
    assert not in_force(one, 25 * HOUR + 1, 24)
    assert not in_force(answer(Status.GOOD, HOUR, next_update=2 * HOUR), 3 * HOUR, 24)
    assert not in_force(answer(Status.UNKNOWN, HOUR), HOUR, 24)
    assert lacking([Wanted("a" * 64, "1"), Wanted("a" * 64, "2")], [one], 2 * HOUR, 24) == (Wanted("a" * 64, "2"),)


def test_an_answer_from_the_future_is_none_yet(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        keeping.keep_answer(connection, answer(Status.GOOD, DAY), b"x", at=1)
        assert known(connection, [Wanted("a" * 64, "1")], DAY - HOUR) == ()
        assert len(known(connection, [Wanted("a" * 64, "1")], DAY)) == 1
