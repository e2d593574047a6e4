"""An office's mailbox and a leader's, each used by others under their own name: read, sent from, filed, ended."""

from __future__ import annotations

import imaplib
import itertools
import re
import smtplib

import pytest

from mailhub.accounts.models import DelegationRight
from mailhub.clock import now_ms
from mailhub.queue.timeline import Line
from tests.integration.conftest import Province, Sink, arrives
from tests.support.hub import RunningHub, letter, transaction, wait_until

AN, BINH, CHI = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
_numbers = itertools.count()


@pytest.fixture
def office(province: Province) -> str:
    """A role mailbox that An holds."""
    address = f"vanthu{next(_numbers)}@tinh.gov.vn"
    province.act("add_role_mailbox", address, "Văn thư")
    province.act("hold_role", address, AN)
    return address


@pytest.fixture
def leader(province: Province) -> str:
    local = f"giamdoc{next(_numbers)}"
    province.people(local)
    return f"{local}@tinh.gov.vn"


def headers(mail: bytes) -> str:
    return mail.partition(b"\r\n\r\n")[0].decode()


def filed(hub: RunningHub, login: str, mark: str) -> bytes:
    """The one copy in Sent that holds `mark`; waits for it."""
    found = wait_until(
        lambda: [mail for mail in hub.mails(login, folder="Sent") if mark.encode() in mail], f"{mark} in Sent"
    )
    assert len(found) == 1
    return found[0]


def test_the_holder_reads_the_offices_mail_under_the_own_name(hub: RunningHub, office: str) -> None:
    hub.submit(BINH, [office], letter(BINH, office, subject="gui van thu"))
    arrives(hub, f"{office}*{AN}", "gui van thu")


@pytest.mark.parametrize("login", ["{person}", "{office}*{person}"])
def test_what_the_holder_sends_is_filed_in_the_offices_sent_with_the_holders_name(
    hub: RunningHub, province: Province, sink: Sink, office: str, login: str
) -> None:
    mark = f"phat hanh {next(_numbers)} het"
    outside = "dan@ngoai.example"
    with hub.submission(login.format(person=AN, office=office)) as client:
        code = transaction(client, office, [BINH, outside], letter(office, BINH, subject=mark))
    copy = headers(filed(hub, f"{office}*{AN}", mark))
    assert f"X-Mailhub-Sent-By: {AN}" in copy
    received = headers(arrives(hub, BINH, mark))
    left = sink.wait_for(lambda mail: mark.encode() in mail.content).content.decode()
    for text in (received, left):
        assert "X-Mailhub" not in text
        assert AN not in text
    lines = wait_until(lambda: _whole_story(province, code), "filed")
    first = next(line for line in lines if line.kind == "received")
    assert (first.facts["account"], first.facts["as"], first.facts["recipients"]) == (AN, [office], 2)
    assert [(line.recipient, line.facts["by"]) for line in lines if line.kind == "filed"] == [(office, AN)]


def test_a_copy_is_seen_and_not_in_the_inbox(hub: RunningHub, office: str) -> None:
    hub.submit(AN, [BINH], letter(AN, BINH, subject="rieng cua An"))
    with hub.submission(AN) as client:
        transaction(client, office, [BINH], letter(office, BINH, subject="cua van thu"))
    filed(hub, f"{office}*{AN}", "cua van thu")
    with hub.imap(f"{office}*{AN}") as client:
        assert client.select("INBOX")[1] == [b"0"]
        assert client.select("Sent")[1] == [b"1"]  # nothing of what An sends as An
        assert "\\Seen" in str(client.fetch("1", "(FLAGS)")[1])


def test_a_client_that_repeats_itself_files_nothing_twice(hub: RunningHub, province: Province, office: str) -> None:
    mark = f"lap lai {next(_numbers)} het"
    message = letter(office, BINH, subject=mark)
    for _ in range(2):
        with hub.submission(AN) as client:
            transaction(client, office, [BINH], message)
    filed(hub, f"{office}*{AN}", mark)
    rows = province.rows(f"SELECT count(*) FROM recipient WHERE purpose = 'sent-copy' AND address = '{office}'")
    assert rows[0][0] == 1


def test_a_strangers_filing_line_is_cut(hub: RunningHub, office: str) -> None:
    extra = "X-Mailhub-Filed: sent\r\nX-Mailhub-Sent-By: lvc@tinh.gov.vn\r\n"
    hub.submit(BINH, [office], letter(BINH, office, subject="gia mao", extra=extra))
    assert "X-Mailhub" not in headers(arrives(hub, f"{office}*{AN}", "gia mao"))


def test_an_office_that_has_no_room_refuses_nobodys_mail(hub: RunningHub, province: Province, office: str) -> None:
    """The copy waits; the mail itself goes, and nobody gets a notice about the copy."""
    province.act("suspend_account", office, reason="x", refuse_mail=True)
    with hub.submission(AN) as client:
        assert client.mail(office)[0] // 100 == 5  # an office that is closed is not sent as
    province.act("restore_account", office)
    with hub.submission(AN) as client:
        code = transaction(client, office, [BINH], letter(office, BINH, subject="van gui duoc"))
    arrives(hub, BINH, "van gui duoc")
    assert wait_until(lambda: [line for line in province.trace(code) if line.kind == "filed"], "filed")


def test_who_hands_over_loses_the_mailbox_and_the_session(hub: RunningHub, province: Province, office: str) -> None:
    with hub.imap(f"{office}*{AN}") as client, hub.imap(AN) as own:
        client.select("INBOX")
        province.act("hand_over_role", office, AN, BINH, reason="Biên bản 12/BB-SNV")
        wait_until(lambda: _is_gone(client), "the end of the session", seconds=5)
        assert own.noop()[0] == "OK"
    with pytest.raises(imaplib.IMAP4.error), hub.imap(f"{office}*{AN}"):
        pass
    with hub.imap(f"{office}*{BINH}"), hub.submission(AN) as smtp:
        assert smtp.mail(office)[0] == 550


def test_a_delegate_reads_but_does_not_send(hub: RunningHub, province: Province, leader: str) -> None:
    hub.submit(BINH, [leader], letter(BINH, leader, subject="trinh lanh dao"))
    arrives(hub, leader, "trinh lanh dao")
    province.act("delegate_mailbox", leader, CHI, DelegationRight.READ)
    login = f"{leader}*{CHI}"
    assert hub.mails(login)
    with hub.submission(CHI) as smtp:
        assert smtp.mail(leader)[0] == 550
    rows = province.rows(f"SELECT actor FROM audit_log WHERE action = 'mailbox.opened' AND object = '{leader}'")
    assert [row[0] for row in rows] == [CHI]
    assert f"hộp thư {leader}" in hub.cli("account", "why", CHI).stdout


def test_who_sends_for_a_leader_is_named_in_the_leaders_sent(hub: RunningHub, province: Province, leader: str) -> None:
    province.act("delegate_mailbox", leader, CHI, DelegationRight.SEND)
    mark = f"thay lanh dao {next(_numbers)} het"
    with hub.submission(f"{leader}*{CHI}") as client:
        transaction(client, leader, [BINH], letter(leader, BINH, subject=mark))
    assert f"X-Mailhub-Sent-By: {CHI}" in headers(filed(hub, leader, mark))
    assert CHI not in headers(arrives(hub, BINH, mark))


def test_a_delegation_ends_by_time_alone(hub: RunningHub, province: Province, leader: str) -> None:
    until = now_ms() + 4_000
    province.act("delegate_mailbox", leader, CHI, DelegationRight.READ, until_at=until)
    with hub.imap(f"{leader}*{CHI}") as client:
        client.select("INBOX", readonly=True)
        wait_until(lambda: _is_gone(client), "the end of the session", seconds=10)
        assert now_ms() >= until
        with pytest.raises(imaplib.IMAP4.error), hub.imap(f"{leader}*{CHI}"):
            pass


def test_a_suspended_person_is_out_of_every_mailbox(hub: RunningHub, province: Province, office: str) -> None:
    local = f"canbo{next(_numbers)}"
    province.people(local)
    person = f"{local}@tinh.gov.vn"
    province.act("hold_role", office, person)
    with hub.imap(f"{office}*{person}") as client, hub.imap(f"{office}*{AN}") as colleague:
        client.select("INBOX")
        province.act("suspend_account", person, reason="mất máy")
        wait_until(lambda: _is_gone(client), "the end of the session", seconds=5)
        assert colleague.noop()[0] == "OK"
    with pytest.raises(smtplib.SMTPAuthenticationError), hub.submission(f"{office}*{person}"):
        pass


def test_the_commands_tell_who_holds_and_who_works_where(hub: RunningHub, office: str, leader: str) -> None:
    hub.cli("role", "hand-over", office, AN, CHI, "--note", "BB 12", "--dry-run")
    hub.cli("role", "hand-over", office, AN, CHI, "--note", "BB 12/BB-SNV")
    listed = hub.cli("role", "list", office).stdout
    assert re.search(rf"{CHI} .* đang phụ trách", listed)
    words = ["delegation", "add", leader, BINH, "--right", "draft", "--until", "31/12/2026", "--because", "CV 15/SNV"]
    assert f"{leader}*{BINH}" in hub.cli(*words).stdout
    assert "đến hết 31/12/2026" in hub.cli("delegation", "list", "--account", leader).stdout
    hub.cli("delegation", "end", leader, BINH, "--reason", "xong việc")
    assert hub.cli("delegation", "list", "--account", leader).stdout == ""


def _whole_story(province: Province, code: str) -> list[Line]:
    lines = province.trace(code)
    return lines if "filed" in [line.kind for line in lines] else []


def _is_gone(client: imaplib.IMAP4) -> bool:
    try:
        return client.noop()[0] != "OK"
    except (imaplib.IMAP4.error, OSError):
        return True
