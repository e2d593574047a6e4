"""Submission over the wire: who may write as whom, and what each refusal says (RFC 6409, RFC 8314)."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from mailhub.accounts.passwords import new_hash
from tests.integration.conftest import CODE, Province, Wire, arrives, refusal
from tests.support.accounts import Passwords
from tests.support.hub import PASSWORD, RunningHub, letter, transaction, unverified

AN, BINH, CUONG = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "lvc@tinh.gov.vn"
OFFICE, OTHER_OFFICE, UNIT = "vanthu@tinh.gov.vn", "motcua@tinh.gov.vn", "phong@tinh.gov.vn"


@pytest.fixture(scope="module")
def office(province: Province) -> Province:
    """nva holds the office mailbox vanthu@, is also an.nguyen@, and comes from the merged tinhcu.gov.vn."""
    province.act("add_alias", "an.nguyen@tinh.gov.vn", AN)
    for address in (OFFICE, OTHER_OFFICE):
        province.act("add_role_mailbox", address, "Văn thư")
    province.act("hold_role", OFFICE, AN)
    province.act("hold_role", OTHER_OFFICE, BINH)
    province.act("add_group", UNIT, "Cả phòng")
    for member in (AN, BINH, CUONG):
        province.act("add_member", UNIT, member)
    province.act("add_domain", "tinhcu.gov.vn", alias_of="tinh.gov.vn")
    province.act("add_domain", "huyencu.gov.vn", alias_of="tinh.gov.vn")
    province.act("end_domain", "huyencu.gov.vn", reason="sáp nhập", until=date.today() - timedelta(days=2))  # noqa: DTZ011
    province.people("daveve")
    province.act("end_account", "daveve@tinh.gov.vn", reason="nghỉ hưu", unit_address=OFFICE)
    return province


@pytest.fixture
def an(hub: RunningHub, office: Province) -> Iterator[smtplib.SMTP]:
    """nva's session on 587."""
    with hub.submission(AN) as client:
        yield client


# ------------------------------------------------------------------------ AUTH


def test_auth_in_clear_is_refused_with_a_code(hub: RunningHub, office: Province) -> None:
    with Wire(hub.port("submission")) as wire:
        wire.heard()
        assert "AUTH" not in wire.ask("EHLO client.test")[1]
        for command in ("AUTH PLAIN AG52YUB0aW5oLmdvdi52bgB4", "AUTH LOGIN", "MAIL FROM:<nva@tinh.gov.vn>"):
            code, text = wire.ask(command)
            assert code in (530, 538), (command, code, text)
            assert office.refusal(text) == "tls-required"


def test_mail_before_auth_is_refused(hub: RunningHub, office: Province) -> None:
    with Wire(hub.port("submissions"), tls=True) as wire:
        wire.heard()
        assert "AUTH PLAIN LOGIN" in wire.ask("EHLO client.test")[1]
        code, text = wire.ask(f"MAIL FROM:<{AN}>")
        assert (code, text[:5]) == (530, "5.7.0")
        assert office.refusal(text) == "auth-required"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_port_465_takes_both_mechanisms_within_tls(hub: RunningHub, office: Province, mechanism: str) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", hub.port("submissions"), "client.test", context=unverified()) as client:
        client.ehlo()
        client.user, client.password = AN.upper(), PASSWORD
        method = client.auth_plain if mechanism == "PLAIN" else client.auth_login
        assert client.auth(mechanism, method)[0] == 235
        code = transaction(client, AN, [BINH], letter(AN, BINH, subject=f"465 {mechanism}"))
    arrives(hub, BINH, f"Subject: 465 {mechanism}")
    assert office.trace(code)[0].facts["account"] == AN


def test_the_new_password_opens_the_door_in_the_moment_of_its_change(hub: RunningHub, office: Province) -> None:
    office.people("moi")
    for number in range(5):
        secret = f"Song-Hong.{number}026"
        stored = new_hash(Passwords(), secret, "moi@tinh.gov.vn")
        office.act("set_password", "moi@tinh.gov.vn", stored, reason="thử")
        with smtplib.SMTP_SSL("127.0.0.1", hub.port("submissions"), "client.test", context=unverified()) as client:
            client.ehlo()
            word = base64.b64encode(f"\0moi@tinh.gov.vn\0{secret}".encode()).decode()
            assert client.docmd("AUTH", f"PLAIN {word}")[0] == 235
            assert client.docmd("MAIL", "FROM:<moi@tinh.gov.vn>")[0] == 250


def test_a_password_with_vietnamese_letters(hub: RunningHub, office: Province) -> None:
    office.people("dau")
    secret = "Đèn-lồng số 9 ơi!"
    office.act("set_password", "dau@tinh.gov.vn", new_hash(Passwords(), secret, "dau@tinh.gov.vn"), reason="thử")
    with smtplib.SMTP_SSL("127.0.0.1", hub.port("submissions"), "client.test", context=unverified()) as client:
        client.ehlo()
        word = base64.b64encode(f"\0dau@tinh.gov.vn\0{secret}".encode()).decode()
        assert client.docmd("AUTH", f"PLAIN {word}")[0] == 235


@pytest.mark.parametrize("login", [AN, "khongco@tinh.gov.vn", "daveve@tinh.gov.vn", OFFICE])
def test_a_wrong_password_gets_the_same_words_whoever_it_is(hub: RunningHub, office: Province, login: str) -> None:
    with (
        pytest.raises(smtplib.SMTPAuthenticationError) as caught,
        hub.submission(login, password="sai mat khau"),
    ):
        pass
    error = caught.value.smtp_error
    assert isinstance(error, bytes)
    assert caught.value.smtp_code == 535
    assert CODE.sub("", error.decode()) == "5.7.8 Ten dang nhap hoac mat khau khong dung. "
    assert office.refusal(error) == "auth-failed"


def test_nobody_logs_in_for_somebody_else(hub: RunningHub, office: Province) -> None:
    with smtplib.SMTP_SSL("127.0.0.1", hub.port("submissions"), "client.test", context=unverified()) as client:
        client.ehlo()
        word = base64.b64encode(f"{BINH}\0{AN}\0{PASSWORD}".encode()).decode()
        code, text = client.docmd("AUTH", f"PLAIN {word}")
        assert code == 535
        assert office.refusal(text) == "auth-failed"


# -------------------------------------------------------------------- identity


def mail(headers: str, body: str = "Xin chao.") -> bytes:
    return f"{headers}\r\nSubject: Thu\r\n\r\n{body}\r\n".encode()


ALLOWED = {
    "itself": (AN, f"From: {AN}"),
    "itself in capitals": (AN.upper(), f"From: Nguyen Van An <{AN.upper()}>"),
    "its alias": ("an.nguyen@tinh.gov.vn", "From: an.nguyen@tinh.gov.vn"),
    "alias outside, itself inside": ("an.nguyen@tinh.gov.vn", f"From: {AN}"),
    "a role that it holds": (OFFICE, f"From: =?utf-8?q?V=C4=83n_th=C6=B0?= <{OFFICE}>"),
    "the role, sent by itself": (AN, f"From: {OFFICE}\r\nSender: {AN}"),
    "the domain of the merged province": ("nva@tinhcu.gov.vn", "From: nva@tinhcu.gov.vn"),
    "a receipt, null path": ("", f"From: {AN}"),
    "a name with its own address": (AN, f'From: "{AN}" <{AN}>'),
    "a reply address outside": (AN, f"From: {AN}\r\nReply-To: an@gmail.com"),
    "a resent one": (AN, f"From: {AN}\r\nResent-From: {AN}"),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_allowed(an: smtplib.SMTP, office: Province, case: str) -> None:
    sender, headers = ALLOWED[case]
    code = transaction(an, sender, [CUONG], mail(headers))
    assert office.trace(code)[0].facts["account"] == AN


REFUSED = {
    "envelope of a colleague": (BINH, f"From: {AN}", "sender-not-owned"),
    "envelope outside": ("an@gmail.com", f"From: {AN}", "sender-not-owned"),
    "envelope of nobody": ("khongco@tinh.gov.vn", f"From: {AN}", "sender-not-owned"),
    "a role of others": (OTHER_OFFICE, f"From: {OTHER_OFFICE}", "sender-not-owned"),
    "a group": (UNIT, f"From: {UNIT}", "sender-not-owned"),
    "an ended domain": ("nva@huyencu.gov.vn", f"From: {AN}", "sender-not-owned"),
    "plus tag": ("nva+x@tinh.gov.vn", f"From: {AN}", "sender-not-owned"),
    "a sub-domain": ("nva@mail.tinh.gov.vn", f"From: {AN}", "sender-not-owned"),
    "a look-alike domain": ("nva@tlnh.gov.vn", f"From: {AN}", "sender-not-owned"),
    "From of a colleague": (AN, f"From: {BINH}", "from-not-owned"),
    "From outside": (AN, "From: an@gmail.com", "from-not-owned"),
    "From of a role of others": (AN, f"From: {OTHER_OFFICE}", "from-not-owned"),
    "From in an ended domain": (AN, "From: nva@huyencu.gov.vn", "from-not-owned"),
    "no From": (AN, f"To: {BINH}", "from-missing"),
    "empty From": (AN, "From: ", "from-missing"),
    "two From fields": (AN, f"From: {AN}\r\nFrom: {BINH}", "from-several"),
    "two authors": (AN, f"From: {AN}, {BINH}", "from-several"),
    "From with a space before the colon": (AN, f"From: {AN}\r\nFrom : {BINH}", "from-ambiguous"),
    "From with two angle addresses": (AN, f"From: <{AN}> <{BINH}>", "from-ambiguous"),
    "group syntax": (AN, f"From: Phong: {AN}, {BINH};", "from-ambiguous"),
    "Sender of a colleague": (AN, f"From: {AN}\r\nSender: {BINH}", "sender-field-not-owned"),
    "Resent-From of a colleague": (AN, f"From: {AN}\r\nResent-From: {BINH}", "resent-not-owned"),
    "Resent-Sender outside": (AN, f"From: {AN}\r\nResent-Sender: x@gmail.com", "resent-not-owned"),
    "a name that is another address": (AN, f'From: "{BINH}" <{AN}>', "display-address"),
    "the same, encoded": (AN, f"From: =?utf-8?b?Y2h1dGljaEB0aW5oLmdvdi52bg==?= <{AN}>", "display-address"),
    "the same, with a full-width @": (AN, f"From: =?utf-8?q?chutich=EF=BC=A0tinh.gov.vn?= <{AN}>", "display-address"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_a_code_that_leads_to_the_reason(an: smtplib.SMTP, office: Province, case: str) -> None:
    sender, headers, kind = REFUSED[case]
    reply = refusal(an, sender, [CUONG], mail(headers))
    assert office.refusal(reply) == kind
    assert reply[:5] == "550 5", reply


def test_the_role_is_refused_to_those_who_do_not_hold_it_any_more(hub: RunningHub, office: Province) -> None:
    role = "thanhtra@tinh.gov.vn"
    office.act("add_role_mailbox", role, "Thanh tra")
    office.act("hold_role", role, CUONG)
    with hub.submission(CUONG) as client:
        transaction(client, role, [BINH], mail(f"From: {role}"))
        office.act("release_role", role, CUONG)
        reply = refusal(client, role, [BINH], mail(f"From: {role}"))
    assert office.refusal(reply) == "sender-not-owned"


# ------------------------------------------------------------------- recipients


def test_a_group_is_expanded_once_and_stored_once(hub: RunningHub, an: smtplib.SMTP, office: Province) -> None:
    code = transaction(an, AN, [UNIT, BINH], mail(f"From: {AN}\r\nTo: {UNIT}", "Hop phong"))
    rows = office.rows(
        f"SELECT r.address FROM message m JOIN recipient r ON r.message_id = m.id WHERE m.code = '{code}'"
    )
    assert sorted(row[0] for row in rows) == sorted([AN, BINH, CUONG])
    for address in (AN, BINH, CUONG):
        arrives(hub, address, "Hop phong")


def test_the_same_message_again_gets_the_same_code_and_is_delivered_once(
    hub: RunningHub, an: smtplib.SMTP, office: Province
) -> None:
    office.people("lap")
    message = letter(AN, "lap@tinh.gov.vn", subject="Hai lan")
    first = transaction(an, AN, ["lap@tinh.gov.vn"], message)
    hub.wait_for_mail("lap@tinh.gov.vn")
    with hub.submission(AN) as other:
        assert transaction(other, AN, ["lap@tinh.gov.vn"], message) == first
    last = transaction(an, AN, ["lap@tinh.gov.vn"], letter(AN, "lap@tinh.gov.vn", subject="Ba"))
    assert last != first
    assert len(hub.wait_for_mail("lap@tinh.gov.vn", count=2)) == 2
    assert [line.kind.value for line in office.trace(first)].count("repeated") == 1


def test_three_recipients_get_one_each(hub: RunningHub, an: smtplib.SMTP, office: Province) -> None:
    office.people("b1", "b2", "b3")
    people = [f"b{number}@tinh.gov.vn" for number in (1, 2, 3)]
    transaction(an, AN, [*people, people[0].upper()], mail(f"From: {AN}", "Ba nguoi"))
    assert [len(hub.wait_for_mail(one)) for one in people] == [1, 1, 1]


@pytest.mark.parametrize(
    ("address", "codes", "kind"),
    [
        ("khongco@tinh.gov.vn", "550 5.1.1", "unknown-recipient"),
        ("daveve@tinh.gov.vn", "550 5.1.6", "ended"),
        ("ttb%gmail.com@tinh.gov.vn", "550 5.7.1", "path-percent"),
        ("ttb@[127.0.0.1]", "550 5.7.1", "path-literal"),
        ("@a.vn:ttb@tinh.gov.vn", "550 5.7.1", "path-route"),
        ("ttb@@tinh.gov.vn", "553 5.1.3", "path-syntax"),
    ],
)
def test_recipients_are_refused_with_a_code(
    hub: RunningHub, office: Province, address: str, codes: str, kind: str
) -> None:
    with Wire(hub.port("submissions"), tls=True) as wire:
        wire.heard()
        wire.ask("EHLO client.test")
        word = base64.b64encode(f"\0{AN}\0{PASSWORD}".encode()).decode()
        assert wire.ask(f"AUTH PLAIN {word}")[0] == 235
        assert wire.ask(f"MAIL FROM:<{AN}>")[0] == 250
        code, text = wire.ask(f"RCPT TO:<{address}>")
    assert f"{code} {text}".startswith(codes)
    assert office.refusal(text) == kind
    if kind == "ended":
        assert OFFICE in text


def test_the_command_line_finds_a_refusal(hub: RunningHub, an: smtplib.SMTP) -> None:
    reply = refusal(an, AN, ["khongco@tinh.gov.vn"], b"")
    found = CODE.search(reply)
    assert found
    events = hub.events(found[1])
    assert [event["kind"] for event in events] == ["refused"]
    assert events[0]["recipient"] == "khongco@tinh.gov.vn"
    assert found[1] in events[0]["facts"]["reply"]
    shown = hub.cli("trace", found[1].lower().replace("-", " ")).stdout
    assert "Từ chối nhận" in shown


def test_mail_refused_at_the_dot_is_found_by_each_of_its_recipients(
    hub: RunningHub, office: Province, an: smtplib.SMTP
) -> None:
    reply = refusal(an, AN, [BINH, CUONG], letter("ai@khac.example", BINH))
    assert office.refusal(reply) == "from-not-owned"
    found = CODE.search(reply)
    assert found
    for recipient in (BINH, CUONG):
        assert found[1] in {event["message"] for event in hub.events("--to", recipient)}
