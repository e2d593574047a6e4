"""A closed account is out within five seconds, and stays out."""

from __future__ import annotations

import asyncio
import imaplib
import os
import socket
import time
from collections.abc import Callable

import pytest

from mailhub.mailboxes import MailboxesError, Session, SessionEnder
from mailhub.mailboxes.errors import DovecotError
from mailhub.mailboxes.tools import doveadm
from tests.support.dovecot import Account, RunningDovecot


def is_alive(client: imaplib.IMAP4) -> bool:
    try:
        return client.noop()[0] == "OK"
    except (imaplib.IMAP4.error, OSError):
        return False


async def wait_until(condition: Callable[[], bool], seconds: float) -> float:
    """How long it took until `condition` was true."""
    started = time.monotonic()
    while not await asyncio.to_thread(condition):
        assert time.monotonic() - started < seconds, "it never came true"
        await asyncio.sleep(0.05)
    return time.monotonic() - started


class Directory:
    """The two questions that SessionEnder asks, over the test's accounts."""

    def __init__(self, mailboxes: RunningDovecot) -> None:
        self.mailboxes = mailboxes
        self.number = 1

    async def version(self) -> int:
        return self.number

    async def closed(self, users: set[str]) -> set[str]:
        return {
            user for user in users if user in self.mailboxes.accounts and not self.mailboxes.accounts[user].may_login
        }

    def close(self, address: str) -> None:
        self.mailboxes.accounts[address] = Account(may_login=False)
        self.number += 1


async def test_live_sessions_of_a_suspended_account_end_and_no_new_ones_begin(
    mailboxes: RunningDovecot, address: str
) -> None:
    colleague = "o.lai@tinh.test"
    mailboxes.accounts[colleague] = Account()
    clients = [mailboxes.imap(address) for _ in range(3)]
    staying = mailboxes.imap(colleague)
    directory = Directory(mailboxes)
    ender = SessionEnder(mailboxes.dovecot, directory.version, directory.closed)
    running = asyncio.create_task(ender.run())
    await asyncio.sleep(0)
    assert all(is_alive(client) for client in clients)
    directory.close(address)
    assert await wait_until(lambda: not any(is_alive(client) for client in clients), 5) < 5
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        await asyncio.to_thread(mailboxes.imap, address)
    assert await mailboxes.dovecot.sessions(address) == []
    assert is_alive(staying)
    running.cancel()
    for client in [*clients, staying]:
        client.shutdown()


async def test_a_session_that_appears_after_the_first_look_is_ended_too(
    mailboxes: RunningDovecot, address: str
) -> None:
    """As when the verifier said yes just before the account was closed."""
    directory = Directory(mailboxes)
    ender = SessionEnder(mailboxes.dovecot, directory.version, directory.closed)
    directory.number += 1
    await ender.look()
    late = mailboxes.imap(address)
    mailboxes.accounts[address] = Account(may_login=False)  # without a new version
    await ender.look()
    assert not is_alive(late)
    late.shutdown()


async def test_a_change_counts_as_seen_only_when_dovecot_could_be_asked(
    mailboxes: RunningDovecot, address: str
) -> None:
    client = mailboxes.imap(address)
    directory = Directory(mailboxes)
    ender = SessionEnder(_Deaf(), directory.version, directory.closed)
    directory.close(address)
    with pytest.raises(OSError, match="deaf"):
        await ender.look()
    ender._mailboxes = mailboxes.dovecot
    await ender.look()
    assert not is_alive(client)
    client.shutdown()


async def test_mail_that_is_being_put_into_a_closed_mailbox_is_no_session_and_goes_in_once(
    mailboxes: RunningDovecot, address: str
) -> None:
    """`doveadm kick` ended the delivery too, amid its automatic answer."""
    mailboxes.put_script(address, 'require "vacation";\nvacation "Toi di vang.";\n')
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(mailboxes.plan.inject_socket))
    os.chown(mailboxes.plan.inject_socket, mailboxes.plan.uid, mailboxes.plan.gid)
    try:
        door.listen()
        letter = f"From: a@b.test\r\nTo: {address}\r\nSubject: mot lan\r\n\r\n".encode()
        delivery = asyncio.create_task(asyncio.to_thread(mailboxes.deliver, address, letter, "a@b.test"))
        answering = (await asyncio.to_thread(door.accept))[0]  # the script is on its way, and waits for us
        assert "lmtp" in await doveadm(mailboxes.plan, "who", "-1", address)
        client = mailboxes.imap(address)
        assert await mailboxes.dovecot.end_sessions(address)
        assert not is_alive(client)
        client.shutdown()
        answering.close()
        assert (await delivery).startswith("250")
    finally:
        door.close()
        mailboxes.plan.inject_socket.unlink()


@pytest.mark.parametrize("pid", [1, 0, -1])
async def test_what_is_no_process_of_a_session_is_never_signalled(
    mailboxes: RunningDovecot, monkeypatch: pytest.MonkeyPatch, pid: int
) -> None:
    """To kill(2) -1 is everybody."""
    signalled: list[int] = []
    monkeypatch.setattr("os.kill", lambda target, _: signalled.append(target))

    async def named(*_: object) -> list[Session]:
        return [Session("a@tinh.test", "imap", pid, "")]

    monkeypatch.setattr(mailboxes.dovecot, "sessions", named)
    with pytest.raises(DovecotError, match="nobody's session"):
        await mailboxes.dovecot.end_sessions("a@tinh.test")
    assert signalled == []


class _Deaf:
    async def sessions(self, user: str = "") -> list[Session]:
        raise OSError("deaf")

    async def end_sessions(self, users: set[str]) -> bool:
        raise OSError("deaf")


async def test_ending_the_sessions_of_nobody_is_no_error(mailboxes: RunningDovecot) -> None:
    assert await mailboxes.dovecot.end_sessions("khong.co@tinh.test")


@pytest.mark.parametrize("name", ["*", "a?b@c", "-x", "a\nb"])
async def test_a_pattern_is_not_a_user(mailboxes: RunningDovecot, name: str) -> None:
    with pytest.raises(MailboxesError, match="not a mailbox"):
        await mailboxes.dovecot.sessions(name)
