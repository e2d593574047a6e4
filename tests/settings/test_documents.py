"""Every setting is documented, and the documents say what the schema says."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from mailhub.settings import DkimKey, Settings, SettingsError, load, parse, render_settings
from mailhub.settings.catalogue import Setting, all_settings, toml_value
from mailhub.settings.document import documents, main

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "config/mailhub.toml"
FILE = Path("/srv/hub/mailhub.toml")
SIMPLE = [setting for setting in all_settings().values() if len(setting.table) == 1 and setting.name != "keys"]


def entry(heading: str) -> str:
    """The text below a heading of docs/settings.md."""
    found = re.search(rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"{heading} is not documented"
    return found[1]


@pytest.mark.parametrize("name", ["docs/settings.md", "config/mailhub.toml"])
def test_the_committed_file_is_what_the_schema_renders(name: str) -> None:
    path = ROOT / name
    assert path.read_text(encoding="utf-8") == documents(ROOT)[path], "run python -m mailhub.settings.document"


def test_headings_and_settings_are_the_same() -> None:
    headings = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert headings == [setting.heading for setting in all_settings().values()]


@pytest.mark.parametrize("setting", all_settings().values(), ids=lambda setting: setting.heading)
def test_the_page_states_the_real_default_and_when_it_takes_effect(setting: Setting) -> None:
    text = entry(setting.heading)
    stated = re.search(r"^- Default: `(.*)`$", text, re.MULTILINE)
    assert setting.description in text
    assert ("- Takes effect: after a restart" in text) == setting.restart
    if setting.required:
        assert stated is None
        assert "- Required" in text
    else:
        assert stated is not None
        assert tomllib.loads(f"x = {stated[1]}")["x"] == tomllib.loads(f"x = {toml_value(setting.default)}")["x"]


def test_the_example_loads_and_is_the_default() -> None:
    example = load(EXAMPLE)
    hub = {"domain": example.hub.domain, "hostname": example.hub.hostname}
    assert example == Settings.model_validate({"directory": EXAMPLE.parent, "hub": hub})


def test_every_setting_stands_in_the_example() -> None:
    data = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    for setting in SIMPLE:
        assert setting.name in data[setting.table[0]], setting.heading


def test_the_dkim_key_of_the_example_loads_without_its_comment_signs() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start = text.index("# [[dkim.keys]]")
    block = text[start : text.index("\n\n", start)]
    (key,) = parse(text.replace(block, re.sub(r"^# ", "", block, flags=re.MULTILINE)), FILE).dkim.keys
    assert key.domain == "tinh.gov.vn"
    assert set(re.findall(r"^# (\w+) =", block, re.MULTILINE)) == {
        setting.name for setting in all_settings().values() if setting.table == ("dkim", "keys")
    }


def test_a_stale_document_is_found_and_renewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "config").mkdir()
    assert main(["--check"], tmp_path) == 1
    assert "docs/settings.md is not as the schema says" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert load(tmp_path / "config/mailhub.toml").hub.domain == "tinh.gov.vn"


def test_the_file_of_a_new_hub_holds_what_it_was_given() -> None:
    key = DkimKey(
        domain="tinh.gov.vn", selector="hub2026", algorithm="rsa", file="keys/dkim/a.pem", from_=date(2026, 11, 22)
    )
    text = render_settings(
        "tinh.gov.vn",
        "mail.tinh.gov.vn",
        base_port=20000,
        dkim_keys=[
            key,
            key.model_copy(update={"selector": "ed2026", "algorithm": "ed25519", "until": date(2027, 1, 1)}),
        ],
        hub={"province": 'tỉnh "Lào Cai"'},
        delivery={"smarthost": "relay.tinh.gov.vn:25", "retry_minutes": [1, 2]},
    )
    made = parse(text, FILE)
    assert (made.hub.province, made.hub.base_port) == ('tỉnh "Lào Cai"', 20000)
    assert (made.delivery.smarthost, made.delivery.retry_minutes) == ("relay.tinh.gov.vn:25", (1, 2))
    assert made.dkim.keys[0] == key
    assert made.dkim.keys[1].until == date(2027, 1, 1)
    assert "# Default: 0\nbase_port = 20000" in text
    assert all(setting.name in tomllib.loads(text)[setting.table[0]] for setting in SIMPLE)


def test_a_new_hub_is_not_given_a_file_that_would_not_load() -> None:
    with pytest.raises(SettingsError, match="did you mean smarthost"):
        render_settings("tinh.gov.vn", "mail.tinh.gov.vn", delivery={"smarthosts": "relay:25"})
    with pytest.raises(SettingsError, match="is not a section"):
        render_settings("tinh.gov.vn", "mail.tinh.gov.vn", deliveries={"smarthost": "relay:25"})
    with pytest.raises(SettingsError, match="full domain name"):
        render_settings("tinh", "mail.tinh.gov.vn")
