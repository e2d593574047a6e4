"""`/metrics`: how the hub stands, what happened since, what the web answered; it names nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert
from starlette.testclient import TestClient

from mailhub.accounts.attempts import Cause
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.records import LoginAttempt
from mailhub.admin.api import api_mount
from mailhub.admin.app import build
from mailhub.admin.frame.site import Site
from mailhub.admin.metrics import Meter, Metered, metrics_app
from mailhub.admin.metrics.doors import address_of
from mailhub.admin.metrics.happened import LAG_MS
from mailhub.clock import DAY, MINUTE
from mailhub.ids import first_id, new_id
from mailhub.ops.certificate import self_signed
from mailhub.queue import acts
from mailhub.queue.acts import Selection
from mailhub.settings import HostPort
from mailhub.settings.sections import DatabaseSection
from mailhub.store.database import Database, open_database
from tests.queue.parts import message, put
from tests.support.accounts import ROOT, make_account, make_province
from tests.support.databases import sqlite_database
from tests.support.web import ORIGIN, new_site

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit
ADDRESS = "nguyen.van.an@tinh.gov.vn"


class Scraper:
    """Prometheus, as far as it matters; `now` moves the hub's clock."""

    def __init__(self, site: Site) -> None:
        self.now = site.clock()
        object.__setattr__(site, "clock", lambda: self.now)
        self.site, self.meter = site, Meter()
        self.http = TestClient(metrics_app(site, self.meter), base_url="http://127.0.0.1:9100")

    def page(self) -> str:
        answer = self.http.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        return answer.text

    def figures(self) -> dict[str, float]:
        """By name and labels, as they stand on the page."""
        lines = [line for line in self.page().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def scraper(sqlite_database: Database, tmp_path: Path) -> Iterator[Scraper]:
    make_province(sqlite_database)
    make_account(sqlite_database, ADDRESS, agency="snv")
    site = new_site(sqlite_database, tmp_path)
    here = DatabaseSection(url=f"sqlite:///{tmp_path / 'mailhub.db'}")
    object.__setattr__(site.live, "_fixed", site.settings.model_copy(update={"database": here}))
    one = Scraper(site)
    yield one
    one.http.close()


def test_the_queue_is_told_by_state_and_age(scraper: Scraper) -> None:
    put(scraper.site.database, message("a@so.vn", "b@so.vn", received_at=scraper.now - MINUTE, id=new_id()))
    with scraper.site.database.write() as connection:
        acts.hold(connection, ROOT, Selection(to="b@so.vn"), reason="thử")
    scraper.now += 10 * MINUTE
    found = scraper.figures()
    assert found['mailhub_queue_recipients{held_for="",state="queued"}'] == 1
    assert found['mailhub_queue_recipients{held_for="person",state="held"}'] == 1
    assert 590 <= found['mailhub_queue_oldest_seconds{held_for="",state="queued"}'] <= 660
    assert found["mailhub_queue_overdue_seconds"] == pytest.approx(11 * 60, abs=1)
    assert found["mailhub_database_bytes"] > 100_000
    assert found["mailhub_disk_free_bytes"] > 0
    assert found["mailhub_up"] == 1


def test_what_happened_is_counted_once_and_never_goes_back(scraper: Scraper) -> None:
    database = scraper.site.database
    put(database, message("a@so.vn", id=new_id()))
    received = 'mailhub_events_total{at_door="no",kind="received"}'
    assert received not in scraper.figures()  # the transaction that writes it may still be open
    scraper.now += 2 * LAG_MS
    for _ in range(2):
        assert scraper.figures()[received] == 1
    row = {"id": first_id(scraper.now), "at": scraper.now, "service": "imap", "ip": "10.1.2.3", "hints": ""}
    row |= {"cause": Cause.WRONG_PASSWORD}
    with database.write() as connection:
        number = find_mailbox(connection, ADDRESS).id
        connection.execute(insert(LoginAttempt).values(row | {"mailbox_id": number}))
    scraper.now += 2 * LAG_MS
    failed = 'mailhub_login_attempts_total{cause="wrong-password",service="imap"}'
    assert scraper.figures()[failed] == 1
    with database.write() as connection:
        connection.execute(delete(LoginAttempt))
    assert scraper.figures()[failed] == 1


def test_the_certificates_days_are_counted_down(scraper: Scraper) -> None:
    assert "mailhub_tls_certificate_days_left" not in scraper.figures()
    file = scraper.site.settings.tls_certificate
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(self_signed("mail.tinh.gov.vn", "tinh.gov.vn")[0])
    before = scraper.figures()["mailhub_tls_certificate_days_left"]
    scraper.now += 100 * DAY
    assert scraper.figures()["mailhub_tls_certificate_days_left"] == pytest.approx(before - 100, abs=0.1)


def test_requests_are_named_by_their_route_and_never_by_what_was_asked_for(scraper: Scraper) -> None:
    site = scraper.site
    app = Metered(build(site, api=api_mount(site)), scraper.meter)
    web = TestClient(app, base_url=ORIGIN, follow_redirects=False)
    web.get("/")
    web.get(f"/api/v1/accounts/{ADDRESS}")
    web.get(f"/nowhere/{ADDRESS}")
    web.request("BREW", "/")
    found = {key: value for key, value in scraper.figures().items() if key.startswith("mailhub_http_requests_total")}
    assert found['mailhub_http_requests_total{method="GET",route="/",status="303"}'] == 1
    assert found['mailhub_http_requests_total{method="GET",route="/api/v1/accounts/{address}",status="401"}'] == 1
    assert found['mailhub_http_requests_total{method="GET",route="unknown",status="404"}'] == 1
    assert any('method="other"' in key for key in found)
    with pytest.raises(ZeroDivisionError), scraper.meter.job("roster"):
        1 / 0  # noqa: B018
    assert scraper.figures()['mailhub_job_seconds_count{job="roster",outcome="failed"}'] == 1


def test_nobody_is_named_and_every_family_has_its_words(scraper: Scraper) -> None:
    put(scraper.site.database, message(ADDRESS, sender="ai@gmail.com", id=new_id()))
    scraper.now += 2 * LAG_MS
    page = scraper.page()
    assert "@" not in page
    assert "snv" not in page
    names = set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))
    assert names == set(re.findall(r"^# HELP (\S+) \S", page, re.MULTILINE))
    assert all(name.startswith("mailhub_") for name in names)


def test_a_database_that_is_away_is_told_and_the_rest_left_out(scraper: Scraper, tmp_path: Path) -> None:
    object.__setattr__(scraper.site, "database", open_database(f"sqlite:///{tmp_path / 'none' / 'mailhub.db'}"))
    found = scraper.figures()
    assert found["mailhub_up"] == 0
    assert not any(key.startswith("mailhub_queue") for key in found)


def test_the_listener_answers_nothing_else(scraper: Scraper) -> None:
    assert [scraper.http.get(path).status_code for path in ("/", "/login", "/api/v1/accounts")] == [404] * 3
    assert scraper.http.post("/metrics").status_code == 405


def test_it_listens_where_it_is_told_and_nowhere_by_default(sqlite_database: Database, tmp_path: Path) -> None:
    def address(number: int = 0, **hub: Any) -> HostPort | None:
        listen = hub.pop("listen", "")
        names = {"domain": "tinh.gov.vn", "hostname": "mail.tinh.gov.vn", **hub}
        return address_of(new_site(sqlite_database, tmp_path, hub=names, metrics={"listen": listen}).settings, number)

    assert address() is None
    assert address(listen="10.0.0.5:9100") == HostPort("10.0.0.5", 9100)
    assert address(2, listen="10.0.0.5:9100") == HostPort("10.0.0.5", 9102)
    assert address(1, listen="10.0.0.5:9100", base_port=20000) == HostPort("127.0.0.1", 20901)
