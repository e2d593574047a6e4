"""A good file is taken while the hub runs; a wrong one changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.settings import LiveSettings, SettingsError

pytestmark = pytest.mark.unit

HUB = '[hub]\ndomain = "tinh.gov.vn"\nhostname = "mail.tinh.gov.vn"\n'
KEY = 'domain = "tinh.gov.vn"\nselector = "a"\nalgorithm = "rsa"\nfile = "a.pem"\nfrom = 2026-01-01\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mailhub.toml"
    file.write_text(HUB)
    return file


def test_a_broken_file_keeps_the_old_one(path: Path) -> None:
    live = LiveSettings(path)
    before = live.current
    path.write_text(HUB + "[limits]\nrecipients = -4\nerrors = 7\n")
    outcome = live.reload()
    assert live.current is before
    assert str(outcome.error).startswith("mailhub.toml:5: [limits] recipients = -4")
    assert (outcome.changed, outcome.needs_restart) == ([], [])


def test_a_file_that_is_gone_keeps_the_old_one(path: Path) -> None:
    live = LiveSettings(path)
    path.unlink()
    assert live.reload().error is not None
    assert live.current.hub.domain == "tinh.gov.vn"


def test_there_is_no_start_with_a_broken_file(path: Path) -> None:
    path.write_text("[hub]\n")
    with pytest.raises(SettingsError):
        LiveSettings(path)


def test_the_same_file_changes_nothing(path: Path) -> None:
    outcome = LiveSettings(path).reload()
    assert (outcome.changed, outcome.needs_restart, outcome.error) == ([], [], None)


def test_what_can_change_is_in_force_and_named(path: Path) -> None:
    live = LiveSettings(path)
    path.write_text(f'{HUB}[limits]\nrecipients = 5\n[trusted]\nnetworks = ["10.0.0.0/8"]\n[[dkim.keys]]\n{KEY}')
    outcome = live.reload()
    assert outcome.changed == ["limits.recipients", "trusted.networks", "dkim.keys"]
    assert (live.current.limits.recipients, len(live.current.dkim.keys)) == (5, 1)


def test_what_needs_a_restart_stays_and_is_named_each_time(path: Path) -> None:
    live = LiveSettings(path)
    path.write_text(
        '[hub]\ndomain = "moi.gov.vn"\nhostname = "mail.tinh.gov.vn"\n[workers]\nsmtp = 4\n[limits]\nerrors = 7\n'
    )
    first = live.reload()
    assert (first.changed, first.needs_restart) == (["limits.errors"], ["hub.domain", "workers.smtp"])
    assert (live.current.hub.domain, live.current.workers.smtp, live.current.limits.errors) == ("tinh.gov.vn", 2, 7)
    again = live.reload()
    assert (again.changed, again.needs_restart) == ([], ["hub.domain", "workers.smtp"])


def test_the_settings_after_a_reload_are_those_of_a_fresh_start(path: Path) -> None:
    live = LiveSettings(path)
    path.write_text(HUB + "[lockout]\nfree_failures = 3\n[delivery]\nretry_minutes = [2, 4]\n")
    live.reload()
    assert live.current == LiveSettings(path).current
