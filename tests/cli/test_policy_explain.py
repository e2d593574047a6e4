"""`mailhub policy explain`: what the rules would make of a message in a file, without a running hub and a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from sqlalchemy import func, select

from mailhub.queue.models import Event, Message
from mailhub.screening.models import KnownNetwork, PolicyDecision, PrivateMailUse
from mailhub.settings import SETTINGS_FILE, load
from mailhub.store.database import open_database
from tests.screening.policy_texts import PRIVATE, exception, rule
from tests.support.hub import RunningHub, letter
from tests.support.mails import attached, leaf, multipart
from tests.support.papers import as_docx, as_pdf, as_scan, make_paper

AN, BINH, AI = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "ai@gmail.com"
SECRET = """
[[rule]]
id = "bi-mat"
title = "Dấu hiệu bí mật nhà nước"
because = { clause = "Luật 117/2025/QH15" }
stage = "block"
action = "secret"
message = { vi = "Có dấu hiệu bí mật nhà nước.", en = "A state secret." }
[rule.when]
message.secrecy = { not = "" }
"""
ALWAYS = rule() + SECRET


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    """Two rules of ours, one in the stage Chờ duyệt; An, Bình, and a group of both."""
    with RunningHub(start=False) as made:
        made.account(AN)
        made.account(BINH, "Trần Thị Bình")
        made.cli("group", "add", "nhom@tinh.gov.vn", "--name", "Nhóm")
        made.cli("group", "add-member", "nhom@tinh.gov.vn", AN, BINH)
        put(made, ALWAYS)
        yield made


def put(hub: RunningHub, text: str) -> None:
    (hub.directory / "policy.toml").write_text(text)
    hub.cli("policy", "activate", "--reason", "thử")


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "thu.eml"
    path.write_bytes(letter(AN, AI, subject="Hop giao ban"))
    return path


def explain(hub: RunningHub, mail: Path, *to: str, sender: str = AN, code: int = 0, also: tuple[str, ...] = ()) -> str:
    done = run(hub, mail, *to, sender=sender, also=also)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def run(
    hub: RunningHub, mail: Path, *to: str, sender: str = AN, also: tuple[str, ...] = (), as_: str = ""
) -> CompletedProcess[str]:
    words = [word for one in to for word in ("--to", one)]
    before = ["--as", as_] if as_ else []
    return hub.cli(*before, "policy", "explain", str(mail), "--from", sender, *words, *also, check=False)


def explained(hub: RunningHub, mail: Path, *to: str, sender: str = AN, also: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(explain(hub, mail, *to, sender=sender, also=("--json", *also)))
    return found


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {address: group["outcome"] for group in found["recipients"] for address in group["addresses"]}


def test_each_recipient_is_told_apart_with_every_rule_and_the_values_it_met(hub: RunningHub, mail: Path) -> None:
    found = explained(hub, mail, AI, BINH)
    assert outcomes(found) == {AI: "waits", BINH: "delivered"}
    waiting = next(group for group in found["recipients"] if AI in group["addresses"])
    assert waiting["deciding"] == PRIVATE
    tests = next(one for one in waiting["rules"] if one["id"] == PRIVATE)["when"]["tests"]
    assert {one["fact"]: one["value"] for one in tests} == {"message.origin": "own", "recipient.class": "private-mail"}
    page = explain(hub, mail, AI, BINH)
    for word in (AI, BINH, PRIVATE, "Chỉ thị 77/2014/CT-UBND", "Người nhận dùng hộp thư cá nhân", "chậm nhất đến"):
        assert word in page
    assert "Hop giao ban" not in page
    assert PRIVATE in explain(hub, mail, AI, also=("--language", "en"))


def test_groups_are_taken_apart_and_addresses_that_lead_nowhere_are_named(hub: RunningHub, mail: Path) -> None:
    found = explained(hub, mail, "nhom@tinh.gov.vn", "khong-co@tinh.gov.vn")
    assert outcomes(found) == {AN: "delivered", BINH: "delivered"}
    assert found["kept_out"] == {"khong-co@tinh.gov.vn": "unknown"}
    assert found["message"]["groups"] == ["nhom@tinh.gov.vn"]
    assert "địa chỉ không tồn tại" in explain(hub, mail, "khong-co@tinh.gov.vn")


def test_rules_without_a_part_in_it_are_counted_and_shown_on_demand(hub: RunningHub, mail: Path) -> None:
    page = explain(hub, mail, AI)
    assert "(bi-mat)" not in page
    assert "1 quy tắc khác không liên quan: 1 về điều thư này không có." in page
    assert "thêm --all" in page
    assert "(bi-mat)" in explain(hub, mail, AI, also=("--all",))
    rules = explained(hub, mail, AI)["recipients"][0]["rules"]
    assert {one["id"] for one in rules} == {PRIVATE, "bi-mat"}


def test_a_page_names_a_group_with_its_number_and_not_its_members(hub: RunningHub, mail: Path) -> None:
    page = explain(hub, mail, "nhom@tinh.gov.vn", sender=AI)
    assert "• nhom@tinh.gov.vn (nhóm, 2 người)" in page
    assert "Không kèm văn bản, không kèm tệp." in page
    assert BINH not in page


def test_mail_from_outside_is_judged_as_such(hub: RunningHub, mail: Path) -> None:
    assert explained(hub, mail, AN, sender=AI)["message"]["origin"] == "outside"
    assert explained(hub, mail, BINH, also=("--origin", "outside"))["message"]["origin"] == "outside"
    assert "no account" in explain(hub, mail, AN, sender=AI, code=1, also=("--origin", "own"))


def test_exceptions_in_force_count(hub: RunningHub, mail: Path) -> None:
    put(hub, ALWAYS + exception(AN, to="gmail.com", why="đã được duyệt"))
    try:
        assert outcomes(explained(hub, mail, AI, "ai@yahoo.com")) == {AI: "delivered", "ai@yahoo.com": "waits"}
        assert "đã được duyệt" in explain(hub, mail, AI)
    finally:
        put(hub, ALWAYS)


def test_nothing_of_a_secret_is_shown_but_its_level(hub: RunningHub, tmp_path: Path) -> None:
    path = tmp_path / "mat.eml"
    body = "TUYỆT MẬT\r\n\r\nKế hoạch Sao Kim"
    parts = [leaf("Content-Type: text/plain; charset=utf-8\r\n", body.encode()), attached(b"x", "sao-kim.txt")]
    path.write_bytes(b"From: nva@tinh.gov.vn\r\nSubject: Ke hoach Sao Kim\r\n" + multipart(parts))
    shown = explain(hub, path, AI) + explain(hub, path, AI, also=("--json",))
    assert "TUYỆT MẬT" in shown
    for word in ("Sao Kim", "sao-kim"):
        assert word not in shown
    found = explained(hub, path, AI, BINH)
    assert set(outcomes(found).values()) == {"secret"}
    [line] = found["replies"]
    assert line.startswith("550 5.7.1 Thu bi tu choi: co dau hieu bi mat nha nuoc")
    page = explain(hub, path, AI)
    assert f"“{line}”. Trong đó XXX-XXX-XX là mã riêng" in page
    assert "Không ai cho gửi thư này được" in page
    assert "| Hệ thống từ chối thư Ông/Bà gửi lúc" in page  # the letter that comes, and not the rule's words


def test_a_file_inside_is_read_in_a_sandbox_of_the_moment(hub: RunningHub, tmp_path: Path) -> None:
    path = tmp_path / "kem.eml"
    parts = [leaf("Content-Type: text/plain\r\n", b"xem kem"), attached(b"MZ" + b"\x00" * 200, "bao-cao.pdf.exe")]
    path.write_bytes(b"From: nva@tinh.gov.vn\r\nSubject: x\r\n" + multipart(parts))
    [file] = explained(hub, path, AI)["attachments"]
    assert (file["extension"], "executable" in file["dangers"]) == ("exe", True)


def test_nothing_is_kept_of_what_was_only_asked(hub: RunningHub, mail: Path) -> None:
    explain(hub, mail, AI, BINH)
    database = open_database(load(hub.directory / SETTINGS_FILE).database_url)
    with database.read() as connection:
        for table in (Message, Event, PolicyDecision, PrivateMailUse, KnownNetwork):
            assert connection.scalar(select(func.count()).select_from(table)) == 0, table
    database.close()


def test_only_whoever_may_trace_mail_is_told(hub: RunningHub, mail: Path) -> None:
    done = run(hub, mail, AI, as_=AN)
    assert (done.returncode, "trace.read" in done.stderr) == (1, True)


def test_what_cannot_be_read_is_said_in_a_line(hub: RunningHub, tmp_path: Path) -> None:
    assert "thu.eml" in explain(hub, tmp_path / "thu.eml", AI, code=1)
    docx = tmp_path / "cong-van.docx"
    docx.write_bytes(as_docx(make_paper("CV", seed=7)))
    odd = tmp_path / "la.eml"
    odd.write_bytes(b"\xff\x00\xfe" * 1000)
    for path in (docx, odd):
        assert f"{path}: không phải thư (.eml)" in explain(hub, path, AI, code=1)


def test_senders_and_recipients_that_cannot_be_are_refused(hub: RunningHub, mail: Path) -> None:
    nobody = "khong-co@tinh.gov.vn"
    assert f"không có tài khoản {nobody}" in explain(hub, mail, AI, sender=nobody, code=1)
    assert explained(hub, mail, BINH, sender=nobody, also=("--origin", "outside"))["message"]["origin"] == "outside"
    assert "không phải địa chỉ thư" in explain(hub, mail, "gmail.com", code=1)
    assert f"{nobody}: địa chỉ không tồn tại" in explain(hub, mail, AI, nobody)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "quet.eml"
    pages = as_scan(as_pdf(make_paper("QĐ", seed=7, number="157", symbol="/QĐ-UBND")))
    parts = [leaf("Content-Type: text/plain\r\n", b"xem kem"), attached(pages, "ban-quet.pdf")]
    path.write_bytes(b"From: nva@tinh.gov.vn\r\nSubject: x\r\n" + multipart(parts))
    return path


def test_a_scan_is_said_to_be_taken_and_held_until_it_is_read_and_then_judged(hub: RunningHub, scan: Path) -> None:
    put(hub, ALWAYS + rule("tu-choi", stage="block", more='reply = "reject"'))
    try:
        found = explained(hub, scan, AI)
        assert (outcomes(found), found["replies"]) == ({AI: "refused"}, [])  # no 5xx after the 250
        assert (found["read_later"], found["scans_unread"], found["documents"][0]["type"]) == (1, 0, "QĐ")
        page = explain(hub, scan, AI)
        assert "máy chủ nhận thư (250), rồi GIỮ LẠI trong khi đọc 1 tệp" in page
        assert "Chưa đọc bản quét" not in page
    finally:
        put(hub, ALWAYS)


def test_quick_says_that_the_scan_was_not_read(hub: RunningHub, scan: Path) -> None:
    page = explain(hub, scan, AI, also=("--quick",))
    assert "Chưa đọc bản quét (--quick)" in page
    assert "(250)" in page
    found = explained(hub, scan, AI, also=("--quick",))
    assert (found["scans_unread"], found["documents"]) == (1, [])


def test_a_secret_in_the_subject_is_refused_at_once_whatever_is_to_be_read(hub: RunningHub, scan: Path) -> None:
    subject = "Subject: TUYỆT MẬT\r\n".encode()
    scan.write_bytes(scan.read_bytes().replace(b"Subject: x\r\n", subject))
    found = explained(hub, scan, AI)
    assert (outcomes(found), found["read_later"]) == ({AI: "secret"}, 0)
    assert found["replies"][0].startswith("550 5.7.1")
