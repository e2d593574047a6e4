"""The doctor on DNS: right records, wrong ones, none, and no answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.mail.dkim import generate_key, load_signing_key, public_record
from mailhub.ops.checks.names import name_checks
from mailhub.ops.findings import Ground, Status, Verdict
from tests.support.fakedns import FakeDNS

HOST, ADDRESS = "mx.tinh.gov.vn", "192.0.2.25"
REVERSE = "25.2.0.192.in-addr.arpa"


@pytest.fixture
def fake() -> Iterator[FakeDNS]:
    with FakeDNS({(HOST, "A"): [ADDRESS], (REVERSE, "PTR"): [f"{HOST}."]}) as server:
        yield server


def ask(ground: Ground, fake: FakeDNS) -> dict[str, Verdict]:
    """All DNS checks, asking `fake`."""
    servers = {"nameservers": ("127.0.0.1",), "port": fake.port, "timeout_seconds": 1}
    settings = ground.settings.model_copy(update={"dns": ground.settings.dns.model_copy(update=servers)})
    asked = Ground(settings, ground.database, ground.actor)
    return {check.name: check.run(asked) for check in name_checks(asked)}


def publish(fake: FakeDNS, lines: tuple[str, ...]) -> None:
    """Do as the doctor says."""
    for line in lines:
        name, _, kind, value = line.split(" ", 3)
        fake.records.setdefault((name.removesuffix("."), kind), []).append(value)


def test_publishing_what_the_doctor_prints_makes_every_name_well(ground: Ground, fake: FakeDNS) -> None:
    before = ask(ground, fake)
    assert {name: one.status for name, one in before.items() if name != "dns.ptr"} == dict.fromkeys(
        ("dns.mx", "dns.spf", "dns.dmarc", "dns.dkim"), Status.LOOK
    )
    for verdict in before.values():
        publish(fake, verdict.publish)
    after = ask(ground, fake)
    assert {one.status for one in after.values()} == {Status.OK}
    assert "v=spf1 mx -all" in after["dns.spf"].seen
    assert f"10 {HOST}" in after["dns.mx"].seen
    assert all(f"127.0.0.1:{fake.port}" in one.seen for one in after.values())


def test_a_published_key_that_is_not_ours_is_broken(ground: Ground, fake: FakeDNS) -> None:
    for key in ground.settings.dkim.keys:
        other = load_signing_key(generate_key("ed25519"), key.domain, key.selector, "ed25519")
        fake.records[f"{key.selector}._domainkey.{key.domain}", "TXT"] = [public_record(other)]
    verdict = ask(ground, fake)["dns.dkim"]
    assert verdict.status is Status.BROKEN
    assert len(verdict.publish) == 2


@pytest.mark.parametrize(
    ("check", "name", "kind", "values", "status"),
    [
        ("dns.mx", "tinh.gov.vn", "MX", ["10 mx.khac.vn."], Status.LOOK),
        ("dns.spf", "tinh.gov.vn", "TXT", ["v=spf1 -all"], Status.LOOK),
        ("dns.spf", "tinh.gov.vn", "TXT", ["v=spf1 a -all", "v=spf1 mx -all"], Status.BROKEN),
        ("dns.dmarc", "_dmarc.tinh.gov.vn", "TXT", ["v=DMARC1; p=none"], Status.LOOK),
        ("dns.dmarc", "_dmarc.tinh.gov.vn", "TXT", ["v=DMARC1; sp=reject"], Status.BROKEN),
        ("dns.dmarc", "_dmarc.tinh.gov.vn", "TXT", ["v=DMARC1; p=none", "v=DMARC1; p=reject"], Status.BROKEN),
        ("dns.ptr", REVERSE, "PTR", ["may1.nhamang.vn."], Status.LOOK),
    ],
)
def test_wrong_records_are_told_with_what_was_read(
    ground: Ground, fake: FakeDNS, check: str, name: str, kind: str, values: list[str], status: Status
) -> None:
    fake.records[name, kind] = values
    verdict = ask(ground, fake)[check]
    assert verdict.status is status
    assert verdict.advice


def test_a_name_server_that_is_silent_or_fails_only_asks_to_look(ground: Ground, fake: FakeDNS) -> None:
    fake.fail = {"tinh.gov.vn", "_dmarc.tinh.gov.vn", HOST}
    verdicts = ask(ground, fake)
    assert {verdicts[name].status for name in ("dns.mx", "dns.spf", "dns.dmarc", "dns.ptr")} == {Status.LOOK}
    assert "không trả lời" in verdicts["dns.mx"].seen
    fake.silent = True
    assert {one.status for one in ask(ground, fake).values()} == {Status.LOOK}


def test_a_key_that_does_not_load_is_another_checks_business(ground: Ground, fake: FakeDNS) -> None:
    for key in ground.settings.dkim.keys:
        Path(ground.settings.dkim_file(key)).write_text("x")
    assert ask(ground, fake)["dns.dkim"].status is Status.LOOK
