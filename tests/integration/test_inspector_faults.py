"""Whatever happens to those who open files: no message is lost, none waits for ever, and the trace says what was."""

from __future__ import annotations

import os
import signal
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from pathlib import Path

import pytest

from mailhub.queue.timeline import Line
from tests.integration.conftest import Province
from tests.support.clamd import EICAR, SIGNATURE, running_clamd
from tests.support.hub import RunningHub, wait_until
from tests.support.inspector import needs_sandbox
from tests.support.papers import as_docx, as_pdf, as_scan, make_paper
from tests.support.rulebooks import NOTHING, write_book

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
SCAN = as_scan(as_pdf(make_paper("QĐ", seed=11)))
LETTER = as_docx(make_paper("CV", seed=12))
_numbers = count(1)


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    needs_sandbox()
    with RunningHub(start=False, workers={"smtp": 1}, inspector={"quick": 2}) as running:
        write_book(running.directory, NOTHING)
        running.start()
        yield running


@pytest.fixture(scope="module")
def province(hub: RunningHub) -> Iterator[Province]:
    found = Province(hub)
    found.people("nva", "ttb")
    yield found
    found.close()


def mail(data: bytes, name: str, *, subject: str = "Gửi kèm") -> bytes:
    """A message with one file that no message before it had."""
    message = EmailMessage(policy=SMTP)
    number = next(_numbers)
    message["From"], message["To"], message["Subject"] = AN, BINH, f"{subject} {number}"
    message["Message-ID"] = f"<{time.time_ns()}.{number}@may.tinh.gov.vn>"
    message.set_content("Kính gửi Ông/Bà.\n")
    # Octets after the end are read by nobody, and make the file a new one to the hub.
    message.add_attachment(
        data + f"\n% {number}".encode(), maintype="application", subtype="octet-stream", filename=name
    )
    return message.as_bytes()


def scan(**words: str) -> bytes:
    return mail(SCAN, "quet.pdf", **words)


def zygotes(hub: RunningHub) -> list[int]:
    """The processes in the sandboxes; those for scans are the nicest."""
    found = []
    for task in Path(f"/proc/{hub.pid}/task/{hub.pid}/children").read_text().split():
        with suppress(OSError):
            for inner in Path(f"/proc/{task}/task/{task}/children").read_text().split():
                if "inspect" in Path(f"/proc/{inner}/comm").read_text():
                    found.append(int(inner))
    return found


@contextmanager
def nobody_reads_scans(hub: RunningHub) -> Iterator[None]:
    """The slow sandboxes stand still for as long as the block lasts."""
    slow = [pid for pid in wait_until(lambda: zygotes(hub), "zygotes") if os.getpriority(os.PRIO_PROCESS, pid) >= 15]
    assert slow
    for pid in slow:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in slow:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def kinds(lines: list[Line]) -> list[str]:
    return [line.kind.value for line in lines]


def delivered(province: Province, code: str, *, seconds: float = 60) -> list[Line]:
    return wait_until(
        lambda: found if "delivered" in kinds(found := province.trace(code)) else [],
        f"{code} delivered",
        seconds=seconds,
    )


def arrived(hub: RunningHub, code: str) -> int:
    return sum(code.encode() in message[:4_096] for message in hub.mails(BINH))


def submitted(hub: RunningHub, message: bytes) -> str | None:
    """The code of a message that was taken; None when it was put off or the connection broke."""
    try:
        return hub.submit(AN, [BINH], message)
    except smtplib.SMTPResponseException as error:
        if error.smtp_code // 100 != 4:
            raise
    except (OSError, smtplib.SMTPServerDisconnected):
        pass
    return None


def test_zygotes_that_are_killed_cost_no_message(hub: RunningHub, province: Province) -> None:
    taken: list[str] = []
    put_off: list[bytes] = []
    done = threading.Event()

    def flow() -> None:
        while not done.is_set():
            message = mail(LETTER, "cong_van.docx")
            code = submitted(hub, message)
            if code is None:
                put_off.append(message)
            else:
                taken.append(code)

    clients = [threading.Thread(target=flow) for _ in range(2)]
    for client in clients:
        client.start()
    killed = 0
    deadline = time.monotonic() + 8  # a new one has loaded everything after a second or two
    while time.monotonic() < deadline:
        found = zygotes(hub)
        for pid in found[: 1 if killed % 2 else None]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        time.sleep(0.3)  # between two blows, so that some are struck while they read
    done.set()
    for client in clients:
        client.join()
    assert killed > 5
    taken += [code for message in put_off if (code := wait_until(lambda m=message: submitted(hub, m), "taken later"))]  # type: ignore[misc]
    assert taken
    for code in taken:
        delivered(province, code)
    assert all(arrived(hub, code) == 1 for code in taken)
    wait_until(lambda: len(zygotes(hub)) == 3, "all zygotes back", seconds=60)


def test_a_person_may_drop_what_waits_to_be_read_and_nobody_lets_it_go_unread(
    hub: RunningHub, province: Province
) -> None:
    with nobody_reads_scans(hub):
        waits, held, dropped = (hub.submit(AN, [BINH], scan()) for _ in range(3))
        assert {row["message"] for row in hub.queue()} == {waits, held, dropped}
        refused = hub.cli("queue", "release", waits, "--reason", "gấp", check=False)
        assert refused.returncode != 0
        assert "is still being read, and goes on by itself" in refused.stderr
        hub.cli("queue", "hold", held, "--reason", "xem lại")
        hub.cli("queue", "release", held)  # back to the reading
        hub.cli("queue", "drop", dropped, "--reason", "gửi nhầm")
        assert kinds(province.trace(dropped))[-1] == "withdrawn"
        assert arrived(hub, waits) == arrived(hub, held) == 0
    wait_until(lambda: not province.rows("SELECT * FROM pending_inspection"), "all read to the end", seconds=60)
    for code in (waits, held):
        assert "inspected" in kinds(delivered(province, code))
    assert hub.queue() == []
    assert (arrived(hub, waits), arrived(hub, held), arrived(hub, dropped)) == (1, 1, 0)


def test_what_cannot_be_read_in_time_goes_on_and_the_trace_says_so(hub: RunningHub, province: Province) -> None:
    hub.set("inspector", "latest_minutes", 0.1)
    hub.set("inspector", "latest_minutes_urgent", 0.02)
    hub.reload()
    try:
        with nobody_reads_scans(hub):
            time.sleep(0.5)  # for the new settings
            plain, urgent = hub.submit(AN, [BINH], scan()), hub.submit(AN, [BINH], scan(subject="HỎA TỐC: gửi kèm"))
            waited = {}
            for code in (urgent, plain):
                lines = delivered(province, code)
                (went_on,) = [line for line in lines if line.kind.value == "released"]
                assert went_on.facts["reason"] == "latest time"
                waited[code] = went_on.at - lines[0].at
                assert "Hết thời gian đọc tệp" in hub.cli("trace", code).stdout
        assert 1_000 < waited[urgent] < waited[plain]
        assert 5_500 < waited[plain] < 30_000
    finally:
        hub.set("inspector", "latest_minutes", 10)
        hub.set("inspector", "latest_minutes_urgent", 2)
        hub.reload()


def test_clamds_word_is_stated_and_its_absence_too(hub: RunningHub, province: Province) -> None:
    def malware() -> str:
        code = hub.submit(AN, [BINH], mail(EICAR, "thu.com"))
        lines = delivered(province, code)
        told = next(line.facts for line in lines if line.kind.value == "inspected")
        return f"{told['malware']} {told['files'][0].get('dangers')}"

    assert "no scanner" in malware()
    assert "(no clamd)" in " ".join(hub.cli("doctor", check=False).stdout.split())
    with running_clamd() as clamd:
        hub.set("inspector", "clamd", clamd.unix)
        hub.reload()
        found = wait_until(lambda: text if "no scanner" not in (text := malware()) else "", "clamd asked")
        assert found.startswith("found")
        assert SIGNATURE in found
    assert malware().startswith("not scanned: ")
    hub.set("inspector", "clamd", "")
    hub.reload()


def test_what_was_taken_before_the_end_arrives_after_the_next_start(hub: RunningHub, province: Province) -> None:
    codes: list[str] = []
    client = threading.Thread(
        target=lambda: codes.extend(code for _ in range(30) if (code := submitted(hub, mail(LETTER, "cong_van.docx"))))
    )
    client.start()
    wait_until(lambda: len(codes) > 1, "mail flows")
    assert hub.stop() == 0
    client.join()
    hub.start()
    for code in codes:
        delivered(province, code)
    assert all(arrived(hub, code) == 1 for code in codes)


def test_what_is_held_survives_the_death_of_all_processes(hub: RunningHub, province: Province) -> None:
    with nobody_reads_scans(hub):
        code = hub.submit(AN, [BINH], scan())
        everybody = [hub.pid, *descendants(hub.pid)]
        for pid in everybody:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        hub.kill()
    wait_until(lambda: not any(is_running(pid) for pid in everybody), "all dead")
    assert kinds(province.trace(code)) == ["received", "held"]
    hub.start()
    lines = delivered(province, code)
    assert kinds(lines)[:4] == ["received", "held", "inspected", "released"]
    assert lines[3].facts["reason"] == "read"
    assert arrived(hub, code) == 1


def is_running(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found
