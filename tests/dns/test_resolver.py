"""The resolver against a name server in the same process."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailhub.dns.errors import DNSError
from mailhub.dns.resolver import Resolver, preload
from tests.support.fakedns import FakeDNS

RECORDS = {
    ("tinh.gov.vn", "MX"): ["20 mx2.tinh.gov.vn.", "10 MX1.tinh.gov.vn."],
    ("tinh.gov.vn", "TXT"): ["v=spf1 mx -all", '"two " "strings"'],
    ("mx1.tinh.gov.vn", "A"): ["192.0.2.1", "192.0.2.2"],
    ("mx1.tinh.gov.vn", "AAAA"): ["2001:db8::1"],
    ("khong.nhan.vn", "MX"): ["0 ."],
    ("www.tinh.gov.vn", "CNAME"): ["mx1.tinh.gov.vn."],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["mx1.tinh.gov.vn."],
    ("big.tinh.gov.vn", "TXT"): ["x" * 4000],
}


async def test_records_are_returned_in_the_shapes_that_mail_needs() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        assert await resolver.mx("TINH.gov.vn.") == [(10, "mx1.tinh.gov.vn"), (20, "mx2.tinh.gov.vn")]
        assert sorted(await resolver.txt("tinh.gov.vn")) == ["two strings", "v=spf1 mx -all"]
        assert sorted(await resolver.addresses("mx1.tinh.gov.vn")) == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]
        assert sorted(await resolver.addresses("mx1.tinh.gov.vn", ipv6=False)) == ["192.0.2.1", "192.0.2.2"]
        assert sorted(await resolver.a("www.tinh.gov.vn")) == ["192.0.2.1", "192.0.2.2"]
        assert await resolver.ptr("192.0.2.1") == ["mx1.tinh.gov.vn"]
        assert await resolver.ptr("not an address") == []


async def test_a_null_mx_is_told_from_no_mx() -> None:
    async with FakeDNS(RECORDS) as fake:
        assert await fake.resolver().mx("khong.nhan.vn") == [(0, "")]
        assert await fake.resolver().mx("mx1.tinh.gov.vn") == []


async def test_an_answer_too_long_for_udp_is_fetched_by_tcp() -> None:
    async with FakeDNS(RECORDS) as fake:
        assert await fake.resolver().txt("big.tinh.gov.vn") == ["x" * 4000]
        assert [transport for _, _, transport in fake.queries] == ["udp", "tcp"]


async def test_a_name_that_does_not_exist_has_no_records() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        assert await resolver.txt("la.vn") == []
        assert not await resolver.exists("la.vn")
        assert await resolver.exists("tinh.gov.vn")  # it has no address, but it exists


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".vn", ".".join(["abc"] * 90), "\udcff.vn", "a b\\.vn"])
async def test_an_impossible_name_is_answered_without_raising(name: str) -> None:
    async with FakeDNS(RECORDS) as fake:
        assert await fake.resolver().txt(name) == []


async def test_answers_and_their_absence_are_asked_once() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        for _ in range(3):
            await resolver.txt("tinh.gov.vn")
            await resolver.txt("la.vn")
            await resolver.mx("mx1.tinh.gov.vn")
        assert len(fake.queries) == 3
        resolver.forget()
        await resolver.txt("tinh.gov.vn")
        assert len(fake.queries) == 4


async def test_the_same_question_at_the_same_time_goes_out_once() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        answers = await asyncio.gather(*(resolver.mx("tinh.gov.vn") for _ in range(20)))
        assert len(fake.queries) == 1
        assert all(answer == answers[0] for answer in answers)


async def test_a_caller_may_change_its_answer_without_spoiling_the_cache() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        (await resolver.mx("tinh.gov.vn")).clear()
        assert await resolver.mx("tinh.gov.vn")


async def test_one_waiter_that_gives_up_does_not_cost_the_other_its_answer() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        first = asyncio.create_task(resolver.mx("tinh.gov.vn"))
        second = asyncio.create_task(resolver.mx("tinh.gov.vn"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_servfail_is_an_error_and_is_not_remembered() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        fake.fail.add("tinh.gov.vn")
        with pytest.raises(DNSError):
            await resolver.mx("tinh.gov.vn")
        fake.fail.clear()
        assert await resolver.mx("tinh.gov.vn")


async def test_a_silent_server_is_an_error_after_the_time_out() -> None:
    async with FakeDNS(RECORDS) as fake:
        fake.silent = True
        began = time.monotonic()
        with pytest.raises(DNSError):
            await fake.resolver(timeout_seconds=0.3).mx("tinh.gov.vn")
        assert 0.2 < time.monotonic() - began < 3


async def test_a_closed_port_is_an_error() -> None:
    with FakeDNS() as fake:
        port = fake.port
    with pytest.raises(DNSError):
        await Resolver(["127.0.0.1"], port=port, timeout_seconds=0.3).a("tinh.gov.vn")


async def test_the_cache_keeps_its_size() -> None:
    async with FakeDNS({("*", "A"): ["192.0.2.9"]}) as fake:
        resolver = Resolver(["127.0.0.1"], port=fake.port, cache_size=2)
        for name in ("a.vn", "b.vn", "c.vn", "b.vn", "c.vn"):
            await resolver.a(name)
        assert len(fake.queries) == 3
        await resolver.a("a.vn")
        assert len(fake.queries) == 4


async def test_a_huge_answer_is_not_kept() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        fake.records[("big.tinh.gov.vn", "TXT")] = ["x" * 6000]
        await resolver.txt("big.tinh.gov.vn")
        asked = len(fake.queries)
        await resolver.txt("big.tinh.gov.vn")
        assert len(fake.queries) > asked


async def test_a_cached_lookup_takes_microseconds() -> None:
    async with FakeDNS(RECORDS) as fake:
        resolver = fake.resolver()
        await resolver.txt("tinh.gov.vn")
        began = time.process_time()
        for _ in range(1000):
            await resolver.txt("tinh.gov.vn")
        assert time.process_time() - began < 0.1  # 100 us each; about 3 us are usual


def test_after_preload_a_lookup_imports_nothing() -> None:
    program = (
        "import asyncio, sys\n"
        "from mailhub.dns.resolver import Resolver, preload\n"
        "preload()\n"
        "from tests.support.fakedns import FakeDNS\n"
        "fake = FakeDNS({('a.vn', 'TXT'): ['x'], ('a.vn', 'MX'): ['1 a.vn.']})\n"
        "async def ask():\n"
        "    r = fake.resolver(); await r.txt('a.vn'); await r.mx('a.vn')\n"
        "    await r.a('b.vn'); await r.ptr('192.0.2.1')\n"
        "fake.start(); asyncio.new_event_loop().close(); before = set(sys.modules)\n"
        "asyncio.run(ask()); print(sorted(set(sys.modules) - before))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stdout
    preload()


def test_the_fake_runs_as_a_program_of_its_own(tmp_path: Path) -> None:
    records = tmp_path / "records.json"
    records.write_text(json.dumps({"* MX": ["10 sink.invalid."], "a.vn TXT": ["hello"]}))
    command = [sys.executable, "-m", "tests.support.fakedns", "--records", str(records)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        resolver = Resolver(["127.0.0.1"], port=int(process.stdout.readline()))
        assert asyncio.run(resolver.mx("bat.ky.vn")) == [(10, "sink.invalid")]
        assert asyncio.run(resolver.txt("a.vn")) == ["hello"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
