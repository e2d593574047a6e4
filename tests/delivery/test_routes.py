"""From a recipient to a destination, from a destination to hops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mailhub.delivery.errors import PermanentRouteError, RouteError, TemporaryRouteError
from mailhub.delivery.routes import RouteSettings, destination_for, hops, read_hop
from tests.support.fakedns import FakeDNS

US = RouteSettings("hub.tinh.gov.vn", "/run/lmtp", frozenset({("203.0.113.1", 25)}))


async def route(records: Mapping[tuple[str, str], list[str]], key: str = "mx:so.vn", **changes: Any) -> list[str]:
    """`host address` of each hop."""
    settings = RouteSettings(**{**{n: getattr(US, n) for n in US.__slots__}, **changes})
    async with FakeDNS(records) as dns:
        return [f"{target.host} {target.peer}" for target in await hops(key, dns.resolver(), settings)]


def test_a_recipient_goes_home_or_to_the_smarthost_or_to_its_exchange() -> None:
    assert destination_for("tinh.gov.vn", "") == "local"
    assert destination_for("tinh.gov.vn", "smtp://OLD.tinh.gov.vn") == "smtp://old.tinh.gov.vn:25"
    assert destination_for("tinh.gov.vn", "", "relay.vn") == "local"
    assert destination_for("So.vn", None) == "mx:so.vn"
    assert destination_for("so.vn", None, "relay.vn:587") == "smtp://relay.vn:587"
    assert destination_for("so.vn", None, "[2001:db8::1]:26") == "smtp://[2001:db8::1]:26"


@pytest.mark.parametrize("text", ["http://x", "smtp://", "host:port", "smtp://u@host", "smtp://h/path", "h:99999"])
def test_a_home_that_cannot_be_read_is_our_fault_and_temporary(text: str) -> None:
    with pytest.raises(TemporaryRouteError):
        read_hop(text)


async def test_local_mail_goes_to_the_lmtp_socket() -> None:
    async with FakeDNS() as dns:
        (target,) = await hops("local", dns.resolver(), US)
    assert (target.address, target.lmtp, target.tls) == ("/run/lmtp", True, "never")


async def test_exchanges_come_by_preference_and_families_in_turn() -> None:
    records = {
        ("so.vn", "MX"): ["20 far.so.vn.", "10 near.so.vn."],
        ("near.so.vn", "A"): ["192.0.2.1", "192.0.2.2"],
        ("near.so.vn", "AAAA"): ["2a00::1"],
        ("far.so.vn", "A"): ["192.0.2.9"],
    }
    found = await route(records)
    assert found[0] == "near.so.vn [2a00::1]:25"
    assert set(found[1:3]) == {"near.so.vn 192.0.2.1:25", "near.so.vn 192.0.2.2:25"}
    assert found[3:] == ["far.so.vn 192.0.2.9:25"]
    assert not any("[" in hop for hop in await route(records, ipv6=False))


async def test_equal_exchanges_share_the_load() -> None:
    records = {("so.vn", "MX"): [f"10 m{n}.so.vn." for n in range(8)]}
    records |= {(f"m{n}.so.vn", "A"): [f"192.0.2.{n}"] for n in range(8)}
    first = {(await route(records))[0] for _ in range(12)}
    assert len(first) > 1  # one in 7 thousand million draws would fail this


async def test_a_domain_without_mx_is_its_own_exchange() -> None:
    assert await route({("so.vn", "A"): ["192.0.2.1"]}) == ["so.vn 192.0.2.1:25"]


@pytest.mark.parametrize(
    ("records", "kind", "enhanced"),
    [
        ({("so.vn", "MX"): ["0 ."]}, PermanentRouteError, "5.1.10"),
        ({("other.vn", "A"): ["192.0.2.1"]}, PermanentRouteError, "5.1.2"),
        ({("so.vn", "TXT"): ["nothing for mail"]}, PermanentRouteError, "5.4.4"),
        ({("so.vn", "MX"): ["10 gone.so.vn."]}, PermanentRouteError, "5.4.4"),
        ({("so.vn", "MX"): ["10 hub.tinh.gov.vn."]}, PermanentRouteError, "5.4.6"),
        ({("so.vn", "MX"): ["10 x.so.vn."], ("x.so.vn", "A"): ["203.0.113.1"]}, PermanentRouteError, "5.4.6"),
        ({("so.vn", "MX"): ["10 x.so.vn."], ("x.so.vn", "A"): ["127.0.0.1"]}, PermanentRouteError, "5.4.4"),
        ({("so.vn", "MX"): ["10 x.so.vn."], ("x.so.vn", "A"): ["169.254.169.254"]}, PermanentRouteError, "5.4.4"),
        ({("so.vn", "MX"): ["10 x.so.vn."], ("x.so.vn", "A"): ["0.0.0.0"]}, PermanentRouteError, "5.4.4"),
        ({("so.vn", "MX"): ["10 x.so.vn."], ("x.so.vn", "AAAA"): ["::ffff:127.0.0.1"]}, PermanentRouteError, "5.4.4"),
        ({("so.vn", "MX"): ["10 x.so.vn."], ("x.so.vn", "AAAA"): ["::1"]}, PermanentRouteError, "5.4.4"),
    ],
)
async def test_a_domain_that_cannot_be_reached_says_why(
    records: dict[tuple[str, str], list[str]], kind: type[RouteError], enhanced: str
) -> None:
    with pytest.raises(kind) as caught:
        await route(records)
    assert caught.value.enhanced == enhanced


async def test_loopback_and_private_exchanges() -> None:
    records = {("so.vn", "MX"): ["10 x.so.vn."], ("x.so.vn", "A"): ["127.0.0.1"]}
    assert await route(records, allow_private=True, mx_port=2525) == ["x.so.vn 127.0.0.1:2525"]
    records[("x.so.vn", "A")] = ["10.1.2.3"]  # agencies reach each other over the state's own network
    assert await route(records) == ["x.so.vn 10.1.2.3:25"]


async def test_a_backup_exchange_hands_on_only_to_nearer_ones() -> None:
    records = {
        ("so.vn", "MX"): ["10 main.so.vn.", "20 hub.tinh.gov.vn.", "20 twin.so.vn.", "30 last.so.vn."],
        ("main.so.vn", "A"): ["192.0.2.1"],
        ("twin.so.vn", "A"): ["192.0.2.2"],
        ("last.so.vn", "A"): ["192.0.2.3"],
        ("hub.tinh.gov.vn", "A"): ["203.0.113.1"],
    }
    assert await route(records) == ["main.so.vn 192.0.2.1:25"]


@pytest.mark.parametrize("name", ["so.vn", "main.so.vn"])
async def test_dns_trouble_is_temporary(name: str) -> None:
    async with FakeDNS({("so.vn", "MX"): ["10 main.so.vn."], ("main.so.vn", "A"): ["192.0.2.1"]}) as dns:
        dns.fail.add(name)
        with pytest.raises(TemporaryRouteError) as caught:
            await hops("mx:so.vn", dns.resolver(), US)
    assert caught.value.enhanced == "4.4.3"


async def test_trouble_with_one_exchange_leaves_the_others() -> None:
    async with FakeDNS({("so.vn", "MX"): ["10 a.so.vn.", "20 b.so.vn."], ("b.so.vn", "A"): ["192.0.2.2"]}) as dns:
        dns.fail.add("a.so.vn")
        assert [t.host for t in await hops("mx:so.vn", dns.resolver(), US)] == ["b.so.vn"]


async def test_a_home_may_be_private_and_is_taken_by_name_or_address() -> None:
    assert await route({}, "smtp://127.0.0.1:2525") == ["127.0.0.1 127.0.0.1:2525"]
    assert await route({}, "smtp://[::1]:2525") == ["::1 [::1]:2525"]
    assert await route({("old.vn", "A"): ["10.0.0.5"]}, "smtp://old.vn:25") == ["old.vn 10.0.0.5:25"]


@pytest.mark.parametrize(
    ("records", "key", "enhanced"),
    [
        ({}, "smtp://old.vn:25", "4.4.3"),
        ({}, "smtp://203.0.113.1:25", "4.4.6"),
        ({}, "nonsense:key", "4.3.5"),
    ],
)
async def test_a_wrong_home_loses_no_mail(records: dict[tuple[str, str], list[str]], key: str, enhanced: str) -> None:
    with pytest.raises(TemporaryRouteError) as caught:
        await route(records, key)
    assert caught.value.enhanced == enhanced


async def test_a_domain_in_vietnamese_letters_is_looked_up_as_dns_has_it() -> None:
    records = {("xn--tnh-vq5a.vn", "MX"): ["10 mx.vn."], ("mx.vn", "A"): ["192.0.2.1"]}
    name = b"xn--tnh-vq5a.vn".decode("idna")
    assert await route(records, f"mx:{name}") == ["mx.vn 192.0.2.1:25"]


async def test_an_address_literal_is_not_delivered_to() -> None:
    with pytest.raises(PermanentRouteError):
        await route({}, "mx:[192.0.2.1]")
