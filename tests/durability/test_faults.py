"""Bad luck on a running server: 4xx or a deferred recipient, nothing lost, and no restart needed afterwards."""

from __future__ import annotations

import fcntl
import os
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.durability.conftest import process_of, watching
from tests.integration.conftest import Sink, Wire
from tests.support.hub import MAILHUB, ROOT, RunningHub, letter, wait_until

OFFICIAL = "nva@tinh.gov.vn"
OUTSIDER = "b@outside.test"
FAST: dict[str, Any] = {"workers": {"smtp": 1}}


def _submit(hub: RunningHub, to: str = OUTSIDER, *, size: int = 100) -> str:
    body = "\r\n".join(["x" * 70] * (size // 72 + 1))
    return hub.submit(OFFICIAL, [to], letter(OFFICIAL, to, body=body))


def _refusal(hub: RunningHub, to: str = OUTSIDER, *, size: int = 100) -> tuple[int, str]:
    """Code and text of the refusal of a submission; (250, code) when it is taken. A 4xx at login counts as well."""
    try:
        return 250, _submit(hub, to, size=size)
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error.decode() if isinstance(error.smtp_error, bytes) else error.smtp_error
        return error.smtp_code, text


def _until_taken(hub: RunningHub, to: str = OUTSIDER) -> str:
    def taken() -> str:
        code, text = _refusal(hub, to)
        assert code // 100 != 5, text
        return text if code == 250 else ""

    return wait_until(taken, "mail is taken again", seconds=20)


# ------------------------------------------------------------------ disk


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[None]:
    """`folder` on a tmpfs of that size, with what was in it."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a tmpfs")
    owner = folder.stat()
    saved = folder.with_name(folder.name + ".saved")
    folder.rename(saved)
    folder.mkdir()
    options = f"size={size},mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("this machine lets not even root mount a tmpfs")
    try:
        subprocess.run(["cp", "-a", f"{saved}/.", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


@pytest.mark.parametrize(("folder", "size"), [("data/spool", "2m"), ("data", "12m")])
def test_a_full_disk_is_a_4xx_until_there_is_room_again(folder: str, size: str) -> None:
    with (
        Sink() as sink,
        RunningHub(
            mailboxes=False, start=False, **FAST, limits={"spool_free_mib": 0}, delivery={"smarthost": sink.address}
        ) as hub,
    ):
        hub.account(OFFICIAL)
        (hub.directory / "data" / "spool").mkdir(exist_ok=True)
        _own(hub, hub.directory / "data" / "spool")
        with _small_disk(hub.directory / folder, size):
            hub.start()
            sent = {_submit(hub)}
            with _full(hub.directory / folder):
                for octets in (20_000, 400_000, 20_000):  # less may fit into the last block of a file
                    code, text = _refusal(hub, size=octets)
                    assert code // 100 == 4, (code, text)
                findings = hub.cli("doctor", "--json", "--no-mail", check=False)
                assert findings.returncode == 1
                assert "spool" in findings.stdout
            sent.add(_until_taken(hub))
            sent.add(_submit(hub, size=400_000))
            wait_until(lambda: len(sink.sink.messages) >= len(sent), "all of it arrives")
            codes = {code for m in sink.sink.messages for code in sent if code.encode() in m.content}
            assert codes == sent
            assert len(sink.sink.messages) == len(sent)  # nothing that was refused
            hub.stop()


def _own(hub: RunningHub, path: Path) -> None:
    owner = (hub.directory / "mailhub.toml").stat()
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)


# ------------------------------------------------------------------ one hub for what leaves it whole


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as server:
        yield server


@pytest.fixture(scope="module")
def hub(sink: Sink) -> Iterator[RunningHub]:
    with RunningHub(mailboxes=False, **FAST, delivery={"smarthost": sink.address}) as running:
        running.account(OFFICIAL)
        yield running


def _arrives(sink: Sink, code: str) -> None:
    sink.wait_for(lambda m: code.encode() in m.content, code)


@pytest.mark.parametrize("how", ["turn", "exclusive"])
def test_while_the_database_is_locked_the_250_waits(hub: RunningHub, sink: Sink, how: str) -> None:
    path = hub.directory / "data" / "mailhub.db"
    with hub.submission(OFFICIAL) as client:
        client.mail(OFFICIAL)
        client.rcpt(OUTSIDER)
        answers: list[tuple[int, bytes]] = []
        if how == "turn":
            handle = os.open(f"{path}.turn", os.O_RDWR)
            fcntl.flock(handle, fcntl.LOCK_EX)
        else:
            stranger = sqlite3.connect(path, isolation_level=None)
            stranger.execute("BEGIN EXCLUSIVE")
        sender = threading.Thread(target=lambda: answers.append(client.data(letter(OFFICIAL, OUTSIDER))))
        sender.start()
        sender.join(1.5)
        assert not answers
        if how == "turn":
            os.close(handle)
        else:
            stranger.rollback()
            stranger.close()
        sender.join(20)
    assert answers[0][0] == 250
    _arrives(sink, answers[0][1].decode().split()[-1])


def test_a_database_that_cannot_be_written_is_a_4xx_until_it_can(hub: RunningHub, sink: Sink) -> None:
    data = hub.directory / "data"
    files = [data, *data.glob("mailhub.db*")]
    before = {path: path.stat() for path in files}
    for path in files:
        if os.geteuid() == 0:
            os.chown(path, 0, 0)
        path.chmod(0o555 if path is data else 0o444)
    os.kill(process_of(hub, "smtp-0"), signal.SIGKILL)  # its next life opens the database anew
    wait_until(lambda: process_of(hub, "smtp-0"), "the door is back")
    try:
        code, text = _refusal(hub)
        assert code // 100 == 4, (code, text)
    finally:
        for path, info in before.items():
            path.chmod(info.st_mode & 0o777)
            if os.geteuid() == 0:
                os.chown(path, info.st_uid, info.st_gid)
    _arrives(sink, _until_taken(hub))


def test_a_second_server_on_the_directory_refuses_to_start(hub: RunningHub) -> None:
    second = subprocess.run(
        [*MAILHUB, "serve", str(hub.directory)], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )
    assert second.returncode == 1
    assert "another mailhub already serves" in second.stderr
    assert str(hub.pid) in second.stderr
    assert _refusal(hub)[0] == 250  # and the first has not noticed


def test_a_broken_file_changes_nothing_and_a_good_one_does(hub: RunningHub) -> None:
    path = hub.directory / "mailhub.toml"
    good = path.read_text()

    def size_offered() -> str:
        with smtplib.SMTP("127.0.0.1", hub.port("mx")) as client:
            client.ehlo()
            return str(client.esmtp_features["size"])

    before = size_offered()
    seen = hub.log().count("mailhub.toml:")
    hub.set("limits", "message_mib", 7)
    path.write_text(path.read_text().replace("[limits]", '[limits]\nrecipients_ = "many"', 1))
    hub.reload()
    wait_until(lambda: hub.log().count("mailhub.toml:") > seen, "the log says where")
    line = path.read_text().splitlines().index('recipients_ = "many"') + 1
    assert f"mailhub.toml:{line}" in hub.log()
    assert size_offered() == before
    path.write_text(good)
    hub.set("limits", "message_mib", 7)
    hub.reload()
    wait_until(lambda: size_offered() == str(7 * 2**20), "the new limit holds")
    path.write_text(good)
    hub.reload()
    wait_until(lambda: size_offered() == before, "the old limit is back")


def test_sigterm_lets_a_transaction_end_and_the_mail_is_there_afterwards(hub: RunningHub, sink: Sink) -> None:
    with Wire(hub.port("submission")) as wire:
        wire.heard()
        wire.ask("EHLO client.test")
        wire.ask("STARTTLS")
        wire.start_tls()
        wire.ask("EHLO client.test")
        plain = __import__("base64").b64encode(f"\0{OFFICIAL}\0Thu-cong-vu#2026".encode()).decode()
        assert wire.ask(f"AUTH PLAIN {plain}")[0] == 235
        wire.ask(f"MAIL FROM:<{OFFICIAL}>")
        wire.ask(f"RCPT TO:<{OUTSIDER}>")
        assert wire.ask("DATA")[0] == 354
        message = letter(OFFICIAL, OUTSIDER)
        wire.send(message[:50])
        os.kill(hub.pid, signal.SIGTERM)
        wait_until(lambda: not _listens(hub.port("submission"), hub), "the door is closed to others")
        wire.send(message[50:])
        code, text = wire.ask(b".")
    assert code == 250
    assert hub.stop() == 0
    hub.start()
    _arrives(sink, text.split()[-1])


def _listens(port: int, hub: RunningHub) -> bool:
    """Whether somebody takes connections: the supervisor keeps the socket, so a greeting is what counts."""
    with socket.socket() as one:
        one.settimeout(0.3)
        try:
            one.connect(("127.0.0.1", port))
            return one.recv(3) == b"220"
        except OSError:
            return False


# ------------------------------------------------------------------ next hops


def test_a_smarthost_that_was_down_gets_the_mail_when_it_is_back() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with RunningHub(mailboxes=False, **FAST, delivery={"smarthost": f"127.0.0.1:{port}"}) as hub:
            hub.account(OFFICIAL)
            code = _submit(hub)
            with watching(hub) as watch:
                wait_until(lambda: "4.4.1" in watch.last_reply(), "the recipient is deferred")
                reserved.close()
                with Sink(port=port) as sink:  # a hop that failed is left alone for some seconds, whoever asks
                    wait_until(watch.is_empty, "the queue is empty", seconds=60)
                    assert code.encode() in sink.sink.messages[0].content
                kinds = watch.kinds(code)
            assert kinds[0] == "received"
            assert "deferred" in kinds
            assert kinds[-1] == "relayed"


def test_without_dns_mail_waits_and_says_so() -> None:
    with RunningHub(mailboxes=False, **FAST) as hub:
        hub.account(OFFICIAL)
        _submit(hub)
        with watching(hub) as watch:
            wait_until(lambda: "4.4.3" in watch.last_reply(), "the recipient is deferred for DNS")
            assert watch.waiting()[0].state == "deferred"


def test_a_full_queue_sheds_load_and_takes_mail_again_when_there_is_room() -> None:
    with RunningHub(mailboxes=False, **FAST, limits={"queue_messages": 5}) as hub:  # no DNS: everything waits
        hub.account(OFFICIAL)
        taken = 0

        def shed() -> bool:
            nonlocal taken
            code, text = _refusal(hub)
            taken += code == 250
            assert code in (250, 452), text
            return code == 452

        wait_until(shed, "the door says 452")
        assert taken >= 5
        assert len(hub.queue()) == taken
        hub.cli("queue", "drop", "--to", OUTSIDER, "--reason", "test")
        _until_taken(hub)


# ------------------------------------------------------------------ starting


def _serve(hub: RunningHub, prelude: str = "") -> subprocess.CompletedProcess[str]:
    program = f"{prelude}\nfrom mailhub.cli.main import main\nmain(['serve', {str(hub.directory)!r}])"
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def stopped() -> Iterator[RunningHub]:
    with RunningHub(mailboxes=False, start=False) as hub:
        yield hub


def test_a_port_that_is_taken_is_said_in_one_sentence(stopped: RunningHub) -> None:
    with socket.create_server(("127.0.0.1", stopped.port("mx"))):
        done = _serve(stopped, "import mailhub.serve.hub as hub\nhub.PATIENCE_SECONDS = 0.0")
    assert done.returncode == 1
    assert f"127.0.0.1:{stopped.port('mx')}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("key", "value", "said"), [("recipients", "many", "many"), ("recipients", -3, "-3"), ("header_kib", "", '""')]
)
def test_wrong_settings_are_refused_at_the_start_with_file_line_and_value(
    stopped: RunningHub, key: str, value: Any, said: str
) -> None:
    path = stopped.directory / "mailhub.toml"
    good = path.read_text()
    stopped.set("limits", key, value)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.startswith(f"{key} = "))
    done = _serve(stopped)
    path.write_text(good)
    assert done.returncode == 1
    assert f"mailhub.toml:{line}" in done.stderr
    assert said.strip('"') in done.stderr
    assert "Traceback" not in done.stderr
