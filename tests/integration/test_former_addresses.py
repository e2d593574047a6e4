"""After a merger officials' clients go on saying the former address: what leaves names the one of today."""

from __future__ import annotations

import re

import dkim
import pytest

from mailhub.mail.dkim import load_signing_key, public_record
from mailhub.settings import load
from tests.integration.conftest import Province, Sink, arrives, refusal
from tests.support.hub import RunningHub, letter, transaction, wait_until

AN, OLD_AN = "nva@tinh.gov.vn", "an.nguyen@tinhcu.gov.vn"
OFFICE, OLD_OFFICE = "vanthu@tinh.gov.vn", "vt@tinhcu.gov.vn"
BINH, OLD_BINH, OUTSIDE = "ttb@tinh.gov.vn", "ttb@tinhcu.gov.vn", "dan@ngoai.example"


@pytest.fixture(scope="module")
def merged(province: Province) -> Province:
    """tinhcu.gov.vn has become tinh.gov.vn: An, Bình and an office that An holds are known by both."""
    province.act("add_domain", "tinhcu.gov.vn")
    province.act("add_role_mailbox", OFFICE, "Văn thư")
    province.act("hold_role", OFFICE, AN)
    for old, new in ((OLD_AN, AN), (OLD_OFFICE, OFFICE), (OLD_BINH, BINH)):
        province.act("add_alias", old, new)
    words = ("domain", "rename", "tinhcu.gov.vn", "tinh.gov.vn", "--reason", "NQ 202/2025/QH15")
    province.hub.cli(*words)
    return province


def head(mail: bytes) -> str:
    return mail.partition(b"\r\n\r\n")[0].decode()


def left(sink: Sink, mark: str) -> bytes:
    return sink.wait_for(lambda mail: mark.encode() in mail.content).content


def is_signed(hub: RunningHub, mail: bytes) -> bool:
    """Whether every signature on it holds, by another program's eyes, and there are some."""
    settings = load(hub.directory / "mailhub.toml")
    records = {}
    for key in settings.dkim.keys:
        pem = settings.dkim_file(key).read_bytes()
        loaded = load_signing_key(pem, domain=key.domain, selector=key.selector, algorithm=key.algorithm)
        records[f"{key.selector}._domainkey.{key.domain}.".encode()] = public_record(loaded).encode()
    count = mail.lower().count(b"\r\ndkim-signature:") + mail.lower().startswith(b"dkim-signature:")
    verifier = dkim.DKIM(mail)
    return count > 0 and all(
        verifier.verify(number, dnsfunc=lambda name, timeout=5: records.get(name)) for number in range(count)
    )


def test_what_leaves_names_todays_address_and_is_signed_so(hub: RunningHub, merged: Province, sink: Sink) -> None:
    mark = "gui di het"
    extra = f"Reply-To: An <{OLD_AN.upper()}>\r\nDisposition-Notification-To: {OLD_AN}\r\nX-Old: {OLD_AN}\r\n"
    body = f"Tra loi ve {OLD_AN}."
    message = letter(f'"{OLD_AN}" <{OLD_AN}>', OUTSIDE, subject=mark, extra=extra, body=body)
    with hub.submission(AN) as client:
        code = transaction(client, OLD_AN, [OUTSIDE, BINH], message)
    found = left(sink, mark)
    assert f'From: "{AN}" <{AN}>\r\n' in head(found)
    assert f"Reply-To: An <{AN}>\r\n" in head(found)
    assert f"Disposition-Notification-To: {AN}\r\n" in head(found)
    assert re.findall(OLD_AN, head(found)) == [OLD_AN]  # X-Old alone
    assert found.endswith(body.encode() + b"\r\n")
    assert is_signed(hub, found)
    assert f'From: "{AN}" <{AN}>' in head(arrives(hub, BINH, mark))
    envelope = next(mail.sender for mail in sink.sink.messages if mark.encode() in mail.content)
    assert envelope == AN
    received = merged.trace(code)[0]
    assert received.facts["former"] == [OLD_AN]
    assert f"địa chỉ cũ {OLD_AN}" in hub.cli("trace", code).stdout


def test_an_office_of_the_renamed_domain_as_well(hub: RunningHub, merged: Province, sink: Sink) -> None:
    mark = "phat hanh cu het"
    with hub.submission(AN) as client:
        code = transaction(client, OLD_OFFICE, [OUTSIDE], letter(OLD_OFFICE, OUTSIDE, subject=mark))
    found = left(sink, mark)
    assert f"From: {OFFICE}\r\n" in head(found)
    assert OLD_OFFICE not in head(found)
    assert is_signed(hub, found)
    filed = wait_until(lambda: [m for m in hub.mails(f"{OFFICE}*{AN}", folder="Sent") if mark.encode() in m], mark)
    assert len(filed) == 1
    assert f"From: {OFFICE}" in head(filed[0])
    assert merged.trace(code)[0].facts["as"] == [OFFICE]


def test_a_repeated_submission_is_one_message(hub: RunningHub, merged: Province) -> None:
    message = letter(OLD_AN, BINH, subject="hai lan het")
    with hub.submission(AN) as client:
        codes = {transaction(client, OLD_AN, [BINH], message) for _ in range(2)}
    assert len(codes) == 1
    arrives(hub, BINH, "hai lan het")


def test_nobody_elses_former_address(hub: RunningHub, merged: Province) -> None:
    with hub.submission(AN) as client:
        told = refusal(client, OLD_BINH, [OUTSIDE], letter(OLD_BINH, OUTSIDE))
        assert merged.refusal(told) == "sender-not-owned"
        told = refusal(client, OLD_AN, [OUTSIDE], letter(OLD_BINH, OUTSIDE))
        assert merged.refusal(told) == "from-not-owned"


def test_who_never_was_in_the_old_domain_is_untouched(hub: RunningHub, merged: Province, sink: Sink) -> None:
    with hub.submission("lvc@tinh.gov.vn") as client:
        transaction(client, "lvc@tinh.gov.vn", [OUTSIDE], letter("lvc@tinh.gov.vn", OUTSIDE, subject="nhu cu het"))
    assert "From: lvc@tinh.gov.vn\r\n" in head(left(sink, "nhu cu het"))


def test_the_former_address_still_sends_once_the_old_domain_is_not_official_any_more(
    hub: RunningHub, merged: Province, sink: Sink
) -> None:
    hub.cli("domain", "end", "tinhcu.gov.vn", "--reason", "hết hạn")
    with hub.submission(AN) as client:
        transaction(client, OLD_AN, [OUTSIDE], letter(OLD_AN, OUTSIDE, subject="het han het"))
    found = left(sink, "het han het")
    assert f"From: {AN}\r\n" in head(found)
    assert is_signed(hub, found)
    with hub.mx() as client:
        assert client.mail("ai@ngoai.example")[0] == 250
        assert client.rcpt(OLD_AN)[0] == 250
