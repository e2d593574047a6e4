"""Dovecot dies: it is started again, and mail that came meanwhile is delivered."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.durability.conftest import process_of, watching
from tests.support.hub import RunningHub, letter, wait_until

OFFICIAL = "nva@tinh.gov.vn"


@pytest.fixture
def hub() -> Iterator[RunningHub]:
    with RunningHub(workers={"smtp": 1}) as running:
        running.account(OFFICIAL)
        yield running


def test_mail_waits_while_dovecot_is_away_and_arrives_when_it_is_back(hub: RunningHub) -> None:
    configuration = hub.directory / "data" / "dovecot"
    killed = process_of(hub, "mailboxes")
    configuration.chmod(0)  # root's Dovecot runs as another user: it cannot come back yet
    try:
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: f"mailboxes ended with status {-signal.SIGKILL}" in hub.log(), "the supervisor noticed")
        code = hub.submit(OFFICIAL, [OFFICIAL], letter(OFFICIAL, OFFICIAL))
        with watching(hub) as watch:
            wait_until(lambda: "deferred" in watch.kinds(code), "the recipient is deferred")
            assert watch.last_reply().startswith("4.")
    finally:
        configuration.chmod(0o700)
    with watching(hub) as watch:
        wait_until(watch.is_empty, "the queue is empty", seconds=60)
    assert len(hub.wait_for_mail(OFFICIAL)) == 1
    assert process_of(hub, "mailboxes") != killed
