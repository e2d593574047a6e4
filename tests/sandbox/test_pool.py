"""A message's files through the sandbox: what one file does costs that file, and nothing is carried over."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.files.facts import FileFacts, Limits, Unreadable
from mailhub.sandbox.confine import Rations
from mailhub.sandbox.errors import InspectorBusy, InspectorUnavailable
from mailhub.sandbox.local import LocalPool
from mailhub.sandbox.pool import FileBytes, Inspector
from tests.support.hub import wait_until
from tests.support.inspector import file, obedient_pool, zygotes

TEXT = Limits(want_text=True)


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalPool]:
    one = obedient_pool(tmp_mib=16)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def inspector(pool: LocalPool) -> Inspector:
    return pool.inspector


async def ask(inspector: Inspector, *texts: str, limits: Limits = TEXT, timeout: float = 30) -> list[FileFacts]:
    return await inspector.read([file(text) for text in texts], limits, timeout=timeout)


async def test_the_bytes_arrive_and_the_facts_come_back(inspector: Inspector) -> None:
    (facts,) = await ask(inspector, "say Kính gửi")
    assert (facts.type, facts.text) == ("txt", "Kính gửi")


async def test_name_size_and_hash_are_ours_whatever_is_answered(inspector: Inspector) -> None:
    given = file("say x", "của tôi.txt")
    (facts,) = await inspector.read([given], TEXT, timeout=30)
    assert (facts.name, facts.size, facts.sha256) == ("của tôi.txt", 5, given.sha256)


async def test_no_file_and_empty_files_are_no_trouble(inspector: Inspector) -> None:
    assert await inspector.read([], TEXT, timeout=30) == []
    assert [facts.unreadable for facts in await ask(inspector, "", "")] == [None, None]


async def test_two_mebibytes_arrive_whole(inspector: Inspector) -> None:
    data = b"say " + b"x" * 2**21
    (facts,) = await inspector.read([FileBytes("a", "", memoryview(data), "")], TEXT, timeout=30)
    assert len(facts.text) == 1_000_000  # cut, as any text from in there


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("crash", Unreadable.CRASHED),
        ("loop", Unreadable.TIME),
        ("memory 8000", Unreadable.MEMORY),
        ("raise", Unreadable.CRASHED),
        ("sleep 60", Unreadable.TIME),
    ],
)
async def test_a_file_that_ends_its_reader_costs_that_file_only(
    inspector: Inspector, word: str, why: Unreadable
) -> None:
    heard: list[tuple[int, str]] = []
    files = [file("say before"), file(word), file("say after"), file(word), file("say last")]
    found = await inspector.read(
        files, Limits(want_text=True, seconds=0.5), timeout=30, on_file=lambda n, facts: heard.append((n, facts.text))
    )
    assert [facts.text for facts in found] == ["before", "", "after", "", "last"]
    assert [facts.unreadable for facts in found] == [None, why, None, why, None]
    assert heard == [(0, "before"), (1, ""), (2, "after"), (3, ""), (4, "last")]


async def test_what_the_time_of_all_does_not_allow_is_out_of_time(inspector: Inspector) -> None:
    started = time.monotonic()
    found = await ask(inspector, "say first", "sleep 60", "say never", timeout=1)
    assert time.monotonic() - started < 5
    assert [facts.unreadable for facts in found] == [None, Unreadable.TIME, Unreadable.TIME]
    assert found[0].text == "first"


async def test_nothing_of_a_message_is_left_for_the_next(pool: LocalPool) -> None:
    before = pool.restarts
    await ask(pool.inspector, "litter", "leave", "leave")
    (facts,) = await ask(pool.inspector, "look")
    assert facts.text == "[] [] []"
    assert pool.restarts == before  # by clearing up, not by starting anew


async def test_files_of_one_message_share_a_process_that_no_other_message_sees(inspector: Inspector) -> None:
    _, same = await ask(inspector, "litter", "look")
    assert "secret" in same.text
    (other,) = await ask(inspector, "look")
    assert "secret" not in other.text


async def test_programs_run_and_can_be_ended_when_they_take_too_long(inspector: Inspector) -> None:
    tesseract, catdoc, ended = await ask(inspector, "run tesseract --list-langs", "run catdoc -V", "run-too-long")
    assert tesseract.text.startswith("0 ")
    assert "vie" in tesseract.text
    assert "Catdoc" in catdoc.text
    assert ended.text == "ended"


async def test_its_disk_is_small(inspector: Inspector) -> None:
    (facts,) = await ask(inspector, "fill")
    assert facts.unreadable is Unreadable.CRASHED  # no space, or a file too large
    (after,) = await ask(inspector, "look")
    assert after.text == "[] [] []"


async def test_it_cannot_kill_the_zygote_nor_everything(inspector: Inspector) -> None:
    (facts,) = await ask(inspector, "kill")
    assert facts.text == "Operation not permitted; Operation not permitted; "


async def test_it_holds_the_connection_and_the_bytes_and_nothing_else(inspector: Inspector) -> None:
    (facts,) = await ask(inspector, "descriptors")
    assert len(facts.text.split()) == 2


@pytest.mark.parametrize("line", ["nonsense", '{"facts": 1}', '{"file": 0}\x18', '{"begin": true}', '{"file": 1}'])
async def test_a_broken_answer_costs_its_own_file_at_most(inspector: Inspector, line: str) -> None:
    found = await ask(inspector, "say one", f"forge {line}", "say three")
    assert [found[0].text, found[2].text] == ["one", "three"]
    assert (found[1].unreadable, found[1].text) in ((Unreadable.CRASHED, ""), (None, "forged"))


async def test_answers_for_files_that_were_not_asked_for_are_not_taken(inspector: Inspector) -> None:
    forged = '{"file": 2, "facts": {"name": "x", "type": "pdf", "size": 1}}'
    found = await ask(inspector, "say one", f"forge {forged}", "say three")
    assert [facts.type for facts in found] == ["txt", "unknown", "txt"]


async def test_a_forged_end_does_not_lose_the_other_files(inspector: Inspector) -> None:
    found = await ask(inspector, 'forge {"end": "done"}', "crash", "say three")
    assert [facts.unreadable for facts in found] == [None, Unreadable.CRASHED, None]


async def test_an_answer_without_end_is_cut_off(inspector: Inspector) -> None:
    found = await ask(inspector, "long 3000000", "say next")
    assert found[1].text == "next"
    assert found[0].unreadable is Unreadable.CRASHED or len(found[0].text) <= 1_000_000


async def test_messages_wait_for_a_free_zygote_and_the_queue_can_be_asked(inspector: Inspector) -> None:
    assert await inspector.queue_length() == 0
    first = asyncio.create_task(ask(inspector, "sleep 1"))
    await asyncio.sleep(0.2)
    others = [asyncio.create_task(ask(inspector, "say x")) for _ in range(3)]
    await asyncio.sleep(0.1)
    assert await inspector.queue_length() == 3
    await first
    assert [(await other)[0].text for other in others] == ["x"] * 3
    assert await inspector.queue_length() == 0


async def test_who_waits_too_long_hears_that_the_inspector_is_busy(inspector: Inspector) -> None:
    first = asyncio.create_task(ask(inspector, "sleep 1.5"))
    await asyncio.sleep(0.2)
    with pytest.raises(InspectorBusy):
        await ask(inspector, "say x", timeout=0.1)
    await first
    assert (await ask(inspector, "say x"))[0].text == "x"


async def test_who_goes_away_takes_the_work_along(inspector: Inspector) -> None:
    asked = asyncio.create_task(ask(inspector, "sleep 20"))
    await asyncio.sleep(0.2)
    asked.cancel()
    started = time.monotonic()
    assert (await ask(inspector, "say x"))[0].text == "x"
    assert time.monotonic() - started < 5


async def test_where_nobody_listens_that_is_a_temporary_fault(tmp_path: Path) -> None:
    with pytest.raises(InspectorUnavailable):
        await ask(Inspector(tmp_path / "nobody"), "say x")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
    with pytest.raises(InspectorUnavailable):
        await ask(Inspector(tmp_path / "dead"), "say x")
    assert await Inspector(tmp_path / "dead").queue_length() == 0


async def test_a_full_queue_is_busy_at_once(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind(str(tmp_path / "full"))
        listener.listen(0)
        waiting.connect(str(tmp_path / "full"))
        started = time.monotonic()
        with pytest.raises(InspectorBusy):
            await ask(Inspector(tmp_path / "full"), "say x")
        assert time.monotonic() - started < 5


async def test_a_zygote_that_dies_is_replaced_and_the_message_is_read(pool: LocalPool) -> None:
    before = pool.restarts
    asked = asyncio.create_task(ask(pool.inspector, "sleep 1", "say x"))
    await asyncio.sleep(0.3)
    (zygote,) = zygotes(pool.pids[0])
    os.kill(zygote, signal.SIGKILL)
    assert [facts.text for facts in await asked] == ["slept", "x"]
    assert pool.restarts == before + 1


async def test_nothing_is_left_running_when_the_pool_ends() -> None:
    one = obedient_pool()
    inspector = one.start()
    await ask(inspector, "leave")
    (zygote,) = zygotes(one.pids[0])
    one.stop()
    wait_until(lambda: not Path(f"/proc/{zygote}").exists(), "the zygote gone")
    with pytest.raises(InspectorUnavailable):
        await ask(inspector, "say x")


async def test_what_is_being_read_is_finished_before_the_end() -> None:
    one = obedient_pool()
    asked = asyncio.create_task(ask(one.start(), "sleep 0.7"))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(one.stop)
    assert (await asked)[0].text == "slept"


async def test_a_zygote_that_has_grown_is_renewed() -> None:
    """With less room than none, each message is more growth than is allowed."""
    one = obedient_pool(growth_mib=-1)
    inspector = one.start()
    for _ in range(3):
        assert (await ask(inspector, "say x"))[0].text == "x"
    wait_until(lambda: one.restarts >= 3, "renewed after each message")
    one.stop()


async def test_memory_is_given_up_to_the_limit_and_refused_beyond() -> None:
    with obedient_pool(rations=Rations(memory_mib=160)) as inspector:
        below, beyond = await ask(inspector, "memory 100", "memory 200")
        assert (below.text, beyond.unreadable) == (str(100 * 2**20), Unreadable.MEMORY)
