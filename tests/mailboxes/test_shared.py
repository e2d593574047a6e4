"""Somebody in another's mailbox: what Dovecot lets each right do, by the real commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from mailhub.mailboxes import ENVIRONMENT, GuestRight
from mailhub.mailboxes.tools import doveadm
from tests.support.dovecot import Account, RunningDovecot
from tests.support.imapdialogue import ImapDialogue

LETTER = b"Subject: Giay moi\r\n\r\nKinh moi.\r\n"
PERSON = "thu.ky@tinh.test"
Open = Callable[[GuestRight], ImapDialogue]
_numbers = count(1)


@pytest.fixture
def leader(mailboxes: RunningDovecot) -> str:
    """A mailbox with one unread message in INBOX and a draft."""
    name = f"lanh.dao{next(_numbers)}@tinh.test"
    mailboxes.accounts[name] = Account()
    mailboxes.accounts[PERSON] = Account("cua thu ky")
    mailboxes.deliver(name, LETTER)
    with mailboxes.imap(name) as client:
        client.append("Drafts", "(\\Draft)", "", LETTER)
    return name


@pytest.fixture
def come_in(mailboxes: RunningDovecot, leader: str) -> Iterator[Open]:
    opened: list[ImapDialogue] = []

    def open_(right: GuestRight) -> ImapDialogue:
        mailboxes.shared[(leader, PERSON)] = right
        session = ImapDialogue(mailboxes.connect())
        opened.append(session)
        assert session.login(f"{leader}*{PERSON}", "cua thu ky").startswith("OK")
        return session

    yield open_
    for session in opened:
        session.close()


def refused(answer: str) -> bool:
    return answer.startswith("NO [NOPERM]")


def test_a_reader_reads_everything(come_in: Open) -> None:
    session = come_in(GuestRight.READ)
    session.say('LIST "" *')
    assert {line.rpartition(" ")[2] for line in session.untagged} >= {"INBOX", "Drafts", "Sent", "Archive"}
    assert "[READ-ONLY]" in session.say("SELECT INBOX")
    assert "Kinh moi." in session.fetched("BODY[]")


def test_a_reader_leaves_no_trace_and_changes_nothing(come_in: Open, mailboxes: RunningDovecot, leader: str) -> None:
    session = come_in(GuestRight.READ)
    session.say("SELECT INBOX")
    session.fetched("BODY[]")  # without PEEK: it would be seen
    for flag in ("\\Seen", "\\Deleted", "\\Flagged", "$Work"):
        session.say(f"STORE 1 +FLAGS ({flag})")
    session.say("EXPUNGE")
    for command in ("MOVE 1 Trash", "COPY 1 Drafts", "CREATE Moi", "DELETE Archive", "RENAME Archive Cu"):
        assert refused(session.say(command)), command
    for folder in ("INBOX", "Drafts", "Sent"):
        assert refused(session.append(folder, LETTER)), folder
    with mailboxes.imap(leader) as client:
        assert client.select()[1] == [b"1"]
        flags = client.fetch("1", "(FLAGS)")[1][0]
        assert isinstance(flags, bytes)
        assert b"\\" not in flags.replace(b"\\Recent", b"")
        assert client.select("Drafts")[1] == [b"1"]


def test_a_drafter_works_in_drafts_alone(come_in: Open) -> None:
    session = come_in(GuestRight.DRAFT)
    assert "APPENDUID" in session.append("Drafts", LETTER, flags="\\Draft")
    assert "[READ-WRITE]" in session.say("SELECT Drafts")
    session.say("STORE 1 +FLAGS (\\Deleted)")
    session.say("EXPUNGE")
    assert "* 1 EXPUNGE" in session.untagged
    for folder in ("INBOX", "Sent", "Archive"):
        assert refused(session.append(folder, LETTER)), folder
    session.say("SELECT INBOX")
    session.fetched("BODY[]")
    session.say("STORE 1 +FLAGS (\\Answered)")
    assert "\\Seen" not in session.fetched("FLAGS")
    assert "\\Answered" not in session.fetched("FLAGS")


def test_who_sends_marks_what_was_answered_but_takes_nothing_away(come_in: Open) -> None:
    session = come_in(GuestRight.SEND)
    session.say("SELECT INBOX")
    session.say("STORE 1 +FLAGS (\\Seen \\Answered)")
    session.say("STORE 1 +FLAGS (\\Deleted)")
    session.say("EXPUNGE")
    flags = session.fetched("FLAGS")
    assert "\\Seen" in flags
    assert "\\Answered" in flags
    assert "\\Deleted" not in flags
    assert refused(session.say("MOVE 1 Trash"))
    assert refused(session.append("Sent", LETTER))  # what stands there was filed by mailhub, with the sender's name
    assert "APPENDUID" in session.append("Drafts", LETTER)


def test_whoever_holds_an_office_does_everything(come_in: Open) -> None:
    session = come_in(GuestRight.FULL)
    session.say("SELECT INBOX")
    assert session.say("MOVE 1 Trash").startswith("OK")
    assert "APPENDUID" in session.append("Sent", LETTER)
    for command in ("CREATE Moi", "RENAME Moi Cu", "DELETE Cu"):
        assert session.say(command).startswith("OK"), command


def test_a_guest_subscribes_for_the_own_sessions_only(come_in: Open, mailboxes: RunningDovecot, leader: str) -> None:
    session = come_in(GuestRight.FULL)
    session.say("CREATE Rieng")
    session.say("SUBSCRIBE Rieng")
    session.say('LSUB "" *')
    assert any("Rieng" in line for line in session.untagged)
    with mailboxes.imap(leader) as client:
        assert not any(b"Rieng" in line for line in client.lsub()[1] if isinstance(line, bytes))


def test_the_session_says_who_is_in_whose_mailbox(come_in: Open, mailboxes: RunningDovecot, leader: str) -> None:
    come_in(GuestRight.READ)
    user = f"{leader}*{PERSON}"
    assert [session.user for session in mailboxes.run(mailboxes.dovecot.sessions(user))] == [user]
    assert f"imap-login: Info: Login: user=<{user}>" in mailboxes.log()


def test_one_guest_is_put_out_and_the_owner_stays(come_in: Open, mailboxes: RunningDovecot, leader: str) -> None:
    session = come_in(GuestRight.READ)
    with mailboxes.imap(leader) as owner:
        assert mailboxes.run(mailboxes.dovecot.end_sessions(f"{leader}*{PERSON}"))
        with pytest.raises((EOFError, OSError)):
            session.say("NOOP")
        assert owner.noop()[0] == "OK"


def test_without_a_right_the_name_is_refused_like_a_wrong_password(mailboxes: RunningDovecot, leader: str) -> None:
    session = ImapDialogue(mailboxes.connect())
    no_right = session.login(f"{leader}*{PERSON}", "cua thu ky")
    assert no_right.startswith("NO [AUTHENTICATIONFAILED]")
    assert session.login(PERSON, "falsch").partition("(")[0] == no_right.partition("(")[0]
    session.close()


def test_a_copy_of_what_was_sent_is_filed_as_read(mailboxes: RunningDovecot, leader: str) -> None:
    mailboxes.put_script(leader, 'require "fileinto"; fileinto "Archive";')  # the owner's script has no say in it
    filed = b"X-Mailhub-Filed: sent\r\nX-Mailhub-Sent-By: thu.ky@tinh.test\r\n" + LETTER
    assert mailboxes.deliver(leader, filed).startswith("250")
    with mailboxes.imap(leader) as client:
        assert client.select("Sent")[1] == [b"1"]
        answer = client.fetch("1", "(FLAGS BODY.PEEK[HEADER.FIELDS (X-MAILHUB-SENT-BY)])")[1][0]
        assert isinstance(answer, tuple)
        assert b"\\Seen" in answer[0]
        assert b"thu.ky@tinh.test" in answer[1]
        assert client.select("Archive")[1] == [b"0"]


def test_an_apostrophe_is_part_of_a_name(mailboxes: RunningDovecot) -> None:
    mailboxes.accounts["h'hen.nie@tinh.test"] = Account("ascii")
    with mailboxes.connect() as client:
        client.login("h'hen.nie@tinh.test", "ascii")
        assert client.select()[1] == [b"0"]


def test_doveadm_saves_into_a_mailbox_as_before(mailboxes: RunningDovecot, leader: str) -> None:
    command = ["setpriv", f"--reuid={mailboxes.plan.uid}", f"--regid={mailboxes.plan.gid}", "--clear-groups"]
    command = command if os.getuid() == 0 else []
    command += ["doveadm", "-c", str(mailboxes.plan.configuration), "save", "-u", leader, "-m", "INBOX"]
    subprocess.run(command, input=LETTER, check=True, env=ENVIRONMENT, cwd="/")
    counted = mailboxes.run(doveadm(mailboxes.plan, "mailbox", "status", "-u", leader, "messages", "INBOX"))
    assert "messages=2" in counted
