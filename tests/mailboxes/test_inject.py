"""The program that Sieve takes for sendmail, run as Sieve runs it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailhub.mailboxes import render
from mailhub.mailboxes.inject import parse, wire_form
from tests.mailboxes.inject_door import InjectDoor
from tests.mailboxes.test_render import PLAN


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mhi", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def door(directory: Path) -> Iterator[InjectDoor]:
    with InjectDoor(directory / "inject", os.geteuid()) as door:
        yield door


def inject(directory: Path, *words: str, message: bytes = b"Subject: x\n\nbody\n", memory_mib: int = 512) -> int:
    program = directory / "mailhub-inject"
    program.write_text(render(replace(PLAN, run_directory=directory))["libexec/mailhub-inject"].text)
    program.chmod(0o700)
    command = ["/usr/bin/prlimit", f"--as={memory_mib << 20}", str(program), *words]
    return subprocess.run(command, input=message, env={}, cwd="/", timeout=30, check=False).returncode


def test_a_message_arrives_with_its_envelope(directory: Path, door: InjectDoor) -> None:
    assert inject(directory, "-i", "-f", "a@tinh.test", "--", "b@tinh.test", "-c@tinh.test") == 0
    sent = door.arrived.get(timeout=5)
    assert (sent.sender, sent.recipients) == ("<a@tinh.test>", ["<b@tinh.test>", "<-c@tinh.test>"])
    assert sent.data == b"Subject: x\r\n\r\nbody\r\n"


def test_the_null_sender_and_unicode_addresses_pass(directory: Path, door: InjectDoor) -> None:
    assert inject(directory, "-i", "-f", "<>", "--", "đơn@tinh.test") == 0
    sent = door.arrived.get(timeout=5)
    assert (sent.sender, sent.recipients) == ("<> SMTPUTF8", ["<đơn@tinh.test>"])


@pytest.mark.parametrize(
    ("place", "reply", "code"),
    [
        ("MAIL FROM", "550 5.7.1 no", 69),
        ("RCPT TO", "450 4.2.0 later", 75),
        ("DATA", "554 no", 69),
        (".", "452 4.3.1 full", 75),
        (".", "nonsense", 75),
    ],
)
def test_a_refusal_becomes_an_exit_code(directory: Path, door: InjectDoor, place: str, reply: str, code: int) -> None:
    door.refusals[place] = reply
    assert inject(directory, "-i", "-f", "a@tinh.test", "--", "b@tinh.test") == code
    assert door.arrived.empty()


def test_a_large_message_passes_with_little_memory(directory: Path, door: InjectDoor) -> None:
    message = (b"x" * 76 + b"\r\n") * 500_000
    assert inject(directory, "-i", "-f", "a@b.test", "--", "c@b.test", message=message, memory_mib=160) == 0
    assert door.arrived.get(timeout=20).data == message


def test_no_door_is_a_passing_fault(directory: Path) -> None:
    assert inject(directory, "-i", "-f", "a@tinh.test", "--", "b@tinh.test") == 75


@pytest.mark.parametrize(
    "words",
    [
        ["-i", "-f", "a@tinh.test", "--"],
        ["-t", "-f", "a@tinh.test", "--", "b@tinh.test"],
        ["-i", "-f", "a@tinh.test>\r\nRCPT TO:<c@tinh.test", "--", "b@tinh.test"],
        ["-i", "-f", "a@tinh.test", "--", "b c@tinh.test"],
    ],
)
def test_what_could_end_a_command_is_refused(directory: Path, door: InjectDoor, words: list[str]) -> None:
    assert inject(directory, *words) == 64
    assert door.arrived.empty()


@pytest.mark.unit
@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (b"", b".\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".\n", b"..\r\n.\r\n"),
        (b"a\r\n.b\n..c\n", b"a\r\n..b\r\n...c\r\n.\r\n"),
        (b"a\rb\n\n", b"a\r\nb\r\n\r\n.\r\n"),
        (b"a\r.\r\nb\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"\xff\x00\n", b"\xff\x00\r\n.\r\n"),
    ],
)
def test_the_wire_form_has_crlf_and_stuffed_dots(message: bytes, wire: bytes) -> None:
    assert b"".join(wire_form(message)) == wire


@pytest.mark.unit
def test_the_short_form_of_the_sender_is_read() -> None:
    assert parse(["-i", "-fa@b.test", "c@b.test"]) == ("a@b.test", ["c@b.test"])
