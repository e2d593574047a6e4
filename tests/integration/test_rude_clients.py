"""Clients that crawl, flood, hang up or smuggle: a bounded cost to us, and none to the others."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Province, Sink, Wire, arrives
from tests.support.hub import RunningHub, letter, transaction, wait_until

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
OUT = "ai@outside.example"
PER_NETWORK = 70


@pytest.fixture(scope="module")
def more_settings() -> dict[str, dict[str, Any]]:
    return {"limits": {"connections_per_network": PER_NETWORK, "message_mib": 1}}


def greeted(hub: RunningHub, service: str = "mx", source: str = "127.3.0.1") -> float:
    """Seconds until an ordinary client has its greeting and its answer to EHLO."""
    start = time.monotonic()
    with Wire(hub.port(service), source=source) as wire:
        assert wire.heard()[0] == 220
        assert wire.ask("EHLO client.test")[0] == 250
    return time.monotonic() - start


@contextlib.contextmanager
def crowd(hub: RunningHub, count: int, service: str = "mx") -> Iterator[list[Wire]]:
    wires = [Wire(hub.port(service), source="127.0.0.2") for _ in range(count)]
    try:
        yield wires
    finally:
        for wire in wires:
            wire.close()


# ------------------------------------------------------------------------ crowds


def test_sixty_who_crawl_keep_nobody_waiting(hub: RunningHub, province: Province) -> None:
    with crowd(hub, 60) as wires:
        for number, wire in enumerate(wires):
            assert wire.heard()[0] == 220
            if number % 3:
                wire.ask("EHLO slow.test")
            if number % 3 == 2:
                wire.ask("MAIL FROM:<x@evil.example>")
                wire.ask(f"RCPT TO:<{AN}>")
                assert wire.ask("DATA")[0] == 354
        for _ in range(3):
            for wire in wires:
                wire.send(b"X")
            assert greeted(hub) < 1
        with hub.mx() as client:
            transaction(client, "x@nothing.example", [BINH], letter("x@nothing.example", BINH, subject="giua dam dong"))
    arrives(hub, BINH, "giua dam dong")


def test_one_network_has_only_its_share(hub: RunningHub, province: Province) -> None:
    with crowd(hub, PER_NETWORK + 10) as wires:
        codes = [wire.heard()[0] for wire in wires]
        assert codes.count(220) == PER_NETWORK
        assert codes.count(421) == 10
        assert greeted(hub) < 1

    def let_in() -> bool:
        with Wire(hub.port("mx"), source="127.0.0.2") as wire:
            return wire.heard()[0] == 220

    wait_until(let_in, "the network is let in again", seconds=10)


def test_handshakes_that_never_come_keep_nobody_waiting(hub: RunningHub, province: Province) -> None:
    with crowd(hub, 60, "submissions"):
        assert greeted(hub, "submission") < 1
        start = time.monotonic()
        with Wire(hub.port("submissions"), tls=True, source="127.3.0.1") as wire:
            assert wire.heard()[0] == 220
        assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    "talk",
    [
        b"GET / HTTP/1.1\r\nHost: mx\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nMAIL FROM:<x@y.vn>\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
        b"\0" * 5000,
        b"EHLO " + b"a" * 100_000 + b"\r\n" + b"QUIT\r\n",
        b"\xff\xfe\r\n" * 200,
        b"NOOP\r\n" * 500,
        b"EHLO x\r\nAUTH PLAIN AHgAeA==\r\n" * 30,
    ],
)
def test_babble_ends_and_others_are_served(hub: RunningHub, province: Province, talk: bytes) -> None:
    with Wire(hub.port("submission"), source="127.0.0.2") as wire:
        assert wire.heard()[0] == 220
        with contextlib.suppress(ConnectionError):
            wire.send(talk)
            wire.sock.shutdown(socket.SHUT_WR)
        start = time.monotonic()
        while wire.heard()[0] != 0:
            pass
        assert time.monotonic() - start < 5
    assert greeted(hub) < 1


# ------------------------------------------------------------------------ too much


def test_what_is_too_large_is_refused_by_its_declared_size(hub: RunningHub, province: Province) -> None:
    with hub.mx() as client:
        assert client.esmtp_features["size"] == str(2**20)
        code, text = client.mail("x@nothing.example", ["size=1048577"])
        assert (code, text[:5]) == (552, b"5.3.4")
        assert province.refusal(text) == "too-large"


def test_what_turns_out_too_large_is_refused_at_the_dot(hub: RunningHub, province: Province) -> None:
    with hub.mx() as client:
        client.mail("x@nothing.example")
        client.rcpt(AN)
        code, text = client.data(b"From: x@nothing.example\r\n\r\n" + (b"x" * 76 + b"\r\n") * 14_000)
        assert (code, text[:5]) == (552, b"5.3.4")
        assert province.refusal(text) == "too-large"
        transaction(client, "x@nothing.example", [AN], letter("x@nothing.example", AN))


# ------------------------------------------------------------------------ hanging up


def test_who_hangs_up_after_the_dot_has_sent(hub: RunningHub, province: Province) -> None:
    for number in range(5):
        with Wire(hub.port("mx")) as wire:
            wire.heard()
            wire.ask("EHLO x.test")
            wire.ask("MAIL FROM:<x@nothing.example>")
            wire.ask("RCPT TO:<lvc@tinh.gov.vn>")
            wire.ask("DATA")
            message = letter("x@nothing.example", "lvc@tinh.gov.vn", subject=f"cup may {number}")
            wire.send(message + b".\r\n")
            wire.sock.shutdown(socket.SHUT_RDWR)
    found = hub.wait_for_mail("lvc@tinh.gov.vn", count=5)
    assert all(sum(f"cup may {number}".encode() in mail for mail in found) == 1 for number in range(5))


def test_who_hangs_up_before_the_dot_has_sent_nothing(hub: RunningHub, province: Province) -> None:
    before = province.rows("SELECT count(*) FROM message")[0][0]
    for cut in (b"", b"\r\n", b"\r\n."):
        with Wire(hub.port("mx")) as wire:
            wire.heard()
            wire.ask("EHLO x.test")
            wire.ask("MAIL FROM:<x@nothing.example>")
            wire.ask(f"RCPT TO:<{AN}>")
            wire.ask("DATA")
            wire.send(b"From: x@nothing.example\r\n\r\nnua chung" + cut)
            wire.sock.shutdown(socket.SHUT_WR)
            while wire.heard()[0] != 0:
                pass
    assert province.rows("SELECT count(*) FROM message")[0][0] == before


# ------------------------------------------------------------------------ TLS


@pytest.mark.parametrize(
    "injected",
    [b"EHLO evil.test\r\n", b"MAIL FROM:<x@evil.example>\r\nRCPT TO:<nva@tinh.gov.vn>\r\n", b"QUIT\r\n", b"X", b"\r\n"],
)
def test_what_is_pipelined_behind_starttls_is_forgotten(hub: RunningHub, province: Province, injected: bytes) -> None:
    with Wire(hub.port("mx")) as wire:
        wire.heard()
        wire.ask("EHLO x.test")
        wire.send(b"STARTTLS\r\n" + injected)
        assert wire.heard()[0] == 220
        wire.start_tls()
        assert wire.ask("MAIL FROM:<y@nothing.example>")[0] == 503  # EHLO first: what was said before was not said
        assert "STARTTLS" not in wire.ask("EHLO x.test")[1]
        assert wire.ask("RCPT TO:<nva@tinh.gov.vn>")[0] == 503
        assert wire.ask("MAIL FROM:<y@nothing.example>")[0] == 250
        assert wire.ask("STARTTLS")[0] == 503


# ------------------------------------------------------------------------ smuggling

SECOND = (
    b"MAIL FROM:<admin@tinh.gov.vn>\r\nRCPT TO:<victim@outside.example>\r\nDATA\r\nFrom: admin@tinh.gov.vn\r\n\r\nlua"
)
ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n\n.\n\n", b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\n.\r", b"\r.\n", b"\r\r\n.\r\r\n", b"\r\n.\r\r\n", b"\n\r.\n\r", b"\r\n.\n\r\n", b"\r\n\r.\r\n", b"\x85.\x85",
    b"\r\n .\r\n", b"\r\n. \r\n", b"\r\n..\r\n", b"\r\n.\t\r\n", b"\xe2\x80\xa8.\xe2\x80\xa8", b"\x0b.\x0b",
    b"\x0c.\x0c",
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_one_message_stays_one_on_its_way_in_and_out(
    hub: RunningHub, province: Province, sink: Sink, end: bytes
) -> None:
    """What an end-of-data of our own making hides is refused, or part of the one message that the next hop gets."""
    sink.sink.messages.clear()
    mark = f"mark-{ENDS.index(end)}"
    with hub.submission(AN) as client:
        client.mail(AN)
        client.rcpt(OUT)
        assert client.docmd("DATA")[0] == 354
        head = f"From: {AN}\r\nSubject: {mark}\r\n\r\nmot".encode()
        client.sock.sendall(head + end + SECOND + b"\r\n.\r\n")  # type: ignore[union-attr]
        code, text = client.getreply()
        assert code in (250, 550)
        if code == 550:
            assert province.refusal(text) in ("bare-newline", "nul")
        # Nothing of the second message was taken for commands.
        assert client.noop() == (250, b"2.0.0 OK")
        # A message behind it shows that all before has gone out.
        transaction(client, AN, [OUT], letter(AN, OUT, subject=f"sau {mark}"))
    sink.wait_for(lambda m: f"Subject: sau {mark}".encode() in m.content)
    if code == 250:
        sink.wait_for(lambda m: f"Subject: {mark}".encode() in m.content)
    assert len(sink.sink.messages) == (2 if code == 250 else 1)
    for message in sink.sink.messages:
        assert message.recipients == (OUT,)
        assert message.sender == AN
        rest = message.wire.replace(b"\r\n", b"")
        assert b"\r" not in rest
        assert b"\n" not in rest


def test_the_command_line_is_no_way_to_smuggle(hub: RunningHub, province: Province) -> None:
    for command in (b"MAIL FROM:<x@nothing.example>\nRCPT TO:<nva@tinh.gov.vn>", b"NOOP\rNOOP", b"EHLO a\0b"):
        with Wire(hub.port("mx")) as wire:
            wire.heard()
            wire.ask("EHLO x.test")
            assert wire.ask(command)[0] == 500


def test_many_recipients_beyond_the_limit_are_put_off(hub: RunningHub, province: Province) -> None:
    hub.set("limits", "recipients", 3)
    hub.reload()
    province.people("r1", "r2", "r3", "r4")

    def refused() -> str:
        with smtplib.SMTP("127.0.0.1", hub.port("mx"), "x.test", 30) as client:
            client.ehlo()
            client.mail("x@nothing.example")
            replies = [client.rcpt(f"r{number}@tinh.gov.vn") for number in (1, 2, 3, 4)]
        assert [code for code, _ in replies[:3]] == [250] * 3
        return "" if replies[3][0] == 250 else f"{replies[3][0]} {replies[3][1].decode()}"

    reply = wait_until(refused, "the new limit is in force", seconds=10)
    assert reply.startswith("452 4.5.3")
    assert province.refusal(reply) == "too-many-recipients"
