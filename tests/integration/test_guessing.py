"""Guessing passwords: slower and slower for who guesses, never for the owner, and it tells no names."""

from __future__ import annotations

import base64
import imaplib
import itertools
import smtplib
import socket
import statistics
import time
from typing import Any

import pytest

from tests.integration.conftest import CODE, Province, Wire
from tests.support.hub import PASSWORD, RunningHub, unverified

FREE, FIRST, LONGEST = 2, 1, 2  # failures, seconds, seconds
FAILURES = 7
THIEF, OWNER = "127.0.0.2", "127.1.0.1"  # two networks (/24)
_numbers = itertools.count()


@pytest.fixture(scope="module")
def more_settings() -> dict[str, dict[str, Any]]:
    delays = {"free_failures": FREE, "delay_seconds": FIRST, "longest_delay_seconds": LONGEST}
    return {"lockout": {"failures": FAILURES, **delays}}


@pytest.fixture
def victim(province: Province) -> str:
    local = f"chu{next(_numbers)}"
    province.people(local)
    return f"{local}@tinh.gov.vn"


def smtp(hub: RunningHub, login: str, secret: str, source: str) -> tuple[int, str, float]:
    """Try once on 465: the reply's code and text, and the seconds it took."""
    context = unverified()
    with smtplib.SMTP_SSL(
        "127.0.0.1", hub.port("submissions"), "client.test", context=context, source_address=(source, 0), timeout=60
    ) as client:
        client.ehlo()
        start = time.monotonic()
        # Not client.login: after a refusal of PLAIN it tries LOGIN as well.
        word = base64.b64encode(f"\0{login}\0{secret}".encode()).decode()
        code, text = client.docmd("AUTH", f"PLAIN {word}")
        return code, text.decode(), time.monotonic() - start


class FromSource(imaplib.IMAP4_SSL):
    """IMAP from an address of our choice."""

    def __init__(self, port: int, source: str) -> None:
        self._source = source
        super().__init__("127.0.0.1", port, ssl_context=unverified(), timeout=60)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain: socket.socket = socket.create_connection((self.host, self.port), timeout, (self._source, 0))
        found: socket.socket = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
        return found


def imap(hub: RunningHub, login: str, secret: str, source: str) -> bool:
    client = FromSource(hub.port("imaps"), source)
    try:
        client.login(login, secret)
        return True
    except imaplib.IMAP4.error:
        return False
    finally:
        client.shutdown()


def test_delays_grow_for_the_guesser_and_the_owner_walks_in(hub: RunningHub, victim: str) -> None:
    times = [smtp(hub, victim, f"doan-{number}", THIEF)[2] for number in range(FREE + 3)]
    assert max(times[:FREE]) < FIRST
    for number, expected in enumerate((FIRST, LONGEST, LONGEST)):
        assert expected - 0.05 <= times[FREE + number] < expected + 1.5, times
    code, _, seconds = smtp(hub, victim, PASSWORD, OWNER)
    assert code == 235
    assert seconds < 1
    assert imap(hub, victim, PASSWORD, OWNER)
    # The network that guessed is not shut out for good either.
    assert smtp(hub, victim, PASSWORD, THIEF)[0] == 235


def test_the_same_wrong_password_again_counts_once(hub: RunningHub, victim: str) -> None:
    """A telephone that was not told of the new password tries all day."""
    assert all(smtp(hub, victim, "mat-khau-cu", OWNER)[2] < FIRST for _ in range(FREE + 4))
    assert smtp(hub, victim, PASSWORD, OWNER)[0] == 235


def test_imap_and_submission_share_the_count(hub: RunningHub, victim: str) -> None:
    for number in range(FREE):
        assert not imap(hub, victim, f"doan-{number}", THIEF)
    assert smtp(hub, victim, "doan-nua", THIEF)[2] >= FIRST - 0.05
    assert smtp(hub, victim, "va-nua", THIEF)[2] >= 2 * FIRST - 0.05
    start = time.monotonic()
    assert not imap(hub, victim, "lai-nua", THIEF)
    assert time.monotonic() - start >= LONGEST - 0.05


def test_the_last_failure_locks_that_network_out_and_an_administrator_opens_it(hub: RunningHub, victim: str) -> None:
    for number in range(FAILURES):
        assert smtp(hub, victim, f"doan-{number}", THIEF)[0] == 535
    code, _, seconds = smtp(hub, victim, PASSWORD, THIEF)
    assert code == 535
    assert LONGEST - 0.05 <= seconds < LONGEST + 1.5  # a quarter of an hour's lock does not hold the connection
    assert not imap(hub, victim, PASSWORD, THIEF)
    assert smtp(hub, victim, PASSWORD, OWNER)[0] == 235
    assert "bị tạm khóa" in hub.cli("account", "why", victim).stdout
    hub.cli("account", "unlock", victim)
    assert smtp(hub, victim, PASSWORD, THIEF)[0] == 235


def test_names_cannot_be_told_apart(hub: RunningHub, province: Province) -> None:
    """Unknown, closed and ordinary accounts: the same words, nearly the same time, the same delays."""
    times: dict[str, list[float]] = {"known": [], "unknown": [], "suspended": []}
    texts = set()
    for number in range(8):
        province.people(f"co{number}", f"khoa{number}")
        province.act("suspend_account", f"khoa{number}@tinh.gov.vn", reason="thử")
        for kind, local in (("known", "co"), ("unknown", "khongco"), ("suspended", "khoa")):
            secret = PASSWORD if kind == "suspended" else "sai"
            code, text, seconds = smtp(hub, f"{local}{number}@tinh.gov.vn", secret, THIEF)
            times[kind].append(seconds)
            texts.add((code, CODE.sub("", text)))
    assert len(texts) == 1, texts
    medians = {kind: statistics.median(found) for kind, found in times.items()}
    assert max(medians.values()) - min(medians.values()) < 0.1, medians
    slow = [smtp(hub, "khongco0@tinh.gov.vn", f"doan-{number}", THIEF)[2] for number in range(FREE)]
    assert slow[-1] >= FIRST - 0.05


def test_why_tells_the_administrator_and_nobody_else(hub: RunningHub, victim: str) -> None:
    for number in range(2):
        smtp(hub, victim, f"BiMat-{number}", THIEF)
    told = hub.cli("account", "why", victim).stdout
    assert THIEF in told
    assert "BiMat" not in told
    assert "BiMat" not in hub.log()


def test_a_connection_that_guesses_on_is_closed(hub: RunningHub, victim: str) -> None:
    with Wire(hub.port("submissions"), tls=True, source="127.2.0.1") as wire:
        wire.heard()
        wire.ask("EHLO client.test")
        codes = []
        for number in range(8):
            word = base64.b64encode(f"\0khac{number}@tinh.gov.vn\0sai".encode()).decode()
            codes.append(wire.ask(f"AUTH PLAIN {word}")[0])
    assert codes[:4] == [535] * 4
    assert 421 in codes or 0 in codes
