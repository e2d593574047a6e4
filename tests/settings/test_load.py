"""A wrong file is refused with its line, its value, and what would be right."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from mailhub.errors import MailhubError
from mailhub.settings import Settings, SettingsError, load, parse
from mailhub.settings.catalogue import all_settings

pytestmark = pytest.mark.unit

FILE = Path("/srv/hub/mailhub.toml")
HUB = '[hub]\ndomain = "tinh.gov.vn"\nhostname = "mail.tinh.gov.vn"\n'


def settings(text: str = "") -> Settings:
    return parse(HUB + text, FILE)


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse(text, FILE)
    return caught.value.lines()


def problem(text: str) -> str:
    (only,) = problems(HUB + text)
    return only


def test_two_names_are_enough_and_the_rest_is_default() -> None:
    loaded = settings()
    assert (loaded.hub.domain, loaded.limits.recipients, loaded.workers.smtp) == ("tinh.gov.vn", 1000, 2)
    assert loaded.delivery.retry_minutes == (1, 5, 15, 30, 60, 120, 240)


def test_a_wrong_number_is_named_with_line_value_and_remedy() -> None:
    assert problem("[limits]\nrecipients = -4\n") == (
        "mailhub.toml:5: [limits] recipients = -4: must be 0 or more (0 = no limit)"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('[limits]\nerrors = "20"', '[limits] errors = "20": must be a whole number: for example 20'),
        ("[limits]\nerrors = 3.5", "[limits] errors = 3.5: must be a whole number: for example 20"),
        ("[limits]\nerrors = true", "[limits] errors = true: must be a whole number: for example 20"),
        ("[workers]\nsmtp = 0", "[workers] smtp = 0: must be from 1 to 256"),
        ('[delivery]\nipv6 = "no"', '[delivery] ipv6 = "no": must be true or false, without quotes: for example true'),
        ('[tls]\nminimum = "1.1"', '[tls] minimum = "1.1": must be "1.2" or "1.3"'),
        ("[tls]\nkey = 4", '[tls] key = 4: must be text in quotes: for example "keys/tls.key"'),
        ('[tls]\nkey = ""', '[tls] key = "": must name a file'),
        ('[tls]\nkey = "a\\nb"', '[tls] key = "a\\nb": must name a file'),
        ('[listen]\nmx = "mail:25"', '[listen] mx = "mail:25": must be "address:port" with an IP address'),
        ('[listen]\nmx = "0.0.0.0"', '[listen] mx = "0.0.0.0": must be "address:port"'),
        ('[listen]\nmx = "0.0.0.0:70000"', '[listen] mx = "0.0.0.0:70000": must be "address:port"'),
        ('[delivery]\nsmarthost = "relay"', '[delivery] smarthost = "relay": must be "host:port"'),
        ('[delivery]\nsmarthost = "10.0.0.300:25"', '[delivery] smarthost = "10.0.0.300:25": must be "host:port"'),
        ('[delivery]\nsmarthost = "::1:25"', '[delivery] smarthost = "::1:25": must be "host:port"'),
        ("[delivery]\nretry_minutes = []", "[delivery] retry_minutes = []: must be a list of positive minutes"),
        ("[delivery]\nretry_minutes = [5, 5]", "[delivery] retry_minutes = [5, 5]: must be a list of positive"),
        ("[delivery]\nretry_minutes = [0, 5]", "[delivery] retry_minutes = [0, 5]: must be a list of positive"),
        ("[delivery]\nretry_minutes = 5", "[delivery] retry_minutes = 5: must be a list in brackets: for example [1,"),
        ('[trusted]\nnetworks = ["10.0.0.1/8"]', 'has address bits behind its prefix; you may mean "10.0.0.0/8"'),
        ('[trusted]\nnetworks = ["printer"]', '[trusted] networks = "printer": must be an IP network'),
        ('[dns]\nnameservers = ["ns1"]', '[dns] nameservers = "ns1": must be an IP address'),
        ('[mailboxes]\ndirectory = "."', '[mailboxes] directory = ".": must name a directory of its own'),
        ('[mailboxes]\ndirectory = "data/spool"', "is the spool's directory too"),
        ("[lockout]\ndelay_seconds = 31", "must not be shorter than delay_seconds, which is 31"),
        ("[delivery]\nexpire_hours = 4", "delay_notice_minutes = 240: must be less than expire_hours, which are 240"),
        ('[listen]\nimap = "0.0.0.0:25"', '[listen] imap = "0.0.0.0:25": is the address of [listen] mx too'),
        ("[passwords]\nminimum_length = 7", "[passwords] minimum_length = 7: must be from 8 to 128"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(line: str, said: str) -> None:
    assert said in problem(line)


@pytest.mark.parametrize(
    "domain", ["tinh", "tinh.gov.vn.", "-a.vn", "tỉnh.gov.vn", "a..vn", "1.2.3.4", "a b.vn", "a.vn\\n"]
)
def test_what_is_no_domain_name_is_refused(domain: str) -> None:
    (said,) = problems(f'[hub]\ndomain = "{domain}"\nhostname = "mail.tinh.gov.vn"')
    assert said.startswith("mailhub.toml:2: [hub] domain = ")
    assert said.endswith('must be a full domain name of ASCII letters, digits and hyphens: for example "tinh.gov.vn"')


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[limits]\nrecipient = 3", "[limits] recipient: is not a setting: did you mean recipients?"),
        ("[limits]\nkeep_days = 3", "[limits] keep_days: is not a setting: it belongs in [spool]"),
        ("[limit]\nerrors = 3", "[limit]: is not a section: did you mean [limits]?"),
        ("[dns]\nxyz = 3", "[dns] xyz: is not a setting: known here: nameservers, port, timeout_seconds"),
        ('[[dkim.keys]]\nfile="a"\ndomain="a.vn"\nselector="s"\nalgorithm="rsa"\nfrom=2026-01-01\nto=2027-01-01',
         "mailhub.toml:10: [[dkim.keys]] to: is not a setting"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_and_the_nearest_known_one_is_shown(line: str, said: str) -> None:
    assert said in problem(line)


def test_a_setting_outside_any_section_is_refused() -> None:
    (said,) = problems('smarthost = "relay:25"\n' + HUB)
    assert said == "mailhub.toml:1: smarthost: stands in no section: it belongs in [delivery]"


def test_the_directory_cannot_be_set_in_the_file() -> None:
    (said,) = problems('directory = "/etc"\n' + HUB)
    assert said.startswith("mailhub.toml:1: directory: is not a setting")


def test_a_missing_name_says_what_to_write() -> None:
    assert problems('[hub]\ndomain = "tinh.gov.vn"') == [
        'mailhub.toml:1: [hub] hostname: is missing: write hostname = "mail.tinh.gov.vn"'
    ]
    assert problems("")[0] == 'mailhub.toml: [hub] domain: is missing: write domain = "tinh.gov.vn"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hub = 3", "mailhub.toml:1: hub = 3: must be a table: write [hub] on a line of its own"),
        (HUB + "[dkim]\nkeys = 3", "mailhub.toml:5: [dkim] keys = 3: must be tables: write [[dkim.keys]]"),
        (HUB + "[dkim]\nkeys = [3]", "mailhub.toml:5: dkim.keys = 3: must be a table: write [[dkim.keys]]"),
        (HUB + "[[limits]]\nerrors = 3", "mailhub.toml:4: limits = [{errors = 3}]: must be a table: write [limits]"),
    ],
)
def test_a_value_in_the_place_of_a_table_is_refused(text: str, said: str) -> None:
    assert problems(text)[0].startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[hub]\ndomain = tinh.gov.vn\n", 'mailhub.toml:2: is not TOML: Invalid value: text stands in quotes, domain'),
        ("[hub\n", "mailhub.toml:1: is not TOML: "),
        ("[hub]\n\ndomain\n", "mailhub.toml:3: is not TOML: "),
        ('[hub]\ndomain = "a.vn"\ndomain = "b.vn"\n', "mailhub.toml:3: is not TOML: Cannot overwrite a value: the"),
        ("[hub]\na = '''\n\n", "mailhub.toml:3: is not TOML: "),
    ],
)  # fmt: skip
def test_what_is_not_toml_is_named_with_its_line(text: str, said: str) -> None:
    (line,) = problems(text)
    assert line.startswith(said)


def test_all_problems_are_collected_and_the_message_counts_them() -> None:
    with pytest.raises(SettingsError) as caught:
        parse("[limits]\nrecipients = -4\nerrors = -1\n[hub]\ndomain = 'a.vn'\nhostname = 'm.a.vn'\nx = 1", FILE)
    error = caught.value
    assert [found.line for found in error.problems] == [2, 3, 7]
    assert str(error) == "mailhub.toml:2: [limits] recipients = -4: must be 0 or more (0 = no limit) (and 2 more)"
    assert (error.file, error.line, error.key, error.value) == ("mailhub.toml", 2, "[limits] recipients", "-4")
    assert isinstance(error, MailhubError)


def test_a_problem_is_one_line_whatever_the_file_holds() -> None:
    for said in problems('"a\\nb" = 1\n[limits]\n"x\\ny" = 2\nerrors = """a\nb"""\n'):
        assert "\n" not in said


def test_a_password_in_the_database_url_is_never_repeated() -> None:
    assert "geheim" not in problem('[database]\nurl = "mysql://root:geheim@db/x"')
    kept = settings('[database]\nurl = "postgresql+psycopg://root:geheim@db/x"')
    assert "geheim" not in repr(kept)
    assert kept.database_url == "postgresql+psycopg://root:geheim@db/x"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "mailhub.toml: there is no file "),
        (b"[hub]\nprovince = \"t\xed\"\n", "mailhub.toml:2: is not UTF-8: save the file as UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, raw: bytes | None, said: str) -> None:
    path = tmp_path / "mailhub.toml"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert str(caught.value).startswith(said)


def test_a_directory_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_from_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mailhub.toml"
    path.write_bytes(b"\xef\xbb\xbf" + HUB.replace("\n", "\r\n").encode() + b'province = "t\xe1\xbb\x89nh"\r\n')
    assert load(path).hub.province == "tỉnh"
    path.write_bytes(path.read_bytes() + b"[limits]\r\nerrors = -1\r\n")
    with pytest.raises(SettingsError, match=r"^mailhub\.toml:6: "):
        load(path)


def test_relative_paths_begin_at_the_directory_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mailhub.toml").write_text(HUB + '[tls]\ncertificate = "/etc/ssl/hub.crt"\n')
    monkeypatch.chdir(tmp_path)
    loaded = load(Path("mailhub.toml"))
    assert loaded.directory == tmp_path
    assert loaded.spool_directory == tmp_path / "data/spool"
    assert loaded.mail_directory == tmp_path / "data/mail"
    assert loaded.run_directory == tmp_path / "run"
    assert loaded.keys_directory == tmp_path / "keys"
    assert loaded.tls_certificate == Path("/etc/ssl/hub.crt")
    assert loaded.tls_key == tmp_path / "keys/tls.key"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "sqlite:////srv/hub/data/mailhub.db"),
        ("sqlite:///other.db", "sqlite:////srv/hub/other.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("postgresql+psycopg://hub@db/hub", "postgresql+psycopg://hub@db/hub"),
    ],
)
def test_the_database_url_is_complete(url: str, expected: str) -> None:
    assert settings(f'[database]\nurl = "{url}"').database_url == expected


def test_base_port_moves_the_open_listeners_to_loopback() -> None:
    plain = settings('[listen]\nimap = ""\nmx = "[2001:DB8::5]:25"\n')
    assert plain.listen_address("mx") == ("2001:db8::5", 25)
    assert plain.listen_address("imap") is None
    moved = parse(HUB + 'base_port = 20000\n[listen]\nimap = ""\n', FILE)
    assert moved.listen_address("mx") == ("127.0.0.1", 20025)
    assert moved.listen_address("imaps") == ("127.0.0.1", 20993)
    assert moved.listen_address("imap") is None


def test_a_base_port_past_the_last_port_is_refused() -> None:
    assert parse(HUB + "base_port = 64542", FILE).listen_address("imaps") == ("127.0.0.1", 65535)
    assert "[hub] base_port = 64543: must be from 0 to 64542" in problem("base_port = 64543")


def test_a_directory_too_long_for_sockets_is_refused_with_the_length_that_works() -> None:
    longest = Path("/" + "d" * 79)
    assert len(os.fsencode(parse(HUB, longest / "mailhub.toml").run_directory / "inspector-slow")) < 100
    with pytest.raises(SettingsError, match=r"too long for the path of a Unix socket: .* at most 80 bytes"):
        parse(HUB, Path(f"{longest}dd") / "mailhub.toml")


KEY = '[[dkim.keys]]\ndomain = "tinh.gov.vn"\nselector = "{selector}"\nalgorithm = "rsa"\nfile = "keys/dkim/a.pem"\n'


def test_dkim_keys_are_read_with_dates_in_either_spelling() -> None:
    loaded = settings(
        KEY.format(selector="a") + "from = 2026-01-01\nuntil = 2026-06-30\n"
        + KEY.format(selector="b") + 'from = "2026-06-01"\nuntil = ""\n'
    )  # fmt: skip
    first, second = loaded.dkim.keys
    assert (first.from_, first.until) == (date(2026, 1, 1), date(2026, 6, 30))
    assert (second.from_, second.until) == (date(2026, 6, 1), None)
    assert loaded.dkim_file(first) == Path("/srv/hub/keys/dkim/a.pem")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('from = "2026-02-30"', '[[dkim.keys]] from = "2026-02-30": is not a day of the calendar'),
        ('from = "1/2/2026"', '[[dkim.keys]] from = "1/2/2026": must be a date written YYYY-MM-DD: for example'),
        ("from = 2026-02-01T00:00:00", "must be a date written YYYY-MM-DD"),
        ('from = ""', '[[dkim.keys]] from = "": must be a date'),
        ("", '[[dkim.keys]] from: is missing: write from = "2026-01-01"'),
        ("from = 2026-02-01\nuntil = 2026-01-31", 'until = "2026-01-31": is before the first day of the key'),
    ],
)
def test_a_wrong_date_of_a_key_is_refused(lines: str, said: str) -> None:
    assert said in problem(KEY.format(selector="a") + lines)


def test_a_selector_used_twice_is_refused_at_its_second_place() -> None:
    text = (KEY.format(selector="a") + "from = 2026-01-01\n") * 2
    assert problem(text).startswith('mailhub.toml:12: [[dkim.keys]] selector = "a": names a key of tinh.gov.vn')


def test_settings_cannot_be_altered() -> None:
    loaded = settings()
    with pytest.raises(ValidationError, match="frozen"):
        loaded.limits.recipients = 5


def test_every_setting_has_words() -> None:
    for setting in all_settings().values():
        assert setting.description.endswith("."), setting.heading
        assert setting.zero == "" or (setting.bounds[0] == 0 and "0" in setting.description), setting.heading
        assert (setting.bounds[0] == 0) == bool(setting.zero), setting.heading
