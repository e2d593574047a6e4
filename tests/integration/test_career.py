"""One official from the request to the end, by the commands that staff type, with a real mail client at each step."""

from __future__ import annotations

import imaplib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from mailhub.clock import local_time, now_ms
from tests.support.hub import RunningHub, unverified

ADMIN, CLERK, DECIDER, COLLEAGUE = (f"{name}@tinh.gov.vn" for name in ("quantri", "vanthu1", "duyet", "ttb"))


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with RunningHub() as running:
        for code, name in (("snv", "Sở Nội vụ"), ("syt", "Sở Y tế")):
            running.cli("agency", "add", code, "--name", name)
        for address, agency in ((ADMIN, ""), (CLERK, "snv"), (DECIDER, ""), (COLLEAGUE, "snv")):
            where = ["--agency", agency] if agency else []
            words = ("account", "create", address, "--name", "Trần Thị Bình", *where, "--password-stdin")
            running.cli(*words, stdin="Song-Lo.2026\n")
        running.cli("domain", "postmaster", "tinh.gov.vn", ADMIN)
        running.cli("right", "grant", CLERK, "clerk", "--agency", "snv", "--reason", "thử")
        running.cli("right", "grant", DECIDER, "approver", "--reason", "thử")
        yield running


def imap(hub: RunningHub, login: str, secret: str) -> str:
    """OK, or what the server says instead."""
    client = imaplib.IMAP4_SSL("127.0.0.1", hub.port("imaps"), ssl_context=unverified(), timeout=60)
    try:
        return str(client.login(login, secret)[0])
    except imaplib.IMAP4.error as error:
        return str(error)
    finally:
        client.shutdown()


def story(hub: RunningHub, address: str) -> str:
    return hub.cli("account", "why", address).stdout


def test_a_newcomer_is_asked_for_approved_comes_in_goes_on_leave_moves_and_retires(
    hub: RunningHub, tmp_path: Path
) -> None:
    asked = hub.cli("--as", CLERK, "request", "new", "--name", "Nguyễn Văn An", "--agency", "snv", "--title",
                    "Chuyên viên", "--because", "QĐ 156/QĐ-SNV ngày 20/11/2026").stdout  # fmt: skip
    code = re.search(r"\b[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{2}\b", asked)
    address = re.search(r"\S+@tinh\.gov\.vn", asked)
    assert code is not None
    assert address is not None
    who = address[0].rstrip(".,;:")
    assert hub.cli("--as", CLERK, "request", "approve", code[0], check=False).returncode == 1
    hub.cli("--as", DECIDER, "request", "approve", code[0])

    slip = tmp_path / "phieu.pdf"
    hub.cli("slip", "make", who, "--out", str(slip))
    assert slip.stat().st_mode & 0o777 == 0o600
    with pypdfium2.PdfDocument(slip) as pdf:
        words = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    secret = re.search(r"\b[2-9A-Z]{4}(?:-[2-9A-Z]{4}){2,}\b", words)
    assert secret is not None
    assert who in words
    assert imap(hub, who, secret[0]) != "OK", "the code on paper sets a password, and is none"
    hub.cli("account", "redeem", who, stdin=f"{secret[0]}\nNui-Cao.2027\n")
    assert imap(hub, who, secret[0]) != "OK"
    assert imap(hub, who, "Nui-Cao.2027") == "OK"

    hub.cli("account", "leave", who, "--from", today(), "--until", "2099-12-31", "--acting", COLLEAGUE, "--reason",
            "nghỉ thai sản")  # fmt: skip
    assert imap(hub, who, "Nui-Cao.2027") != "OK"
    assert imap(hub, f"{who}*{COLLEAGUE}", "Song-Lo.2026") == "OK"
    hub.cli("account", "back", who, "--reason", "đi làm lại")
    assert imap(hub, who, "Nui-Cao.2027") == "OK"
    assert imap(hub, f"{who}*{COLLEAGUE}", "Song-Lo.2026") != "OK"

    hub.cli("account", "move", who, "--to", "syt", "--reason", "điều động", "--because", "QĐ 170/QĐ-UBND")
    assert json.loads(hub.cli("account", "show", who, "--json").stdout)["agency"] == "syt"
    assert imap(hub, who, "Nui-Cao.2027") == "OK"

    proof = hub.cli("account", "revoke", who, "--reason", "nghỉ hưu", "--because", "QĐ 9/QĐ-SYT").stdout
    assert "imap" in proof.lower()
    assert imap(hub, who, "Nui-Cao.2027") != "OK"
    told = story(hub, who)
    for words in ("QĐ 156/QĐ-SNV", "nghỉ thai sản", "QĐ 170/QĐ-UBND", "QĐ 9/QĐ-SYT", CLERK, DECIDER):
        assert words in told, f"the story leaves out {words}:\n{told}"


def today() -> str:
    """The day in Vietnam."""
    return local_time(now_ms()).date().isoformat()
