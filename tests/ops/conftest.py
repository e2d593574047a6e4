from __future__ import annotations

from collections.abc import Iterator

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


@pytest.fixture
def ground(stopped_hub: RunningHub) -> Iterator[Ground]:
    """What the doctor's checks work on."""
    settings = load(stopped_hub.directory / SETTINGS_FILE)
    database = open_database(settings.database_url)
    yield Ground(settings, database, console("test"))
    database.close()
