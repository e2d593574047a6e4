"""Two workers with one mail: its lease ran out while the timestamp authority let the first one wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from mailhub.clock import MINUTE, now_ms
from mailhub.queue import service as queue
from mailhub.queue.inspections import Waiting
from mailhub.signatures.models import SealAct
from mailhub.store.spool import Spool
from tests.sealing.scene import BY_LEADER, PDF, Scene, looked_at, mail, organisation
from tests.support.databases import ENGINES, drop_database, new_tables


@pytest.fixture(params=ENGINES)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    database = new_tables(request.param, tmp_path)
    url = database._writer.url.render_as_string(hide_password=False)
    organisation(database)
    spool = Spool(tmp_path / "spool", "seal-0", small_kib=64, segment_mib=1)
    spool.prepare()
    yield Scene(database, spool)
    database.close()
    if not url.startswith("sqlite"):
        drop_database(url)


def claim(scene: Scene, worker: str, now: int) -> Waiting:
    with scene.database.write() as connection:
        (waiting,) = queue.claim_inspections(connection, worker=worker, now=now, lease_until=now + MINUTE, limit=1)
    return waiting


def finish(scene: Scene, waiting: Waiting, worker: str, ruling: object) -> bool:
    with scene.database.write() as connection:
        mine = queue.finish_inspection(
            connection, waiting, worker=worker, now=now_ms(), facts={}, local_prefix=b"", reason="read",
            ruling=ruling.ruling,  # type: ignore[attr-defined]
        )  # fmt: skip
        for write in ruling.also if mine else ():  # type: ignore[attr-defined]
            write(connection)
    return mine


async def test_one_sealed_mail_leaves(scene: Scene) -> None:
    first = scene.post(mail(PDF), "a@so.vn", "b@so.vn")
    now = now_ms()
    slow, quick = claim(scene, "w-0", now), claim(scene, "w-1", now + 2 * MINUTE)
    data = b"".join(scene.spool.read(slow.message.location))
    judge = scene.judge()
    late, found = await asyncio.gather(
        *(judge.judge(one.message, looked_at(data, (BY_LEADER,))) for one in (slow, quick))
    )
    assert finish(scene, quick, "w-1", found)
    assert not finish(scene, slow, "w-0", late)
    _, after = scene.messages()
    assert set(scene.states(first.code).values()) == {("redirected", None)}
    assert set(scene.states(after.code).values()) == {("queued", None)}
    assert {order.act for order in scene.signer.orders} == {first.code}  # of the signer's limit it costs one
    acts = scene.rows(select(SealAct.__table__))
    assert {act.outcome for act in acts} == {"sealed"}
    assert [act.sealed_code for act in acts if act.sealed_code] == [after.code]
