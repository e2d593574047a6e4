from collections.abc import Iterator
from pathlib import Path

import pytest

from mailhub.store.database import Database
from tests.accounts.conftest import province
from tests.screening.gathered import Office, make_office
from tests.support.databases import database, sqlite_database

__all__ = ["database", "province", "sqlite_database"]


@pytest.fixture
def office(province: Database, tmp_path: Path) -> Iterator[Office]:
    made = make_office(province, tmp_path)
    yield made
    made.directory.close()
