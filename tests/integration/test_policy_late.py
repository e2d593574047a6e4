"""What could be read only after 250: the rules are asked then, and a secret that only a scan shows reaches nobody."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, cast

import pytest

from mailhub.queue.timeline import Line
from tests.integration.conftest import Province, Sink
from tests.support.fakedns import FakeDNS
from tests.support.hub import RunningHub, wait_until
from tests.support.papers import as_pdf, as_scan, make_paper
from tests.support.rulebooks import SECRET, rule, write_book

AN, BINH = "nva@tinh.gov.vn", "ttb@tinh.gov.vn"
BOOK = (
    SECRET,
    rule("ban-quet", 'recipient.domain = "gmail.com"\ndocument.type = "QĐ"'),
    rule("giu-quet", 'recipient.domain = "giu.example"\ndocument.type = "QĐ"', stage="hold"),
)


@pytest.fixture(scope="module")
def hub(dns: FakeDNS, sink: Sink) -> Iterator[RunningHub]:
    settings: dict[str, dict[str, Any]] = {
        "dns": {"nameservers": ["127.0.0.1"], "port": dns.port, "timeout_seconds": 1},
        "delivery": {"smarthost": sink.address},
        "workers": {"smtp": 1},
    }
    with RunningHub(start=False, **cast(dict[str, Any], settings)) as running:
        write_book(running.directory, *BOOK)
        running.start()
        yield running


def scanned(subject: str, to: list[str], **changes: Any) -> bytes:
    """A message from An with the scan of a paper."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = AN, ", ".join(to), subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@may.tinh.gov.vn>"
    message.set_content("Kính gửi Ông/Bà, xin gửi văn bản kèm theo.\n")
    pages = as_scan(as_pdf(make_paper("QĐ", seed=7, number="157", symbol="/QĐ-UBND", **changes)))
    message.add_attachment(pages, maintype="application", subtype="pdf", filename="ban quet.pdf")
    return message.as_bytes()


def kinds(lines: list[Line]) -> list[str]:
    return [line.kind.value for line in lines]


def story(province: Province, code: str, kind: str) -> list[Line]:
    return wait_until(
        lambda: found if kind in kinds(found := province.trace(code)) else [], f"{kind} of {code}", seconds=90
    )


def states(province: Province, code: str) -> dict[str, tuple[str, str]]:
    query = "SELECT r.address, r.state, r.held_for FROM recipient r JOIN message m ON m.id = r.message_id"
    rows = province.rows(f"{query} WHERE m.code = '{code}'")
    return {row[0]: (row[1], row[2] or "") for row in rows}


def test_rules_about_a_scanned_document_are_asked_when_it_has_been_read(
    hub: RunningHub, province: Province, sink: Sink
) -> None:
    people = ["a@gmail.com", "x@giu.example", BINH, "y@so.example"]
    code = hub.submit(AN, people, scanned("Quyet dinh scan", people))
    lines = story(province, code, "judged")
    assert kinds(lines)[:2] == ["received", "held"]
    sink.wait_for(lambda m: "y@so.example" in m.recipients)
    wait_until(lambda: [m for m in hub.mails(BINH) if b"Quyet dinh scan" in m], "the mail for Binh")
    found = states(province, code)
    assert found["a@gmail.com"] == ("refused", "")
    assert found["x@giu.example"] == ("held", "word")
    wait_until(lambda: [m for m in hub.mails(AN) if b"multipart/report" in m and code.encode() in m], "the notice")
    assert not [m for m in sink.sink.messages if "a@gmail.com" in m.recipients or "x@giu.example" in m.recipients]


def test_a_secret_that_only_the_scan_shows_reaches_nobody_and_leaves_no_words(
    hub: RunningHub, province: Province
) -> None:
    people = [BINH, "z@so.example"]
    code = hub.submit(AN, people, scanned("Phuong an moi", people, secrecy="MẬT"))
    lines = story(province, code, "destroyed")
    assert "delivered" not in kinds(lines)
    assert {state for state, _ in states(province, code).values()} == {"destroyed"}
    assert province.rows(f"SELECT subject FROM message WHERE code = '{code}'")[0][0] == ""
    assert not [line for line in lines if "Phuong an" in str(line.facts) or "ban quet" in str(line.facts)]
    (incident,) = province.rows("SELECT found_in, kept FROM incident")
    assert incident[0] == "scan"
