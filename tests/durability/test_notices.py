"""What a sender is told, and who is told nothing; and mail for mailboxes that live elsewhere."""

from __future__ import annotations

import email
import itertools
import smtplib
from collections.abc import Iterator
from email.message import Message
from typing import Any

import pytest

from mailhub.clock import HOUR, MINUTE
from tests.integration.conftest import Province, Sink
from tests.support.fakedns import FakeDNS
from tests.support.hub import RunningHub, letter, transaction, wait_until

pytestmark = pytest.mark.xdist_group("durability-notices")

NO = "550 5.1.1 no such user here"
LATER = "450 4.2.0 greylisted"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def province(hub: RunningHub, dns: FakeDNS) -> Iterator[Province]:
    dns.records[("vouched.test", "TXT")] = ["v=spf1 ip4:127.0.0.0/8 -all"]
    one = Province(hub)
    yield one
    one.close()


@pytest.fixture
def sender(province: Province, sink: Sink) -> str:
    """An official with an empty mailbox."""
    sink.sink.script.clear()
    local = f"nguoi{next(_numbers)}"
    province.people(local)
    return f"{local}@tinh.gov.vn"


def _submit(hub: RunningHub, sender: str, *recipients: str, **options: Any) -> tuple[str, bytes]:
    message = letter(
        sender, recipients[0], subject="Bao cao", extra="X-Mau: mot\r\n\thai\r\n", body=".cham\r\n\r\ncuoi"
    )
    return hub.submit(sender, list(recipients), message, **options), message


def _kinds(province: Province, code: str) -> list[str]:
    return [line.kind.value for line in province.trace(code)]


def _ends(province: Province, code: str, kind: str) -> list[str]:
    """The timeline's kinds once `kind` is among them."""
    return wait_until(lambda: kinds if kind in (kinds := _kinds(province, code)) else [], f"{kind} of {code}")


def _only_notice(hub: RunningHub, sender: str) -> tuple[bytes, Message]:
    [raw] = hub.wait_for_mail(sender)
    return raw, email.message_from_bytes(raw)


def _status_fields(notice: Message) -> list[Message]:
    """The groups of message/delivery-status: the message's, then one a recipient (RFC 3464 § 2.1)."""
    part = notice.get_payload()[1]  # type: ignore[index]
    assert isinstance(part, Message)
    assert part.get_content_type() == "message/delivery-status"
    groups = part.get_payload()
    assert isinstance(groups, list)
    return [group for group in groups if isinstance(group, Message)]


def _explanation(notice: Message) -> str:
    part = notice.get_payload()[0]  # type: ignore[index]
    assert isinstance(part, Message)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def _age(province: Province, code: str, milliseconds: int) -> None:
    """Make a message older than it is."""
    with province._database.write() as connection:
        connection.exec_driver_sql(
            f"UPDATE message SET received_at = received_at - {milliseconds} WHERE code = '{code}'"
        )


# ------------------------------------------------------------------ failure


def test_one_notice_for_several_recipients_that_failed(
    hub: RunningHub,
    sink: Sink,
    province: Province,
    sender: str,
) -> None:
    sink.sink.script["RCPT"] = [NO, None, NO]
    code, message = _submit(hub, sender, "x@so.test", "y@so.test", "z@so.test")
    raw, notice = _only_notice(hub, sender)
    assert notice.get_content_type() == "multipart/report"
    assert notice.get_param("report-type") == "delivery-status"
    about, *each = _status_fields(notice)
    assert about["Reporting-MTA"].startswith("dns;")
    failed = {group["Final-Recipient"].split(";")[1].strip() for group in each}
    assert len(failed) == 2
    assert {group["Action"] for group in each} == {"failed"}
    assert {group["Status"] for group in each} == {"5.1.1"}
    assert all("no such user here" in group["Diagnostic-Code"] for group in each)
    text = _explanation(notice)
    first_line = next(line for line in text.splitlines() if line.strip())
    assert not first_line.isascii()  # Vietnamese first …
    assert text.index("không") < text.index("could not")  # … English below
    assert code in text
    assert all(address in text for address in failed)
    assert message in raw  # the original, octet for octet
    assert notice["Auto-Submitted"] == "auto-replied"
    assert _kinds(province, code).count("notified") == 1
    assert len(hub.mails(sender)) == 1


def test_no_notice_where_none_was_wanted(hub: RunningHub, sink: Sink, province: Province, sender: str) -> None:
    for notify in ("NEVER", "DELAY", "SUCCESS"):
        sink.sink.script["RCPT"] = [NO]
        code, _ = _submit(hub, sender, "x@so.test", rcpt=[f"NOTIFY={notify}"])
        assert "notified" not in _ends(province, code, "bounced")
    sink.sink.script["RCPT"] = [NO]
    code, _ = _submit(hub, sender, "x@so.test", rcpt=["NOTIFY=FAILURE,DELAY"])
    _ends(province, code, "notified")
    assert len(hub.wait_for_mail(sender)) == 1


def test_only_the_header_comes_back_when_that_was_asked_for(hub: RunningHub, sink: Sink, sender: str) -> None:
    sink.sink.script["RCPT"] = [NO]
    _, message = _submit(hub, sender, "x@so.test", mail=["RET=HDRS", "ENVID=so-123"])
    raw, notice = _only_notice(hub, sender)
    assert _status_fields(notice)[0]["Original-Envelope-Id"] == "so-123"
    assert message.partition(b"\r\n\r\n")[0] in raw
    assert b"cuoi" not in raw


def test_nobody_is_told_who_did_not_prove_that_he_wrote(
    hub: RunningHub,
    sink: Sink,
    province: Province,
    sender: str,
) -> None:
    province.act("set_home", sender, f"smtp://{sink.address}")
    before = len(sink.sink.messages)
    for stranger in ("", "someone@unvouched.test"):
        sink.sink.script["RCPT"] = [NO]
        with hub.mx() as client:
            code = transaction(client, stranger, [sender], letter("someone@unvouched.test", sender))
        assert "notified" not in _ends(province, code, "bounced")
    assert len(sink.sink.messages) == before
    assert not hub.queue()
    sink.sink.script["RCPT"] = [NO]
    with hub.mx() as client:
        code = transaction(client, "someone@vouched.test", [sender], letter("someone@vouched.test", sender))
    notice = sink.wait_for(lambda m: m.recipients == ("someone@vouched.test",))
    assert notice.sender == ""
    assert code.encode() in notice.content


# ------------------------------------------------------------------ delay, expiry, success


def test_a_delay_is_told_once_and_the_end_of_all_attempts_too(
    hub: RunningHub,
    sink: Sink,
    province: Province,
    sender: str,
) -> None:
    sink.sink.script["RCPT"] = [LATER]
    code, message = _submit(hub, sender, "x@so.test")
    _ends(province, code, "deferred")
    assert not hub.mails(sender)

    def again(count: int, kind: str) -> None:
        sink.sink.script["RCPT"] = [LATER]
        hub.cli("queue", "retry", code)
        wait_until(lambda: _kinds(province, code).count(kind) == count, f"{kind} number {count}")

    _age(province, code, 240 * MINUTE)
    again(2, "deferred")
    [delayed] = hub.wait_for_mail(sender)
    fields = _status_fields(email.message_from_bytes(delayed))[1]
    assert (fields["Action"], fields["Status"]) == ("delayed", "4.2.0")
    assert fields["Will-Retry-Until"]
    assert b"cuoi" not in delayed
    again(3, "deferred")
    assert _kinds(province, code).count("notified") == 1
    _age(province, code, 72 * HOUR)
    again(1, "expired")
    expired = hub.wait_for_mail(sender, count=2)[1]
    fields = _status_fields(email.message_from_bytes(expired))[1]
    assert fields["Action"] == "failed"
    assert message in expired
    assert not hub.queue()


def test_a_delay_is_not_told_to_who_did_not_want_it(
    hub: RunningHub,
    sink: Sink,
    province: Province,
    sender: str,
) -> None:
    sink.sink.script["RCPT"] = [LATER, LATER]
    code, _ = _submit(hub, sender, "x@so.test", rcpt=["NOTIFY=FAILURE"])
    _ends(province, code, "deferred")
    _age(province, code, 240 * MINUTE)
    hub.cli("queue", "retry", code)
    wait_until(lambda: _kinds(province, code).count("deferred") == 2, "the second attempt")
    assert "notified" not in _kinds(province, code)
    hub.cli("queue", "retry", code)
    _ends(province, code, "relayed")


def test_success_is_told_for_a_mailbox_and_handed_on_to_a_hop_that_tells_itself(
    hub: RunningHub,
    sink: Sink,
    province: Province,
    sender: str,
) -> None:
    code, _ = _submit(hub, sender, sender, rcpt=["NOTIFY=SUCCESS"])
    _ends(province, code, "notified")
    reports = [m for raw in hub.wait_for_mail(sender, count=2) if (m := email.message_from_bytes(raw)).is_multipart()]
    assert [_status_fields(report)[1]["Action"] for report in reports] == ["delivered"]
    code, _ = _submit(hub, sender, "ok@so.test", rcpt=["NOTIFY=SUCCESS"])
    assert "notified" not in _ends(province, code, "relayed")
    received = sink.wait_for(lambda m: code.encode() in m.content)
    assert "NOTIFY=SUCCESS" in received.rcpts[0]


# ------------------------------------------------------------------ homes


def test_a_mailbox_whose_home_is_elsewhere_gets_its_mail_there(
    hub: RunningHub,
    sink: Sink,
    province: Province,
    sender: str,
) -> None:
    province.people(f"xa-{sender.split('@', maxsplit=1)[0]}")
    elsewhere = f"xa-{sender}"
    province.act("set_home", elsewhere, f"smtp://{sink.address}")
    code, message = _submit(hub, sender, elsewhere, sender)
    received = sink.wait_for(lambda m: code.encode() in m.content)
    assert received.recipients == (elsewhere,)
    assert received.content.endswith(message)
    assert hub.wait_for_mail(sender)[0].endswith(message)
    province.act("set_home", elsewhere, "here")
    _submit(hub, sender, elsewhere)
    assert len(hub.wait_for_mail(elsewhere)) == 1


def test_a_domain_whose_home_is_elsewhere_is_passed_on_whoever_it_is_for(
    hub: RunningHub,
    sink: Sink,
    province: Province,
    sender: str,
) -> None:
    province.act("add_domain", "cu.gov.vn", home=f"smtp://{sink.address}", relay=True)
    with hub.mx() as client:
        code = transaction(client, "x@vouched.test", ["Bat-Ky@cu.gov.vn"], letter("x@vouched.test", "y@cu.gov.vn"))
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            transaction(client, "x@vouched.test", ["y@else.test"], letter("x@vouched.test", "y@else.test"))
    assert refused.value.smtp_code == 550
    received = sink.wait_for(lambda m: code.encode() in m.content)
    assert received.recipients == ("Bat-Ky@cu.gov.vn",)
