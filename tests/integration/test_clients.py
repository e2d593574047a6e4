"""The mail programs that people and machines use: swaks, msmtp, mutt, Python's smtplib and imaplib."""

from __future__ import annotations

import email
import email.policy
import os
import pty
import select
import shutil
import smtplib
import ssl
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.integration.conftest import Province
from tests.support.hub import PASSWORD, RunningHub, wait_until

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
BODY = "Kính gửi: Sở Nội vụ.\n.\n..\n Xin gửi kèm công văn.\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory of its own, so that nobody's settings matter."""
    return tmp_path


def run(home: Path, *words: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    if shutil.which(words[0]) is None:
        pytest.fail(f"{words[0]} is missing: run the tests by `make test`, which installs it")
    env = {**os.environ, "HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "EMAIL": AN}
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, env=env, timeout=60, check=False)
    if check:
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def arrived(hub: RunningHub, mark: str) -> EmailMessage:
    def look() -> list[bytes]:
        return [mail for mail in hub.mails(BINH) if mark.encode() in mail.partition(b"\r\n\r\n")[0]]

    (found,) = wait_until(look, f"{mark} for {BINH}")
    message = email.message_from_bytes(found, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


# ------------------------------------------------------------------------ swaks


@pytest.mark.parametrize(
    ("service", "options"),
    [
        ("submission", ["--tls", "--auth", "PLAIN"]),
        ("submission", ["--tls", "--auth", "LOGIN"]),
        ("submissions", ["--tls-on-connect", "--auth", "PLAIN"]),
    ],
)
def test_swaks_submits(hub: RunningHub, province: Province, home: Path, service: str, options: list[str]) -> None:
    mark = f"swaks-{service}-{options[-1]}"
    words = ["--server", "127.0.0.1", "--port", str(hub.port(service)), "--from", AN, "--to", BINH, *options]
    words += ["--auth-user", AN, "--auth-password", PASSWORD, "--header", f"Subject: {mark}", "--body", "@-"]
    done = run(home, "swaks", *words, stdin=BODY)
    assert "250 2.0.0 Ma " in done.stdout
    assert ".\n..\n Xin g" in text_of(arrived(hub, mark))  # swaks names no character set


def test_swaks_brings_mail_from_outside_and_is_no_relay(hub: RunningHub, province: Province, home: Path) -> None:
    common = ["--server", "127.0.0.1", "--port", str(hub.port("mx")), "--from", "ai@nothing.example", "--tls"]
    run(home, "swaks", *common, "--to", BINH, "--header", "Subject: swaks-mx", "--attach", "@/etc/hostname")
    assert [part.get_filename() for part in arrived(hub, "swaks-mx").iter_attachments()] == ["hostname"]
    done = run(home, "swaks", *common, "--to", "ai@evil.example", check=False)
    assert done.returncode == 24  # no recipient was accepted
    assert "550 5.7.1" in done.stdout


def test_swaks_may_not_write_as_somebody_else(hub: RunningHub, province: Province, home: Path) -> None:
    words = ["--server", "127.0.0.1", "--port", str(hub.port("submission")), "--tls", "--auth-user", AN]
    words += ["--auth-password", PASSWORD, "--from", BINH, "--to", BINH]
    done = run(home, "swaks", *words, check=False)
    assert done.returncode == 23  # MAIL was refused
    assert "550 5.7.1" in done.stdout


# ------------------------------------------------------------------------ msmtp


@pytest.mark.parametrize("service", ["submission", "submissions"])
@pytest.mark.parametrize("auth", ["plain", "login"])
def test_msmtp_submits(hub: RunningHub, province: Province, home: Path, service: str, auth: str) -> None:
    settings = home / "msmtprc"
    settings.write_text(
        f"defaults\ntls on\ntls_starttls {'on' if service == 'submission' else 'off'}\n"
        f"tls_trust_file {hub.directory}/keys/tls.crt\ntls_certcheck on\nhost mx.tinh.gov.vn\n"
        f"account tinh\nhost 127.0.0.1\ntls_host_override mx.tinh.gov.vn\nport {hub.port(service)}\n"
        f"auth {auth}\nuser {AN}\npassword {PASSWORD}\nfrom {AN}\nlogfile {home}/log\n"
    )
    settings.chmod(0o600)
    mark = f"msmtp-{service}-{auth}"
    message = f"From: {AN}\nTo: {BINH}\nSubject: {mark}\nContent-Type: text/plain; charset=utf-8\n\n{BODY}"
    run(home, "msmtp", "-C", str(settings), "-a", "tinh", "-t", stdin=message)
    assert text_of(arrived(hub, mark)) == BODY
    assert "smtpstatus=250" in (home / "log").read_text()
    refused = run(
        home, "msmtp", "-C", str(settings), "-a", "tinh", f"{'x' * 20}@tinh.gov.vn", stdin=message, check=False
    )
    assert refused.returncode != 0
    assert "5.1.1" in refused.stderr


# ------------------------------------------------------------------------ mutt


def muttrc(hub: RunningHub, home: Path) -> Path:
    path = home / "muttrc"
    path.write_text(
        f'set from = "{AN}"\nset realname = "Nguyễn Văn An"\nset use_from = yes\nset envelope_from_address = "{AN}"\n'
        f'set smtp_url = "smtp://{AN}@127.0.0.1:{hub.port("submission")}/"\nset smtp_pass = "{PASSWORD}"\n'
        f'set imap_user = "{BINH}"\nset imap_pass = "{PASSWORD}"\n'
        f'set certificate_file = "{hub.directory}/keys/tls.crt"\nset ssl_verify_host = no\nset ssl_starttls = yes\n'
        "set ssl_force_tls = yes\nset copy = no\nset move = no\nset confirmappend = no\n"
        "set delete = yes\nset quit = yes\n"
        'set record = ""\nset header_cache = ""\nset wait_key = no\nset pipe_decode = no\nset mail_check = 1\n'
        "set assumed_charset = utf-8\nset charset = utf-8\nset send_charset = utf-8\n"
    )
    return path


def on_a_terminal(home: Path, *words: str) -> str:
    """Run a program that wants a screen; what it showed."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(HOME=str(home), TERM="xterm", LANG="C.UTF-8", LC_ALL="C.UTF-8", LINES="40", COLUMNS="120")
        os.execvp(words[0], words)
    shown, deadline = b"", time.monotonic() + 40
    try:
        while time.monotonic() < deadline:
            if select.select([master], [], [], 0.5)[0]:
                try:
                    piece = os.read(master, 65536)
                except OSError:
                    piece = b""
                if not piece:
                    return shown.decode(errors="replace")
                shown += piece
        os.kill(pid, 9)
        raise AssertionError(f"{words[0]} does not end: {shown[-3000:]!r}")
    finally:
        os.close(master)
        os.waitpid(pid, 0)


def test_mutt_writes_with_an_attachment_and_reads_by_imap(hub: RunningHub, province: Province, home: Path) -> None:
    settings = muttrc(hub, home)
    attachment = home / "Công văn 12.txt"
    attachment.write_text("nội dung\n")
    words = ["-F", str(settings), "-s", "mutt-1 Công văn số 12", "-a", str(attachment), "--", BINH]
    run(home, "mutt", *words, stdin=BODY)
    found = arrived(hub, "mutt-1")
    assert "Công văn số 12" in str(found["Subject"])
    assert text_of(found).startswith("Kính gửi: Sở Nội vụ.\n.\n..\n")
    assert [part.get_filename() for part in found.iter_attachments()] == ["Công văn 12.txt"]

    copy = home / "read"
    keys = f"<search>mutt-1<enter><pipe-message>cat > {copy}<enter><save-message>=Archive<enter><quit>"
    url = f"imaps://{BINH}@127.0.0.1:{hub.port('imaps')}/"
    shown = on_a_terminal(
        home, "mutt", "-F", str(settings), "-f", f"{url}INBOX", "-e", f'set folder="{url}"', "-e", f'push "{keys}"'
    )
    assert copy.exists(), shown[-3000:]
    assert "mutt-1" in copy.read_text(errors="replace")
    assert any(b"mutt-1" in mail for mail in hub.mails(BINH, folder="Archive"))
    assert not any(b"mutt-1" in mail for mail in hub.mails(BINH))


# ------------------------------------------------------------------------ Python


def test_smtplib_verifies_the_certificate_and_imaplib_reads(hub: RunningHub, province: Province) -> None:
    """As a script of the office would: a checked certificate, send_message, search, flags, folders."""
    program = f"""
import imaplib, smtplib, ssl
from email.message import EmailMessage
context = ssl.create_default_context(cafile={str(hub.directory / "keys" / "tls.crt")!r})
context.check_hostname = False
message = EmailMessage()
message["From"], message["To"], message["Subject"] = {AN!r}, {BINH!r}, "Báo cáo python-1"
message.set_content("Số liệu tháng 11.\\n")
with smtplib.SMTP("127.0.0.1", {hub.port("submission")}) as client:
    client.starttls(context=context)
    client.login({AN!r}, {PASSWORD!r})
    assert client.send_message(message) == {{}}
with smtplib.SMTP_SSL("127.0.0.1", {hub.port("submissions")}, context=context) as client:
    client.login({AN!r}, {PASSWORD!r})
    assert client.send_message(message, to_addrs=[{BINH!r}, "khongco@tinh.gov.vn"]).keys() == {{"khongco@tinh.gov.vn"}}
print("sent")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "sent\n", done.stderr
    wait_until(lambda: any(b"th\xc3\xa1ng 11" in m or b"UO" in m or b"th=C3=A1ng" in m for m in hub.mails(BINH)), "it")
    with hub.imap(BINH) as box:
        folders = b" ".join(line for line in box.list()[1] if isinstance(line, bytes))
        for use in (b"\\Sent", b"\\Drafts", b"\\Trash", b"\\Junk", b"\\Archive"):
            assert use in folders
        box.select("INBOX")
        numbers = box.search(None, "FROM", AN)[1][0].split()
        assert numbers
        assert box.store(numbers[-1].decode(), "+FLAGS", "(\\Flagged)")[0] == "OK"
        assert box.copy(numbers[-1].decode(), "Archive")[0] == "OK"
        saved = box.append("Sent", "(\\Seen)", imaplib_time(), b"From: ttb@tinh.gov.vn\r\n\r\nda gui\r\n")
        assert saved[0] == "OK"
    assert hub.mails(BINH, folder="Sent")[-1].endswith(b"\r\nda gui\r\n")


def imaplib_time() -> float:
    return 1_795_000_000.0


def test_a_client_that_trusts_nobody_unknown_does_not_log_in(hub: RunningHub, province: Province) -> None:
    with (
        smtplib.SMTP("127.0.0.1", hub.port("submission"), "client.test") as client,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        client.starttls(context=ssl.create_default_context())
