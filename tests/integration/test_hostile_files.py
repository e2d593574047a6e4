"""Hostile mail of every kind ends in a stated fact within limits, and ordinary mail flows meanwhile."""

from __future__ import annotations

import json
import smtplib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from mailhub.queue.timeline import Line
from mailhub.settings import load
from tests.integration.conftest import Province
from tests.support.hostile import RECEIVER, SENDER, Hostile, hostile_mails
from tests.support.hub import RunningHub, letter, transaction, wait_until
from tests.support.inspector import needs_sandbox
from tests.support.rulebooks import NOTHING, write_book

BINH, CHI, DUNG = RECEIVER, "lvc@tinh.gov.vn", "ptd@tinh.gov.vn"
TRUSTED = "127.9.9.9"
ANSWER_SECONDS = 60.0
ORDINARY_SECONDS = 5.0
MEMORY_KIB = 700 * 1024  # of one process of the inspector: its ration, and what it shares with its zygote
OUTSIDE = (Path("/etc/cron.d/x"), Path("/tmp/mailhub-got-out"))


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    needs_sandbox()
    with RunningHub(
        start=False,
        trusted={"networks": ["127.9.9.0/24"]},
        workers={"smtp": 1},
        inspector={"file_seconds": 2, "slow_file_seconds": 3},
    ) as running:
        write_book(running.directory, NOTHING)  # it is the reading that is tested
        running.start()
        yield running


@pytest.fixture(scope="module")
def province(hub: RunningHub) -> Iterator[Province]:
    found = Province(hub)
    found.people("nva", "ttb", "lvc", "ptd")
    yield found
    found.close()


@dataclass
class Run:
    """What was sent, and what it was answered: codes of messages taken, replies of those refused."""

    taken: dict[str, Hostile] = field(default_factory=dict)
    refused: dict[str, Hostile] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    ordinary: list[str] = field(default_factory=list)
    slowest_answer: float = 0.0
    most_memory: int = 0


def send(hub: RunningHub, run: Run, number: int, mail: Hostile) -> None:
    """By submission or through the MX, in turn."""
    started = time.monotonic()
    try:
        if number % 2:
            code = hub.submit(SENDER, [BINH], mail.message)
        else:
            with smtplib.SMTP("127.0.0.1", hub.port("mx"), "may.test", 90, source_address=(TRUSTED, 0)) as client:
                client.ehlo()
                code = transaction(client, SENDER, [BINH], mail.message)
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error
        run.refused[text.decode() if isinstance(text, bytes) else text] = mail
    else:
        run.taken[code] = mail
    run.seconds[mail.name] = time.monotonic() - started


def send_ordinary(hub: RunningHub, run: Run, done: threading.Event) -> None:
    while not done.wait(0.15):
        started = time.monotonic()
        run.ordinary.append(hub.submit(CHI, [DUNG], letter(CHI, DUNG)))
        run.slowest_answer = max(run.slowest_answer, time.monotonic() - started)


def watch_memory(hub: RunningHub, run: Run, done: threading.Event) -> None:
    """Of every process that opens files, the zygotes and their children."""
    while not done.wait(0.05):
        for pid in set(descendants(hub.pid)) - {hub.pid}:
            if name_of(pid) == "mailhub-inspect":
                run.most_memory = max(run.most_memory, resident(pid))


def descendants(pid: int) -> list[int]:
    found = [pid]
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += descendants(int(child))
    return found


def name_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def resident(pid: int) -> int:
    """KiB of its own in memory."""
    with suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])
    return 0


def attack(hub: RunningHub, mails: list[Hostile]) -> Run:
    """All of `mails`, six at a time, with ordinary mail beside them."""
    run, done = Run(), threading.Event()
    beside = [threading.Thread(target=work, args=(hub, run, done)) for work in (send_ordinary, watch_memory)]
    for thread in beside:
        thread.start()
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(partial(send, hub, run), range(len(mails)), mails))
    finally:
        done.set()
        for thread in beside:
            thread.join()
    return run


def story(province: Province, code: str, *, seconds: float = 90) -> tuple[str, float]:
    """All that the timeline of a delivered message says, and how many seconds it was under way."""

    def look() -> list[Line]:
        lines = province.trace(code)
        return lines if any(line.kind.value == "delivered" for line in lines) else []

    lines = wait_until(look, f"{code} delivered", seconds=seconds)
    delivered = next(line.at for line in lines if line.kind.value == "delivered")
    return json.dumps([line.facts for line in lines], ensure_ascii=False), (delivered - lines[0].at) / 1000


def octets_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def check_everything(hub: RunningHub, province: Province, mails: list[Hostile]) -> Run:
    """What the issue asks for, of any stream of hostile mail."""
    servers = {name: pid for name, pid in hub.children().items() if name.startswith(("smtp", "worker", "verifier"))}
    before = {path.name for path in hub.directory.iterdir()}
    spool = load(hub.directory / "mailhub.toml").spool_directory
    kept = octets_in(spool)
    run = attack(hub, mails)
    assert len(run.taken) + len(run.refused) == len(mails)
    assert max(run.seconds.values()) < ANSWER_SECONDS, run.seconds
    arrived: dict[str, bytes] = {}
    for code, mail in run.taken.items():
        told, _ = story(province, code)
        missing = [word for word in mail.words if word not in told]
        assert not missing, f"{mail.name}: {missing} not in {told}"
    for whole in hub.mails(BINH):
        arrived |= {code: whole for code in run.taken if code.encode() in whole[:4_096]}
    assert {mail.name for code, mail in run.taken.items() if not arrived[code].endswith(mail.message)} == set()
    for code in run.ordinary:
        _, seconds = story(province, code)
        assert seconds < ORDINARY_SECONDS, f"{code} took {seconds} s"
    assert len(hub.mails(DUNG)) >= len(run.ordinary) > 0
    assert run.slowest_answer < ORDINARY_SECONDS
    assert 0 < run.most_memory < MEMORY_KIB
    assert {name: hub.children().get(name) for name in servers} == servers  # nobody died of it
    brought = sum(len(mail.message) for mail in mails) + 4_096 * len(run.ordinary)
    assert octets_in(spool) - kept < 1.1 * brought  # bodies as they came, and nothing that was unpacked
    assert octets_in(spool / "incoming") == 0
    assert not any(path.exists() for path in OUTSIDE)
    assert {path.name for path in hub.directory.iterdir()} - before == set()
    assert "Traceback" not in hub.log()
    return run


def test_each_kind_ends_in_a_stated_fact_while_ordinary_mail_flows(hub: RunningHub, province: Province) -> None:
    mails = list(hostile_mails())
    run = check_everything(hub, province, mails)
    assert {mail.name for mail in run.refused.values()} == set()  # all of these are well-formed to SMTP
    print(f"slowest {max(run.seconds.values()):.1f} s, ordinary {run.slowest_answer:.1f} s of {len(run.ordinary)}")
    print(f"{run.most_memory // 1024} MB; {sorted(run.seconds.items(), key=lambda item: -item[1])[:5]}")


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_spool_stays_as_it_was_after_many(hub: RunningHub, province: Province) -> None:
    for series in range(1, 7):
        check_everything(hub, province, list(hostile_mails(series)))
    assert hub.queue() == []
