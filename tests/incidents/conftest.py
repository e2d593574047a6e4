"""A hub's folder with a small province, on either engine, and secrets to be found in its mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from mailhub.accounts.life.models import Letter
from mailhub.clock import now_ms
from mailhub.ids import new_code, new_id
from mailhub.incidents.models import Incident, IncidentCopy
from mailhub.incidents.secret_mail import SecretMail
from mailhub.mail.body_text import BodyText
from mailhub.queue.models import Door
from mailhub.settings import Settings, load
from mailhub.store.database import Database
from mailhub.store.spool import Spool
from tests.support.accounts import make_account, make_province
from tests.support.databases import ENGINES, new_tables

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
NOW = now_ms()


@dataclass
class House:
    """A hub's folder without its processes."""

    directory: Path
    database: Database
    settings: Settings
    spool: Spool
    an: int
    binh: int

    def secret(self, **changes: Any) -> SecretMail:
        values: dict[str, Any] = {
            "code": new_code(),
            "message_number": new_id(),
            "at": NOW,
            "door": Door.SUBMISSION,
            "account_id": self.an,
            "sender": AN,
            "client": "192.0.2.1",
            "recipients": (BINH, "x@so.vn"),
            "size": 1234,
            "level": "MẬT",
            "found_in": frozenset({"body"}),
            "rule": "bi-mat-nha-nuoc",
            "version": 1,
            "message_id": "<1@client.test>",
            "subject": "Phương án bảo vệ mục tiêu",
            "body": BodyText(lines=("MẬT", "Phương án bảo vệ mục tiêu trọng điểm năm 2027")),
        }
        return SecretMail(**{**values, **changes})

    def incidents(self) -> list[Row[Any]]:
        with self.database.read() as connection:
            return list(connection.execute(select(Incident.__table__).order_by(Incident.id)))

    def copies(self) -> list[Row[Any]]:
        with self.database.read() as connection:
            return list(connection.execute(select(IncidentCopy.__table__).order_by(IncidentCopy.id)))

    def letters(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            query = select(Letter.kind, Letter.to_address).order_by(Letter.id)
            return [(row.kind, row.to_address) for row in connection.execute(query)]


@pytest.fixture(params=ENGINES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    made = make_house(request.param, tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def sqlite_house(tmp_path: Path) -> Iterator[House]:
    made = make_house("sqlite", tmp_path)
    yield made
    made.database.close()


def make_house(engine: str, directory: Path) -> House:
    (directory / "data").mkdir()
    (directory / "keys").mkdir()
    text = '[hub]\ndomain = "tinh.gov.vn"\nhostname = "hub.tinh.gov.vn"\nregulation = "Quy chế 12/2026/QĐ-UBND"\n'
    (directory / "mailhub.toml").write_text(
        text + '[secrets]\nofficers = ["attt@tinh.gov.vn"]\nphone = "0214 3 840 000"\n'
    )
    settings = load(directory / "mailhub.toml")
    database = new_tables(engine, directory / "data")
    make_province(database)
    an, binh = make_account(database, AN, agency="snv"), make_account(database, BINH, agency="syt")
    spool = Spool(settings.spool_directory, "smtp-0", small_kib=4)
    spool.prepare()
    return House(directory, database, settings, spool, an, binh)
