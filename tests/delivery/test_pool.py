"""Connections kept, shared out, given up and opened again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from mailhub.delivery import Outcome, Pool, PoolLimits, Target
from mailhub.delivery.errors import PermanentRouteError, TemporaryRouteError
from tests.delivery.parts import BODY, SOON, AsyncMail, Mail, outgoing, target_of
from tests.support.smtpsink import DROP, HANG, REPLY_AND_DROP, SmtpSink, flaky


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@asynccontextmanager
async def pool_to(
    *sinks: SmtpSink, limits: PoolLimits | None = None, clock: Clock | None = None
) -> AsyncIterator[Pool]:
    """A pool whose every key leads to `sinks`, in that order."""

    async def route(key: str) -> list[Target]:
        if key == "mx:nowhere.vn":
            raise PermanentRouteError("no such domain", enhanced="5.1.2")
        if key == "mx:servfail.vn":
            raise TemporaryRouteError("no answer", enhanced="4.4.3")
        return [target_of(sink, name=f"mx{number}.so.vn") for number, sink in enumerate(sinks)]

    pool = Pool(route, helo="hub.tinh.gov.vn", timeouts=SOON, limits=limits, now=clock or Clock())
    try:
        yield pool
    finally:
        await pool.close()


async def test_messages_in_turn_share_a_connection(sink: SmtpSink) -> None:
    async with pool_to(sink) as pool:
        for _ in range(5):
            (result,) = await pool.deliver("mx:so.vn", outgoing())
            assert result.outcome is Outcome.DELIVERED
        assert sink.connections == 1
    assert sink.commands[-1] == "QUIT"


async def test_messages_at_once_get_as_many_connections_as_allowed(sink: SmtpSink) -> None:
    async with pool_to(sink, limits=PoolLimits(connections=3)) as pool:
        results = await asyncio.gather(*(pool.deliver("mx:so.vn", outgoing()) for _ in range(30)))
        assert all(result.outcome is Outcome.DELIVERED for (result,) in results)
    assert sink.connections == 3
    assert len(sink.messages) == 30


async def test_a_connection_is_changed_after_its_share_of_messages(sink: SmtpSink) -> None:
    async with pool_to(sink, limits=PoolLimits(messages=2)) as pool:
        for _ in range(5):
            await pool.deliver("mx:so.vn", outgoing())
    assert sink.connections == 3


async def test_an_old_connection_is_not_used_again(sink: SmtpSink) -> None:
    clock = Clock()
    async with pool_to(sink, clock=clock) as pool:
        await pool.deliver("mx:so.vn", outgoing())
        clock.at = 301
        await pool.deliver("mx:so.vn", outgoing())
        await pool.deliver("mx:so.vn", outgoing())
    assert sink.connections == 2


async def test_an_idle_connection_says_quit(sink: SmtpSink) -> None:
    async with pool_to(sink, limits=PoolLimits(idle=0.05)) as pool:
        await pool.deliver("mx:so.vn", outgoing())
        async with asyncio.timeout(5):
            while sink.open_now:  # noqa: ASYNC110 the sink is what is watched
                await asyncio.sleep(0.01)
        assert sink.commands[-1] == "QUIT"
        assert pool._destinations == {}


@pytest.mark.parametrize("stage", ["MAIL", "CONNECT"])
async def test_a_reused_connection_that_was_closed_is_replaced_at_once(sink: SmtpSink, stage: str) -> None:
    async with pool_to(sink) as pool:
        sink.script["DOT"] = [REPLY_AND_DROP] if stage == "CONNECT" else []
        await pool.deliver("mx:so.vn", outgoing())
        sink.script["MAIL"] = [DROP] if stage == "MAIL" else []
        mail = Mail()
        (result,) = await pool.deliver("mx:so.vn", outgoing(mail=mail))
        assert result.outcome is Outcome.DELIVERED
        assert mail.asked == 1
    assert sink.connections == 2


async def test_the_next_hop_is_tried_when_one_does_not_open(sink: SmtpSink) -> None:
    async with SmtpSink() as dead, SmtpSink() as rude, pool_to(dead, rude, sink) as pool:
        await dead.stop()
        rude.script["CONNECT"] = ["554 5.7.1 not you"]
        (result,) = await pool.deliver("mx:so.vn", outgoing())
        assert result.outcome is Outcome.DELIVERED
        assert len(sink.messages) == 1


async def test_a_refusal_of_the_message_is_not_carried_to_the_next_hop(sink: SmtpSink) -> None:
    async with SmtpSink() as second, pool_to(sink, second) as pool:
        sink.script["MAIL"] = ["550 5.7.1 no"]
        (result,) = await pool.deliver("mx:so.vn", outgoing())
        assert result.outcome is Outcome.PERMANENT
        assert second.connections == 0


async def test_a_dead_hop_is_left_alone_for_a_while_and_then_tried_again(sink: SmtpSink) -> None:
    clock = Clock()
    sink.script["CONNECT"] = [DROP, DROP]
    async with pool_to(sink, clock=clock) as pool:
        for at, attempts in ((0, 1), (5, 1), (9, 1), (11, 2), (25, 2)):
            clock.at = at
            (result,) = await pool.deliver("mx:so.vn", outgoing())
            assert (result.outcome, result.code) == ("temporary", 0)
            assert "closed" in result.text
            assert sink.connections == attempts
        clock.at = 40
        (result,) = await pool.deliver("mx:so.vn", outgoing())
        assert result.outcome is Outcome.DELIVERED


async def test_network_trouble_is_a_temporary_result_that_names_the_hop(sink: SmtpSink) -> None:
    await sink.stop()
    async with pool_to(sink) as pool:
        results = await pool.deliver("mx:so.vn", outgoing("a@so.vn", "b@so.vn"))
    assert [r.outcome for r in results] == ["temporary", "temporary"]
    assert {r.enhanced for r in results} == {"4.4.1"}
    assert results[0].host == "mx.so.vn"
    assert "cannot connect" in results[0].text


@pytest.mark.parametrize(
    ("key", "outcome", "enhanced"),
    [("mx:nowhere.vn", "permanent", "5.1.2"), ("mx:servfail.vn", "temporary", "4.4.3")],
)
async def test_a_destination_without_a_way_is_a_result(sink: SmtpSink, key: str, outcome: str, enhanced: str) -> None:
    async with pool_to(sink) as pool:
        (result,) = await pool.deliver(key, outgoing())
    assert (result.outcome, result.enhanced) == (outcome, enhanced)


async def test_recipients_too_many_for_one_transaction_follow_in_the_next(sink: SmtpSink) -> None:
    sink.script["RCPT"] = [None, None, "452 4.5.3 enough", "452 4.5.3 enough", None, "452 4.5.3 enough"]
    names = [f"{letter}@so.vn" for letter in "abcd"]
    async with pool_to(sink) as pool:
        results = await pool.deliver("mx:so.vn", outgoing(*names))
    assert [r.outcome for r in results] == ["delivered"] * 4
    assert [r.address for r in results] == names
    assert [m.recipients for m in sink.messages] == [("a@so.vn", "b@so.vn"), ("c@so.vn",), ("d@so.vn",)]


async def test_a_hop_that_allows_few_connections_gets_everything_over_those(sink: SmtpSink) -> None:
    sink.decide = lambda stage: DROP if stage == "CONNECT" and len(sink.open_now) > 2 else None
    async with pool_to(sink, limits=PoolLimits(connections=6)) as pool:
        results = await asyncio.gather(*(pool.deliver("mx:so.vn", outgoing()) for _ in range(40)))
    assert {result.outcome for (result,) in results} == {Outcome.DELIVERED}
    assert len(sink.messages) == 40


async def test_those_that_wait_for_a_connection_learn_that_none_will_come(sink: SmtpSink) -> None:
    sink.decide = lambda stage: DROP if stage == "CONNECT" and sink.connections > 1 else None
    sink.script["DOT"] = [DROP]
    async with pool_to(sink, limits=PoolLimits(connections=6)) as pool:
        work = [pool.deliver("mx:so.vn", outgoing()) for _ in range(6)]
        results = await asyncio.wait_for(asyncio.gather(*work), 5)
    assert {result.outcome for (result,) in results} == {Outcome.TEMPORARY}
    assert sum(result.uncertain for (result,) in results) == 1


async def test_a_cancelled_delivery_gives_its_place_back(sink: SmtpSink) -> None:
    async with pool_to(sink, limits=PoolLimits(connections=1)) as pool:
        sink.script["DATA"] = [HANG]
        task = asyncio.create_task(pool.deliver("mx:so.vn", outgoing()))
        async with asyncio.timeout(5):
            while "DATA" not in sink.commands:  # noqa: ASYNC110 the sink is what is watched
                await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        (result,) = await asyncio.wait_for(pool.deliver("mx:so.vn", outgoing()), 5)
        assert result.outcome is Outcome.DELIVERED
    assert len(sink.messages) == 1


async def test_closing_waits_for_nobody_but_leaves_no_connection(sink: SmtpSink) -> None:
    class Slow(AsyncMail):
        async def chunks(self):  # type: ignore[no-untyped-def]
            yield BODY
            started.set()
            await go_on.wait()

    started, go_on = asyncio.Event(), asyncio.Event()
    async with pool_to(sink) as pool:
        await pool.deliver("mx:so.vn", outgoing())
        task = asyncio.create_task(pool.deliver("mx:so.vn", outgoing(mail=Slow())))
        await asyncio.wait_for(started.wait(), 5)
        await asyncio.wait_for(pool.close(), 5)
        go_on.set()
        (result,) = await task
        assert result.outcome is Outcome.DELIVERED
        await pool.close()
        assert not sink.open_now


async def test_with_a_flaky_receiver_nothing_is_lost_and_only_the_uncertain_comes_twice(sink: SmtpSink) -> None:
    sink.decide = flaky(7, rate=0.08)
    clock = Clock()
    uncertain = set()
    async with pool_to(sink, limits=PoolLimits(connections=4, dead_first=0, dead_longest=0), clock=clock) as pool:

        async def persist(number: int) -> None:
            body = b"X-Id: %d\r\n\r\nhello\r\n" % number
            for _ in range(50):
                (result,) = await pool.deliver("mx:so.vn", outgoing(mail=Mail([body])))
                if result.outcome is Outcome.DELIVERED:
                    return
                assert result.outcome is Outcome.TEMPORARY
                if result.uncertain:
                    uncertain.add(str(number))
            raise AssertionError("never delivered")

        await asyncio.gather(*(persist(number) for number in range(200)))
    copies = sink.copies()
    assert {number for _, number in copies} == {str(number) for number in range(200)}
    assert {number for (_, number), times in copies.items() if times > 1} <= uncertain
    assert uncertain
