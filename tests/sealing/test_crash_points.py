"""kill -9 before each durable write, and after each COMMIT, of sealing a desk's mail; then the next worker goes on.

Whatever the moment: the mail is sealed once for its recipients, nobody gets the unsealed one, nothing is lost.
"""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from mailhub.queue import service as queue
from mailhub.signatures.models import SealAct
from mailhub.store.database import open_database
from mailhub.store.spool import Location, Spool
from tests.sealing.scene import PDF, Scene, mail, organisation
from tests.support.crash import run_until
from tests.support.databases import ENGINES, copy_database, drop_database, new_tables


@pytest.fixture(scope="module", params=ENGINES)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A mail of the desk waits to be sealed."""
    folder = tmp_path_factory.mktemp("seal")
    database = new_tables(request.param, folder)
    url = database._writer.url.render_as_string(hide_password=False)
    organisation(database)
    Scene(database, spool_in(folder, "smtp-0")).post(mail(PDF), "a@so.vn", "b@so.vn")
    database.close()
    return folder, url


def spool_in(folder: Path, writer: str) -> Spool:
    spool = Spool(folder / "spool", writer, small_kib=64, segment_mib=1)
    spool.prepare()
    return spool


def work(folder: Path, url: str) -> None:
    """What a worker does: take up what it left, seal what waits, deliver nothing."""
    database = open_database(url)
    scene = Scene(database, spool_in(folder, "seal-0"))
    with database.write() as connection:
        queue.release_inspections(connection, worker="w", now=0)
        waits = queue.is_inspection_due(connection, now=2**62)
    if waits:
        asyncio.run(scene.work())
    database.close()


def copied(template: tuple[Path, str], folder: Path) -> str:
    source, url = template
    shutil.copytree(source, folder)
    name = Path(url.removeprefix("sqlite:///")).name
    return f"sqlite:///{folder}/{name}" if url.startswith("sqlite") else copy_database(url)


def check(folder: Path, url: str) -> None:
    database = open_database(url)
    scene = Scene(database, spool_in(folder, "check"))
    before, after = scene.messages()
    assert set(scene.states(before.code).values()) == {("redirected", None)}
    assert set(scene.states(after.code).values()) == {("queued", None)}
    assert [kind for kind, _ in scene.story(before.code)].count("sealed") == 1
    place = Location(after.spool_file, after.spool_offset, after.spool_length)
    assert len(b"".join(scene.spool.read(place))) == after.size
    acts = scene.rows(select(SealAct.__table__).where(SealAct.sealed_code == after.code))
    assert [act.outcome for act in acts] == ["sealed"]
    database.close()
    if not url.startswith("sqlite"):
        drop_database(url)


def test_sealing_goes_on_wherever_it_was_killed(template: tuple[Path, str], tmp_path: Path) -> None:
    url = copied(template, tmp_path / "whole")
    total = run_until(partial(work, tmp_path / "whole", url), die_at=0)
    assert total is not None
    assert total > 8, "the hooks are not in place any more"
    check(tmp_path / "whole", url)
    step = 1 if url.startswith("sqlite") else 4  # the same code; there it is COMMITs that differ
    for number in range(1, total + 1, step):
        folder = tmp_path / str(number)
        url = copied(template, folder)
        assert run_until(partial(work, folder, url), die_at=number) is None
        work(folder, url)
        check(folder, url)
