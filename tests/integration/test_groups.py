"""Groups over the wire: computed from the tree, closed to strangers, watched over by moderators."""

from __future__ import annotations

import json
import smtplib

import pytest

from mailhub.accounts.models import GroupSenders, GroupTask
from tests.integration.conftest import Province, arrives, refusal
from tests.support.hub import RunningHub, letter, transaction

AN, BINH, CUONG = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
CLERKS, WATCHED, INNER, OUTER = (f"{name}@tinh.gov.vn" for name in ("vanthu.xa", "toantinh", "trong", "ngoai"))
OFFICES = [f"vanthu.{code}@tinh.gov.vn" for code in ("xa1", "xa2", "xa3")]
OUTSIDE = "ai@khac.example"


@pytest.fixture(scope="module")
def tree(province: Province) -> Province:
    """Three communes whose offices nva, ttb and lvc hold; the groups of this module."""
    for number, (office, holder) in enumerate(zip(OFFICES, (AN, BINH, CUONG), strict=True), 1):
        province.act("add_agency", f"xa{number}", f"Xã {number}", kind="commune", level="xa")
        province.act("add_role_mailbox", office, f"Văn thư xã {number}", agency=f"xa{number}", office="van-thu")
        province.act("hold_role", office, holder)
    province.act(
        "add_group", CLERKS, "Văn thư các xã", rule='{"office":"van-thu","level":"xa"}', senders=GroupSenders.OWN
    )
    province.act("add_group", WATCHED, "Toàn tỉnh", moderated=True, owner=BINH)
    province.act("add_officer", WATCHED, CUONG, GroupTask.MODERATOR)
    for member in (AN, BINH):
        province.act("add_member", WATCHED, member)
    province.act("add_group", INNER, "Trong", senders=GroupSenders.MEMBERS)
    province.act("add_member", INNER, CUONG)
    province.act("add_group", OUTER, "Ngoài")
    province.act("add_member", OUTER, INNER)
    return province


def expanded(tree: Province, code: str) -> set[str]:
    query = f"SELECT r.address FROM message m JOIN recipient r ON r.message_id = m.id WHERE m.code = '{code}'"
    return {row[0] for row in tree.rows(query)}


def shared(hub: RunningHub, office: str, holder: str, mark: str) -> None:
    """The office's INBOX, as its holder opens it."""
    arrives(hub, f"{office}*{holder}", mark)


def test_the_clerks_of_all_communes_get_it_and_a_new_commune_does_at_once(hub: RunningHub, tree: Province) -> None:
    code = hub.submit(AN, [CLERKS], letter(AN, CLERKS, subject="Cong van 1"))
    assert expanded(tree, code) == set(OFFICES)
    for office, holder in zip(OFFICES, (AN, BINH, CUONG), strict=True):
        shared(hub, office, holder, "Subject: Cong van 1")
    tree.act("add_agency", "xa4", "Xã 4", kind="commune", level="xa")
    tree.act("add_role_mailbox", "vanthu.xa4@tinh.gov.vn", "Văn thư xã 4", agency="xa4", office="van-thu")
    code = hub.submit(AN, [CLERKS], letter(AN, CLERKS, subject="Cong van 2"))
    assert expanded(tree, code) == {*OFFICES, "vanthu.xa4@tinh.gov.vn"}


def test_an_outsider_is_refused_with_a_code_that_leads_to_the_reason(hub: RunningHub, tree: Province) -> None:
    with hub.mx() as client:
        reply = refusal(client, OUTSIDE, [CLERKS], b"")
        assert reply.startswith("550 5.7.2 Nhom thu nay chi nhan thu tu tai khoan cong vu cua tinh. Ma ")
        assert tree.refusal(reply) == "group-own"
        reply = refusal(client, OUTSIDE, [OUTER], b"")
        assert tree.refusal(reply) == "group-members"
        assert INNER not in reply  # what is within is not a stranger's business


def test_a_group_within_keeps_its_say(hub: RunningHub, tree: Province) -> None:
    with hub.submission(AN) as client:
        reply = refusal(client, AN, [OUTER], b"")
        assert tree.refusal(reply) == "group-members"
        assert INNER in reply
    with hub.submission(CUONG) as client:
        transaction(client, CUONG, [OUTER], letter(CUONG, OUTER, subject="Trong nhom"))
    arrives(hub, CUONG, "Subject: Trong nhom")


def test_a_watched_list_waits_is_approved_and_delivered_once(hub: RunningHub, tree: Province) -> None:
    code = hub.submit(AN, [WATCHED, CUONG], letter(AN, WATCHED, subject="Xin duyet"))
    arrives(hub, CUONG, "Subject: Xin duyet")  # who is written to by name waits for nobody
    [row] = [json.loads(line) for line in hub.cli("--as", BINH, "group", "waiting", "--json").stdout.splitlines()]
    assert (row["code"], row["group"], row["sender"], row["recipients"]) == (code, WATCHED, AN, 2)
    assert not [mail for mail in hub.mails(BINH) if b"Xin duyet" in mail and b"Subject: Xin duyet" in mail]
    assert hub.cli("--as", AN, "group", "approve", code, check=False).returncode == 1

    tree.act("suspend_account", BINH, reason="thử")
    done = hub.cli("--as", BINH, "group", "approve", code, check=False)
    assert done.returncode == 1
    assert "(group.moderate)" in done.stderr
    tree.act("restore_account", BINH, reason="thử")

    hub.cli("--as", BINH, "group", "approve", code, "--dry-run")
    assert "gửi tiếp đến 2 người" in hub.cli("--as", BINH, "group", "approve", code, "--reason", "đúng việc").stdout
    for address in (AN, BINH):
        arrives(hub, address, "\r\nSubject: Xin duyet")
    assert hub.cli("--as", CUONG, "group", "approve", code, check=False).returncode == 1
    shown = hub.cli("trace", code).stdout
    assert f"Chờ duyệt  nhóm {WATCHED}" in shown
    assert "Đã cho gửi" in shown


def test_what_is_refused_reaches_nobody_and_survives_a_restart_before(hub: RunningHub, tree: Province) -> None:
    code = hub.submit(AN, [WATCHED], letter(AN, WATCHED, subject="Khong hop"))
    hub.stop()
    hub.start()
    assert hub.cli("--as", CUONG, "group", "refuse", code, check=False).returncode == 2  # a reason is needed
    hub.cli("--as", CUONG, "group", "refuse", code, "--reason", "không đúng nhóm")
    assert hub.queue(code) == []
    query = f"SELECT r.state FROM message m JOIN recipient r ON r.message_id = m.id WHERE m.code = '{code}'"
    assert {row[0] for row in tree.rows(query)} == {"refused"}
    shown = hub.cli("trace", code).stdout
    assert "Không được duyệt" in shown
    assert "lý do: không đúng nhóm" in shown
    facts = tree.rows("SELECT to_address, facts FROM letter WHERE kind = 'moderation-refused'")
    assert [(to, json.loads(words)["because"]) for to, words in facts] == [(AN, "không đúng nhóm")]


def test_its_owner_writes_to_it_without_waiting(hub: RunningHub, tree: Province) -> None:
    hub.submit(BINH, [WATCHED], letter(BINH, WATCHED, subject="Thong bao"))
    arrives(hub, AN, "\r\nSubject: Thong bao")


def test_a_stranger_may_write_to_a_watched_list_and_waits(hub: RunningHub, tree: Province) -> None:
    with hub.mx() as client:
        code = transaction(client, OUTSIDE, [WATCHED], letter(OUTSIDE, WATCHED, subject="Xin chao tinh"))
    rows = [json.loads(line) for line in hub.cli("--as", CUONG, "group", "waiting", "--json").stdout.splitlines()]
    assert [row["code"] for row in rows] == [code]


def test_what_groups_say_on_the_command_line(hub: RunningHub, tree: Province) -> None:
    shown = hub.cli("group", "show", WATCHED).stdout
    assert f"Phụ trách: {BINH}" in shown
    assert f"Duyệt thư: {CUONG}" in shown
    assert WATCHED in hub.cli("group", "list").stdout
    wrong = hub.cli("group", "add", "sai@tinh.gov.vn", "--rule", '{"ofice":"van-thu"}', check=False)
    assert wrong.returncode == 1
    assert 'did you mean "office"' in wrong.stderr


def test_a_session_opened_before_a_list_was_closed_is_refused_after(hub: RunningHub, tree: Province) -> None:
    name = "mo@tinh.gov.vn"
    tree.act("add_group", name, "Mở")
    tree.act("add_member", name, CUONG)
    with hub.submission(AN) as client:
        transaction(client, AN, [name], letter(AN, name, subject="Con mo"))
        hub.cli("group", "change", name, "--senders", "listed")
        with pytest.raises(smtplib.SMTPResponseException) as caught:
            transaction(client, AN, [name], letter(AN, name, subject="Da dong"))
    assert caught.value.smtp_code == 550
