"""Two provinces become one with mail in flight: nothing is lost, and nobody's mail reaches somebody else."""

from __future__ import annotations

import itertools
import re
import smtplib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dkim
import pytest

from mailhub.accounts.life.activation import activate
from mailhub.accounts.passwords import new_hash
from mailhub.clock import now_ms
from mailhub.mail.dkim import load_signing_key, public_record
from mailhub.settings import load
from tests.integration.conftest import Province, Sink
from tests.support.accounts import Passwords
from tests.support.fakedns import FakeDNS
from tests.support.hub import PASSWORD, RunningHub, letter, transaction, wait_until
from tests.support.rosters import everything

OLD, NEW = "yenbai.gov.vn", "tinh.gov.vn"
WHO = ("an", "binh", "cuc", "dung", "em", "vanthu")
OWNERS = {
    f"an@{OLD}": f"annv@{NEW}", f"binh@{OLD}": f"binhtt@{NEW}", f"cuc@{OLD}": f"cuclt@{NEW}",
    f"dung@{OLD}": f"dungpv@{NEW}", f"em@{OLD}": f"em.do@{NEW}", f"vanthu@{OLD}": f"vanthu@{NEW}",
}  # fmt: skip
MAP = f"""BẢNG ĐỊA CHỈ THƯ ĐIỆN TỬ TỈNH YÊN BÁI
STT,Địa chỉ cũ,Địa chỉ mới,Họ và tên,Chức vụ,Số định danh,Ngày sinh
1,an@{OLD},,Nguyễn Văn An,Chuyên viên,015075000001,05/03/1975
2,binh@{OLD},,Trần Thị Bình,Chuyên viên,,06/04/1985
3,cuc@{OLD},,Lê Thị Cúc,Chuyên viên,,07/04/1985
4,dung@{OLD},,Phạm Văn Dũng,Trưởng phòng,,08/04/1985
5,em@{OLD},em.do@{NEW},Đỗ Văn Em,Chuyên viên,,09/04/1985
6,vanthu@{OLD},,Văn thư Sở Nội vụ,,,
"""
HERE = f"annv@{NEW}"  # An has a mailbox in the new province already
_MOST = 80  # messages of each source


class Flow:
    """Mail from one source, until it is told to stop; what was taken with 250 is kept."""

    def __init__(self, name: str, send: Callable[[str, bytes], None], sender: str, taken: dict[str, str]) -> None:
        self._name, self._send, self._sender, self._taken = name, send, sender, taken
        self._stop = threading.Event()
        self.refused = 0
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> Flow:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        done = 0
        for number, who in enumerate(itertools.cycle(OWNERS)):
            if done == _MOST or self._stop.wait(0.2):
                return
            mark = f"{self._name}-{number:04d}"
            try:
                self._send(who, letter(self._sender, who, subject=f"[{mark}]"))
            except (smtplib.SMTPException, OSError):
                self.refused += 1
            else:
                self._taken[mark] = who
                done += 1


def through_mx(hub: RunningHub, sender: str) -> Callable[[str, bytes], None]:
    """From outside: another machine than the trusted one."""

    def send(to: str, message: bytes) -> None:
        port = hub.port("mx")
        with smtplib.SMTP("127.0.0.1", port, "outside.test", 60, source_address=("127.0.0.9", 0)) as client:
            client.ehlo()
            transaction(client, sender, [to], message)

    return send


def through_submission(hub: RunningHub, sender: str) -> Callable[[str, bytes], None]:
    def send(to: str, message: bytes) -> None:
        hub.submit(sender, [to], message)

    return send


@pytest.fixture(scope="module")
def hubs(sink: Sink, dns: FakeDNS) -> Iterator[tuple[RunningHub, RunningHub]]:
    """The new province and the old one; each trusts the other's machine, as two parts of one house do."""
    settings: dict[str, Any] = {
        "dns": {"nameservers": ["127.0.0.1"], "port": dns.port, "timeout_seconds": 1},
        "delivery": {"smarthost": sink.address},
        "workers": {"smtp": 1},
        "trusted": {"networks": ["127.0.0.1/32"]},
    }
    with RunningHub(domain=NEW, **settings) as new, RunningHub(domain=OLD, **settings) as old:
        yield new, old


@pytest.fixture(scope="module")
def sides(hubs: tuple[RunningHub, RunningHub]) -> Iterator[tuple[Province, Province]]:
    new, old = Province(hubs[0]), Province(hubs[1])
    staff = "STT\tHọ và tên\tSố CCCD\n1\tNguyễn Văn An\t015075000001\n"
    code = re.search(r"roster apply (\S+)", new.hub.cli("roster", "plan", "-", stdin=staff).stdout)
    assert code is not None
    new.hub.cli("roster", "apply", code[1])
    may_log_in(new, HERE)
    new.people("ttb")
    old.people(*WHO, domain=OLD)
    yield new, old
    new.close()
    old.close()


def planned(hub: RunningHub, path: Path, home: str) -> str:
    told = hub.cli("join", "plan", str(path), "--domain", OLD, "--home", home).stdout
    assert "+ 5 tài khoản mới   ~ 1 người đã có hộp thư ở đây   = 0 không phải làm gì   ! 0 lỗi" in told
    code = re.search(r"join apply (\S+)", told)
    assert code is not None
    return code[1]


def marks_in(hub: RunningHub, address: str) -> list[str]:
    with hub.imap(address) as client:
        client.select("INBOX", readonly=True)
        _, parts = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    found = [re.search(rb"^Subject: \[(\S+)\]", part[1]) for part in parts if isinstance(part, tuple)]
    return [one[1].decode() for one in found if one is not None]


def has_settled(hub: RunningHub) -> bool:
    return not hub.queue()


def may_log_in(side: Province, *addresses: str) -> None:
    """What the slips are for, in short."""
    for address in addresses:
        side.act("set_password", address, new_hash(Passwords(), PASSWORD, address))
        [(number,)] = side.rows(f"SELECT id FROM mailbox WHERE address = '{address}'")
        with side._database.write() as connection:
            activate(connection, number, at=now_ms())


@pytest.mark.timeout(300)  # two hubs, and a dozen commands
def test_two_provinces_join_with_mail_in_flight_and_nothing_is_lost(
    hubs: tuple[RunningHub, RunningHub], sides: tuple[Province, Province], sink: Sink, tmp_path: Path
) -> None:
    (new, old), (here, _) = hubs, sides
    path = tmp_path / "yenbai.csv"
    path.write_text(MAP, encoding="utf-8-sig")
    at_new, at_old = (f"smtp://127.0.0.1:{hub.port('mx')}" for hub in hubs)
    taken: dict[str, str] = {}
    flows = [
        Flow("ngoai-cu", through_mx(old, "dan@ngoai.example"), "dan@ngoai.example", taken).start(),
        Flow("ngoai-moi", through_mx(new, "ong@ngoai.example"), "ong@ngoai.example", taken).start(),
        Flow("trong-cu", through_submission(old, f"binh@{OLD}"), f"binh@{OLD}", taken).start(),
    ]

    # A wrong map first: applied, and taken back.
    before = everything(here._database)
    wrong = planned(new, path, at_old)
    new.cli("join", "apply", wrong)
    wait_until(lambda: any(mark.startswith("ngoai-moi") for mark in list(taken)), "mail through the new hub")
    told = new.cli("join", "undo", wrong, "--reason", "nhầm bảng").stdout
    assert "giữ lại" not in told
    assert changed(before, everything(here._database)) == set()

    code = planned(new, path, at_old)
    new.cli("join", "apply", code, "--reason", "NQ 202/2025/QH15")
    flows.append(Flow("trong-moi", through_submission(new, f"ttb@{NEW}"), f"ttb@{NEW}", taken).start())
    wait_until(lambda: sum(mark.startswith("trong-moi") for mark in list(taken)) > 12, "mail to everybody")
    new.cli("join", "cut-over", code, "--account", f"cuc@{OLD}")
    new.cli("join", "cut-over", code)
    old.cli("domain", "home", OLD, at_new)
    switched = set(taken)
    wait_until(lambda: all(sum(m.startswith(f._name) for m in set(taken) - switched) > 6 or not f._thread.is_alive()
                           for f in flows), "mail after the switch")  # fmt: skip
    for flow in flows:
        flow.stop()
    wait_until(lambda: has_settled(old) and has_settled(new), "empty queues", seconds=60)

    may_log_in(here, f"binhtt@{NEW}", f"cuclt@{NEW}", f"dungpv@{NEW}", f"em.do@{NEW}")
    here.act("hold_role", f"vanthu@{NEW}", f"binhtt@{NEW}")
    arrived: dict[str, Counter[str]] = defaultdict(Counter)
    late_in_old = set()
    for address, today in OWNERS.items():
        login = f"{today}*binhtt@{NEW}" if today.startswith("vanthu") else today
        in_old = marks_in(old, address)
        arrived[address].update(in_old)
        arrived[address].update(marks_in(new, login))
        late_in_old |= set(in_old) - switched
    lost = {mark for mark, who in taken.items() if not arrived[who][mark]}
    twice = {mark for who in arrived for mark, count in arrived[who].items() if count > 1}
    strayed = {mark for who in arrived for mark in arrived[who] if taken.get(mark) != who}
    assert (lost, twice, strayed) == (set(), set(), set())
    assert len(taken) > 60
    assert sum(len(arrived[who]) for who in arrived) == len(taken)

    # From now on all is here, whichever way it comes; the joined write with their new address, and are known by both.
    assert len(late_in_old) <= len(flows) * 2  # on their way when the old hub was told
    new.cli("domain", "rename", OLD, NEW, "--reason", "NQ 202/2025/QH15")
    mark = "cong van sau sap nhap"
    new.submit(f"dungpv@{NEW}", ["dan@ngoai.example"], letter(f"dung@{OLD}", "dan@ngoai.example", subject=mark))
    left = sink.wait_for(lambda mail: mark.encode() in mail.content)
    assert left.sender == f"dungpv@{NEW}"
    assert f"\r\nFrom: dungpv@{NEW}\r\n".encode() in left.content
    assert OLD.encode() not in left.content
    check_signed(new, left.content)
    with new.mx() as client:
        transaction(
            client, "dan@ngoai.example", [f"dung@{OLD}"], letter("dan@ngoai.example", f"dung@{OLD}", subject=mark)
        )
    wait_until(lambda: any(mark.encode() in mail for mail in new.mails(f"dungpv@{NEW}")), "mail to the old address")

    # Now that they work here, taking the map back keeps them, and says so.
    assert "giữ lại: 5" in new.cli("join", "undo", code, "--reason", "thử").stdout
    kept = new.cli("roster", "rows", code, "--state", "kept").stdout
    assert kept.count("đã có người đăng nhập") == 4
    assert kept.count("đã có người phụ trách") == 1


def changed(before: dict[str, list[tuple[object, ...]]], after: dict[str, list[tuple[object, ...]]]) -> set[str]:
    """Tables of the directory that differ; mail goes on meanwhile."""
    names = ("agency", "person", "domain", "mailbox", "address", "mail_group", "group_member", "role_holder")
    return {name for name in names if before.get(name) != after.get(name)}


def check_signed(hub: RunningHub, mail: bytes) -> None:
    settings = load(hub.directory / "mailhub.toml")
    records = {}
    for key in settings.dkim.keys:
        pem = settings.dkim_file(key).read_bytes()
        loaded = load_signing_key(pem, domain=key.domain, selector=key.selector, algorithm=key.algorithm)
        records[f"{key.selector}._domainkey.{key.domain}.".encode()] = public_record(loaded).encode()
    verifier = dkim.DKIM(mail)
    for number in range(2):
        assert verifier.verify(number, dnsfunc=lambda name, timeout=5: records.get(name))
