"""Hang-ups and faults: what was committed stays committed, and nobody hears our troubles."""

from __future__ import annotations

import asyncio
import logging

import pytest

from mailhub.errors import TemporaryError
from tests.support.smtpdialogue import RecordingDoor, serving, until

HEAD = b"Subject: x\r\n\r\n"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("how", ["abort", "close", "eof"])
async def test_hanging_up_after_the_dot_does_not_stop_the_commit(how: str, tls: bool) -> None:
    door = RecordingDoor()
    async with serving(door, implicit=tls) as served:
        client = await served.client()
        await client.begin()
        await client.ask("DATA")
        door.may_finish.clear()
        await client.send(HEAD + b".\r\n")
        await door.finishing.wait()
        (session,) = served.listener.sessions
        if how == "abort":
            client.abort()
        elif how == "close":
            client.writer.close()
        elif client.writer.can_write_eof():
            client.writer.write_eof()
        else:
            client.writer.close()
        await until(lambda: session.gone)
        door.may_finish.set()
        await asyncio.wait_for(door.finished.wait(), 10)
        assert len(door.messages) == 1
        assert door.aborted == 0
        await until(lambda: len(door.left) == 1)


async def test_hanging_up_before_the_dot_leaves_nothing() -> None:
    async with serving() as served:
        for command in (b"DATA\r\n", b"BDAT 1000 LAST\r\n"):
            client = await served.client()
            await client.begin()
            await client.send(command + HEAD + b"half a line")
            await until(lambda: any(one.receiving for one in served.listener.sessions))
            client.abort()
            await until(lambda: not served.listener.sessions)
        assert served.door.aborted == 2
        assert not served.door.messages
        assert len(served.door.left) == 2


@pytest.mark.parametrize(
    "error", [TemporaryError("database gone: s3cret"), ValueError("bug: s3cret"), KeyError("s3cret")]
)
@pytest.mark.parametrize("act", ["helo", "mail", "rcpt", "data", "write", "finish"])
async def test_a_fault_of_the_door_is_temporary_and_tells_nothing(
    act: str, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    door = RecordingDoor(raises={act: error})
    door.write_raises = error if act == "write" else None
    door.finish_raises = error if act == "finish" else None
    async with serving(door) as served:
        client = await served.client()
        await client.heard()
        answers = [await client.ask("EHLO office.example")]
        answers.append(await client.ask("MAIL FROM:<a@b.vn>"))
        answers.append(await client.ask("RCPT TO:<an@tinh.gov.vn>"))
        answers.append(await client.ask("DATA"))
        if answers[-1].code == 354:
            await client.send(HEAD + b"x\r\n" * 50_000 + b".\r\n")
            answers.append(await client.heard())
        faults = [one for one in answers if one.code == 451]
        assert [one.text for one in faults] == ["4.3.0 Loi tam thoi, xin gui lai sau"]
        assert not any("s3cret" in one.text for one in answers)
        assert not door.messages
        assert door.aborted == (1 if act in ("write", "finish") else 0)
        # And when it has passed, the same session sends its message.
        door.raises.clear()
        door.write_raises = door.finish_raises = None
        await client.ask("EHLO office.example")
        await client.mail()
        assert (await client.content(HEAD)).code == 250
    assert any(record.levelno >= logging.WARNING for record in caplog.records)


@pytest.mark.parametrize("act", ["connect"])
async def test_a_fault_before_the_greeting_is_a_421(act: str) -> None:
    async with serving(RecordingDoor(raises={act: RuntimeError("x")})) as served:
        client = await served.client()
        assert [(one.code, one.lines[0][:5]) for one in await client.until_closed()] == [(421, "4.3.0")]


async def test_a_fault_while_aborting_does_not_end_the_session(caplog: pytest.LogCaptureFixture) -> None:
    class Door(RecordingDoor):
        @property
        def aborted(self) -> int:
            return 0

        @aborted.setter
        def aborted(self, count: int) -> None:
            if count:
                raise OSError("disk")

    async with serving(Door()) as served:
        client = await served.client()
        await client.begin()
        assert (await client.content(HEAD + b"a\nb")).code == 550
        assert (await client.ask("NOOP")).code == 250
    assert "abort failed" in caplog.text
