"""kill -9 of any process at any moment: everything that got its 250 arrives, unaltered (issue 2, "Seen when" 3)."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.durability.conftest import process_of, sink_process, watching
from tests.durability.load import Client, Ledger
from tests.support.hub import RunningHub, wait_until
from tests.support.smtpsink import read_spool

ROLES = ("smtp-0", "smtp-1", "worker-0", "verifier", "mailboxes", "supervisor")
OFFICIALS = ("nva@tinh.gov.vn", "ttb@tinh.gov.vn")
OUTSIDE = ("one@outside.test", "two@outside.test", "three@elsewhere.test")
FLAKY_RATE = 0.02
RESTART_SECONDS = 30.0


def test_what_was_accepted_arrives_although_processes_are_killed(tmp_path: Path) -> None:
    _run(tmp_path, seed=int.from_bytes(os.urandom(4)), kills=5)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_what_was_accepted_arrives_although_processes_are_killed_fifty_times(tmp_path: Path) -> None:
    _run(tmp_path, seed=int.from_bytes(os.urandom(4)), kills=50)


def _run(tmp_path: Path, *, seed: int, kills: int) -> None:
    print(f"seed {seed}")
    ledger, spool = Ledger(), tmp_path / "sink"
    with (
        sink_process(spool, "--flaky", str(seed % 1000), "--rate", str(FLAKY_RATE)) as port,
        RunningHub(
            delivery={"smarthost": f"127.0.0.1:{port}"},
            trusted={"networks": ["127.0.0.0/8"]},
            limits={"commands_without_mail": 0},
        ) as hub,
    ):
        for official in OFFICIALS:
            hub.account(official)
        killed = _load_and_kill(hub, ledger, random.Random(seed), kills)
        _empty_queue(hub)
        for official in OFFICIALS:
            for content in hub.mails(official) + hub.mails(official, folder="Junk"):
                ledger.found(official, content)
    for received in read_spool(spool):
        for recipient in received.recipients:
            ledger.found(recipient, received.content)
    _account(ledger, killed, seed)


def _load_and_kill(hub: RunningHub, ledger: Ledger, rng: random.Random, kills: int) -> Counter[str]:
    stop = threading.Event()
    everyone = [*OFFICIALS, *OUTSIDE]
    clients = [
        Client("a", partial(hub.submission, OFFICIALS[0]), OFFICIALS[0], everyone, ledger, stop),
        Client("b", partial(hub.submission, OFFICIALS[1]), OFFICIALS[1], list(OUTSIDE), ledger, stop),
        Client("c", hub.mx, "stranger@outside.test", list(OFFICIALS), ledger, stop),
    ]
    for client in clients:
        client.start()
    try:
        killed = _kill_at_random(hub, rng, kills, ledger)
    finally:
        stop.set()
        for client in clients:
            client.join(60)
    assert not any(client.is_alive() for client in clients)
    return killed


def _kill_at_random(hub: RunningHub, rng: random.Random, kills: int, ledger: Ledger) -> Counter[str]:
    killed: Counter[str] = Counter()
    order: list[str] = []
    while killed.total() < kills:
        if not order:
            order = list(ROLES)
            rng.shuffle(order)
            if kills < len(ROLES):  # the short run leaves one of the two doors alone, never another role
                order.remove(rng.choice(ROLES[:2]))
        before = len(ledger.promised)
        wait_until(lambda: len(ledger.promised) > before + 3, "mail is accepted again")  # noqa: B023
        time.sleep(rng.uniform(0.0, 1.0))  # the moment is what is drawn by lot
        role = order.pop()
        if role == "supervisor":
            hub.kill()
            began = time.monotonic()
            hub.start(seconds=RESTART_SECONDS)
            print(f"supervisor back after {time.monotonic() - began:.1f} s")
        else:
            pid = wait_until(lambda: process_of(hub, role), f"{role} runs")  # noqa: B023
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        killed[role] += 1
    return killed


def _empty_queue(hub: RunningHub) -> None:
    with watching(hub) as watch:
        wait_until(watch.is_empty, "the queue is empty", seconds=90)


def _account(ledger: Ledger, killed: Counter[str], seed: int) -> None:
    print(
        f"seed {seed}: kills {dict(killed)}, messages {len(ledger.digests)}, accepted {len(ledger.promised)}, "
        f"lost {len(ledger.lost)}, altered {len(ledger.altered)}, duplicates {ledger.duplicates}, "
        f"resent by clients {ledger.resent}, refused {len(ledger.refused)}"
    )
    assert not ledger.lost
    assert not ledger.altered
    assert not ledger.refused
    assert ledger.promised
    # Whoever delivers, or is delivered to, dies with what its connections had under way (ten to the smarthost, ten to
    # Dovecot, and the turn not yet written); the sink hangs up after a dot by chance; a client that had no answer to
    # its dot sends again, to all of its recipients.
    deadly = killed["worker-0"] + killed["supervisor"] + killed["mailboxes"]
    provoked = 3 * FLAKY_RATE * ledger.arrived.total() + 10
    assert ledger.duplicates <= 30 * deadly + len(OFFICIALS + OUTSIDE) * ledger.resent + provoked
