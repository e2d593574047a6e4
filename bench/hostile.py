"""Legal but hostile mail: how long the event loop stands still while the rules are asked about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from mailhub.mail.body_text import read_body
from mailhub.mail.headers import decode_text, first, header_end, read_fields, unfold
from mailhub.policy.facts import Origin, Proof
from mailhub.queue.records import NewMessage, NewRecipient
from mailhub.screening.case import Case
from mailhub.screening.screen import Screen
from mailhub.smtp.reception import READ_HERE
from tests.screening.gathered import AN, Office

GOAL_MS = 50.0
TICK = 0.001  # seconds between two looks at the clock
_HEAD = "From: An <{sender}>\r\nTo: {to}\r\nSubject: {subject}\r\nContent-Type: {kind}\r\n{more}\r\n"
_MIB = 2**20
_HERE = READ_HERE - 4_096  # octets of a body that is read on the loop


def run(screen: Screen, office: Office, message_of: Callable[[Case], NewMessage]) -> int:
    """Judge each of them; 1 when the loop stood still for longer than the goal."""
    asyncio.run(_judged(screen, office, message_of, mail(), to=1))  # what is read once
    worst = 0.0
    print(f"{'':40}{'still, ms':>10}{'CPU, ms':>10}")
    for name, data, to in mails():
        still, spent = asyncio.run(_judged(screen, office, message_of, data, to))
        worst = max(worst, still)
        print(f"{name:40}{still:10.1f}{spent:10.1f}{'  missed' if still > GOAL_MS else ''}", flush=True)
    return int(worst > GOAL_MS)


def mails() -> Iterator[tuple[str, bytes, int]]:
    """What it is, the message, and to how many it goes."""
    mat = "Nội dung MẬT của ông Mạt, m.a.t: tối mật thì không\r\n"
    links = "".join(f"xem https://{n}.drive.google.com/a{n} và tinh{n}.gov.vn/x\r\n" for n in range(500))
    yield "2 MiB of text", mail("báo cáo công tác tuần\r\n" * (2 * _MIB // 28)), 1
    yield "2 MiB of entities", mail("&#77;&#x1eac;T\r\n" * (2 * _MIB // 20), kind="text/html"), 1
    yield "124 KiB of text", mail("báo cáo công tác tuần\r\n" * (_HERE // 29)), 1
    yield "124 KiB of near-marks", mail(mat * (_HERE // len(mat.encode()))), 1
    yield "124 KiB in one line", mail("mMaAtT " * (_HERE // 7)), 1
    yield "124 KiB of marks over letters", mail("m\u0300\u0301\u0323" * (_HERE // 8)), 1
    yield "124 KiB of tags", mail("<a><b x='" * (_HERE // 10), kind="text/html; charset=utf-8"), 1
    yield "124 KiB of entities", mail("&#77;&#x1eac;T\r\n" * (_HERE // 20), kind="text/html"), 1
    yield "500 links", mail(links), 1
    yield "a link in 124 KiB of host", mail("https://" + "a." * (_HERE // 2)), 1
    yield "124 KiB of legacy letters", mail_of(b"\xb8\xb5\xb6 \xcb\xcc" * (_HERE // 7), "text/plain"), 1
    yield "200 parts deep", nested(200), 1
    yield "5,000 parts", wide(5_000), 1
    yield "1,000 recipients", mail("x"), 1_000
    yield "1,000 recipients in the header", mail("x", to=", ".join(f"Ông Ba <a{n}@x{n}.vn>" for n in range(1_000))), 1
    yield "a subject of 60 KiB", mail("x", subject="=?utf-8?B?TeG6rFQ=?=\r\n " * 2_600 + "x"), 1
    yield "50 subjects", mail("x", more="Subject: [MAT] x\r\n" * 50), 1


def mail(text: str = "x", kind: str = "text/plain; charset=utf-8", **head: str) -> bytes:
    """A mail of An's."""
    return mail_of(text.encode(), kind, **head)


def mail_of(body: bytes, kind: str, **head: str) -> bytes:
    given = {"sender": AN, "to": "<khach@congty.vn>", "subject": "Bao cao", "more": ""} | head
    return _HEAD.format(kind=kind, **given).encode() + body


def nested(deep: int) -> bytes:
    """Messages within messages."""
    inner = "Subject: [MẬT] x\r\nContent-Type: message/rfc822\r\n\r\n"
    return mail(inner * deep + "Subject: x\r\n\r\nx\r\n", kind="message/rfc822")


def wide(parts: int) -> bytes:
    return mail("--b\r\n\r\nMật x https://a.vn/\r\n" * parts + "--b--\r\n", kind="multipart/mixed; boundary=b")


async def _judged(
    screen: Screen, office: Office, message_of: Callable[[Case], NewMessage], data: bytes, to: int
) -> tuple[float, float]:
    """Milliseconds that the loop stood still at the longest (as its thread's CPU has it: others take the machine too),
    and of CPU."""
    loop = asyncio.get_running_loop()
    watch = _Watch()
    ticking = loop.create_task(watch.tick())
    await asyncio.sleep(5 * TICK)
    watch.longest = 0.0
    begun = time.process_time()
    # As smtp/reception.py has it.
    body = await asyncio.to_thread(read_body, data) if len(data) > READ_HERE else read_body(data)
    fields = read_fields(data[: header_end(data)])
    subject = first(fields, b"subject")
    case = Case(
        origin=Origin.OWN, proof=Proof.LOGIN, sender=AN, account=office.directory.account_named(AN), client="192.0.2.7",
        fields=fields, subject="" if subject is None else decode_text(unfold(subject.raw))[:500], size=len(data),
        at=time.time_ns() // 10**6, body=body,
        recipients=[NewRecipient(address=f"khach{n}@congty{n}.vn", destination="x") for n in range(to)],
    )  # fmt: skip
    await asyncio.sleep(0)
    judged = await screen.judge(case)
    await asyncio.sleep(0)
    await screen.carry_out(judged, message_of(case))
    await asyncio.sleep(2 * TICK)
    ticking.cancel()
    return watch.longest * 1000, (time.process_time() - begun) * 1000


class _Watch:
    """Looks how much CPU the loop's own thread takes at a time."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def tick(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.longest, last = max(self.longest, now - last), now
