"""No value can become anything but a value."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mailhub import mailboxes
from mailhub.mailboxes import DovecotPlan, MailboxesError, MailboxLimits, UnsafeValueError, render
from mailhub.mailboxes.render import JUNK_HEADER, configuration_syntax

pytestmark = pytest.mark.unit

PLAN = DovecotPlan(
    directory=Path("/srv/hub/data/dovecot"),
    run_directory=Path("/srv/hub/run"),
    mail_directory=Path("/srv/hub/data/mail"),
    user="mailhub",
    group="mailhub",
    uid=990,
    gid=990,
    imap=("0.0.0.0", 143),
    imaps=("::", 993),
    certificate=Path("/srv/hub/keys/tls.crt"),
    key=Path("/srv/hub/keys/tls.key"),
    hostname="mail.tinh.gov.vn",
    postmaster="postmaster@tinh.gov.vn",
)


@pytest.mark.parametrize(
    "changed",
    [
        {"directory": Path("/srv/my hub")},
        {"directory": Path("/srv/hub\npassdb {")},
        {"directory": Path("/srv/{hub}")},
        {"directory": Path("/srv/$hub")},
        {"directory": Path("/srv/%u")},
        {"directory": Path("/srv/hub#1")},
        {"directory": Path('/srv/"hub"')},
        {"directory": Path("data/dovecot")},
        {"key": Path("/srv/a;b")},
        {"hostname": "mail.tinh.gov.vn\nssl = no"},
        {"hostname": ""},
        {"postmaster": "postmaster@tinh.gov.vn }"},
        {"user": "mail hub"},
        {"user": "root\n"},
        {"group": "a=b"},
        {"uid": 0},
        {"gid": 0},
        {"imap": ("localhost", 143)},
        {"imap": ("0.0.0.0\nport = 1", 143)},
        {"imaps": ("0.0.0.0", 0)},
        {"tls_minimum": "1.0"},
        {"quota_mib": 0},
        {"limits": MailboxLimits(imap_sessions=0)},
        {"run_directory": Path("/" + "x" * 90)},
    ],
)
def test_a_value_that_dovecot_would_read_as_something_else_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(UnsafeValueError):
        dataclasses.replace(PLAN, **changed)


def test_a_folder_may_have_vietnamese_letters() -> None:
    plan = dataclasses.replace(PLAN, mail_directory=Path("/srv/hộp-thư"))
    assert plan.mail_directory == Path("/srv/hộp-thư")


def test_every_file_is_for_its_owner_only() -> None:
    assert {name: oct(file.mode) for name, file in render(PLAN).items()} == {
        "dovecot.conf": "0o600",
        "passdb.lua": "0o600",
        "shared.acl": "0o600",
        "sieve/before.sieve": "0o600",
        "libexec/mailhub-inject": "0o700",
    }


def test_a_closed_listener_has_no_port() -> None:
    text = render(dataclasses.replace(PLAN, imap=None))["dovecot.conf"].text
    assert "inet_listener imap {\n    port = 0\n  }" in text
    assert "inet_listener imaps {\n    address = ::\n    port = 993\n    ssl = yes\n  }" in text


def test_everything_runs_as_one_user_and_nothing_changes_its_root() -> None:
    lines = render(PLAN)["dovecot.conf"].text.splitlines()
    assert {"default_login_user = mailhub", "default_internal_user = mailhub", "first_valid_uid = 990"} <= set(lines)
    assert [line.strip() for line in lines if "chroot" in line] == ["chroot ="] * 3


def test_the_inject_program_knows_its_socket_and_is_python_without_mailhub() -> None:
    text = render(PLAN)["libexec/mailhub-inject"].text
    assert text.startswith("#!/usr/bin/python3\n")
    assert 'SOCKET = "/srv/hub/run/inject"\n' in text
    compile(text, "mailhub-inject", "exec")
    assert "import mailhub" not in text
    assert "from mailhub" not in text


def test_the_junk_script_tests_the_field_that_intake_owns() -> None:
    assert f'header :index 1 :is "{JUNK_HEADER}" "yes"' in render(PLAN)["sieve/before.sieve"].text


@pytest.mark.parametrize("version", ["2.4.1-4 (7d8c0e5759)", "2.2.36", "nonsense", ""])
def test_a_dovecot_of_another_syntax_is_refused(version: str) -> None:
    with pytest.raises(MailboxesError):
        configuration_syntax(version)


def test_debians_dovecot_is_known() -> None:
    assert configuration_syntax("2.3.19.1 (9b53102964)\n") == "2.3"


def test_the_mailbox_server_has_no_limit_of_its_own_on_a_message() -> None:
    """The doors limit size: what they accepted must not bounce here for a limit that has changed since."""
    template = Path(mailboxes.__file__).parent / "templates" / "dovecot-2.3.conf.j2"
    assert "quota_max_mail_size" not in template.read_text()
