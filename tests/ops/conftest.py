from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.accounts.rights import console
from mailhub.ops.findings import Ground
from mailhub.settings import SETTINGS_FILE, load
from mailhub.store.database import open_database
from tests.support.hub import RunningHub


@pytest.fixture
def stopped_hub() -> Iterator[RunningHub]:
    """A hub that was made and not started."""
    with RunningHub(start=False) as hub:
        yield hub


@pytest.fixture(scope="session")
def template() -> Iterator[RunningHub]:
    """A hub to copy: making one takes a second."""
    with RunningHub(start=False) as hub:
        yield hub


@pytest.fixture
def ground(template: RunningHub, tmp_path: Path) -> Iterator[Ground]:
    """What the doctor's checks work on: a hub of its own, not started."""
    directory = Path(shutil.copytree(template.directory, tmp_path / "hub"))
    settings = load(directory / SETTINGS_FILE)
    database = open_database(settings.database_url)
    yield Ground(settings, database, console("test"))
    database.close()
