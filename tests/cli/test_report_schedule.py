"""`mailhub report schedule`, and `mailhub schedule run` that sends what is due."""

from __future__ import annotations

import json
import re
from subprocess import CompletedProcess

from sqlalchemy import update

from mailhub.clock import local_time, now_ms
from mailhub.queue.tables import message_table
from mailhub.reports.mailing.models import ReportSchedule
from mailhub.settings import SETTINGS_FILE, load
from mailhub.store.database import open_database
from tests.support.hub import RunningHub

BOSS = "gd@tinh.gov.vn"


def run(hub: RunningHub, *words: str, code: int = 0) -> CompletedProcess[str]:
    done = hub.cli(*words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_report_is_asked_for_sent_and_ended_from_a_terminal() -> None:
    with RunningHub(start=False) as hub:
        hub.account(BOSS)
        hub.cli("right", "grant", BOSS, "manager", "--reason", "Quyết định 2")
        wanted = ("report", "schedule", "add", "usage", "--format", "docx", "--format", "json")
        made = run(hub, "--as", BOSS, *wanted).stdout
        number = re.match(r"\d+", made)
        assert number is not None
        told = json.loads(run(hub, "--as", BOSS, "report", "schedule", "list", "--json").stdout)
        assert (told["owner"], told["formats"], told["trouble"]) == (BOSS, ["docx", "json"], None)

        database = open_database(load(hub.directory / SETTINGS_FILE).database_url)
        with database.write() as c:
            c.execute(update(ReportSchedule).values(next_due_on=local_time(now_ms()).date()))
        assert "đã gửi báo cáo qua thư" in run(hub, "schedule", "run").stdout
        with database.read() as c:
            assert "Báo cáo: tình hình" in "".join(
                c.scalars(message_table.select().with_only_columns(message_table.c.subject))
            )
        database.close()
        run(hub, "--as", BOSS, "report", "schedule", "end", number[0])
        ended = run(hub, "--as", BOSS, "report", "schedule", "list", "--ended").stdout
        assert "đã thôi gửi" in ended
        assert "đã gửi 20" in ended
