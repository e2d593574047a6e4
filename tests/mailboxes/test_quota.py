"""A full mailbox is known before the message is taken."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mailhub.mailboxes import QuotaAsker, quota_ok
from tests.support.dovecot import Account, RunningDovecot

MIB = 1 << 20


async def test_quota_status_says_what_would_fit(mailboxes: RunningDovecot, address: str) -> None:
    path = mailboxes.plan.quota_socket
    mailboxes.accounts[address] = Account(quota_mib=2)
    assert await quota_ok(path, address, 0) is True
    assert await quota_ok(path, address, MIB) is True
    assert await quota_ok(path, address, 3 * MIB) is False
    mailboxes.deliver(address, b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * 20_000)
    assert await quota_ok(path, address, MIB) is False


async def test_an_unknown_mailbox_is_not_called_full(mailboxes: RunningDovecot) -> None:
    assert await quota_ok(mailboxes.plan.quota_socket, "khong.co@tinh.test", 1) is True


async def test_no_answer_is_neither_yes_nor_no(mailboxes: RunningDovecot, address: str, tmp_path: Path) -> None:
    assert await quota_ok(tmp_path / "nothing", address, 1) is None
    mailboxes.fault = True
    try:
        assert await quota_ok(mailboxes.plan.quota_socket, address, 1) is None
    finally:
        mailboxes.fault = False


async def test_a_silent_server_costs_a_bounded_time(tmp_path: Path) -> None:
    path = tmp_path / "s"

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(say_nothing, path):
        assert await quota_ok(path, "a@b.test", 1, timeout_seconds=0.1) is None


async def test_an_address_cannot_add_lines_to_the_question(mailboxes: RunningDovecot) -> None:
    assert await quota_ok(mailboxes.plan.quota_socket, "a@b.test\nsize=1", 1) is None


async def test_answers_are_remembered_for_a_while(mailboxes: RunningDovecot, address: str) -> None:
    asker = QuotaAsker(mailboxes.plan.quota_socket)
    assert await asker.quota_ok(address, MIB) is True
    mailboxes.accounts[address] = Account(quota_mib=1)
    assert await asker.quota_ok(address, MIB) is True
    assert await asker.quota_ok(address, 5 * MIB) is False
    assert await QuotaAsker(mailboxes.plan.quota_socket).quota_ok(address, 2 * MIB) is False
