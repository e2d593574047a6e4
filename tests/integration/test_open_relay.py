"""Nobody outside sends through us to outside, however the recipient is written (RFC 5321 §§ 3.6, 4.1.1.3)."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Province, Sink, Wire
from tests.support.hub import RunningHub, letter, transaction

OWN, OUT, VICTIM = "tinh.gov.vn", "evil.example", "victim@evil.example"

# What stands behind `RCPT TO:`; each is a way in which some server has relayed.
TRICKS = [
    # plain, and odd ways to write it
    f"<{VICTIM}>", VICTIM, f"< {VICTIM}>", f"<{VICTIM} >", "<victim@EVIL.Example>", f"<{VICTIM}.>",
    "<victim@evil.example..>", f"<.victim@{OUT}>", f"<victim.@{OUT}>", f"<victim@@{OUT}>", f"<victim@.{OUT}>",
    f"<(x){VICTIM}>", f"<victim(x)@{OUT}>", f"<victim@{OUT}(x)>", f"<<{VICTIM}>>", f"<{VICTIM}", f"{VICTIM}>",
    f'"victim"@{OUT}', f'<"victim"@{OUT}>', f"<victim\t@{OUT}>", f"<victim @ {OUT}>", f"<victim@{OUT}\\>",
    # percent
    f"<victim%{OUT}@{OWN}>", f"<victim%{OUT}@tinh.gov.vn.>", f"<victim%{OUT}@[127.0.0.1]>", f"<victim%{OUT}>",
    f"<victim%{OUT}@localhost>", f"<victim%{OUT}%a.example@{OWN}>", f'<"victim%{OUT}"@{OWN}>', f"<%victim@{OUT}>",
    f"<victim%{OUT}@mx.{OWN}>", f"<nva%{OUT}@{OWN}>", f"<victim%25{OUT}@{OWN}>", f"<victim%40{OUT}@{OWN}>",
    # bang
    f"<{OUT}!victim>", f"<{OUT}!victim@{OWN}>", f"<{OWN}!{OUT}!victim>", f"<{OWN}!victim@{OUT}>", f"{OUT}!victim",
    f'<"{OUT}!victim"@{OWN}>', f"<{OUT}!victim%{OUT}@{OWN}>", f"<!{OUT}!victim@{OWN}>",
    # source routes
    f"<@{OWN}:{VICTIM}>", f"<@{OWN},@{OUT}:{VICTIM}>", f"<@[127.0.0.1]:{VICTIM}>", f"<@localhost:{VICTIM}>",
    f"@{OWN}:{VICTIM}", f"<@:{VICTIM}>", f"<@{OUT}:nva@{OWN}>", f"<@{OWN}:nva%{OUT}@{OWN}>",
    # address literals
    "<victim@[192.0.2.1]>", "<victim@[127.0.0.1]>", "<victim@[IPv6:::1]>", "<victim@192.0.2.1>", "<victim@[]>",
    f"<victim@[{OUT}]>", f"<victim@[{OWN}]>", "<nva@[127.0.0.1]>", "<victim@127.1>", "<victim@0x7f000001>",
    # two at signs, nested, quoted
    f"<{VICTIM}@{OWN}>", f"<nva@{OWN}@{OUT}>", f'<"{VICTIM}"@{OWN}>', f'<"nva@{OWN}"@{OUT}>', f'<"{VICTIM}">',
    f'<"{VICTIM}"@[127.0.0.1]>', f'<"victim\\@{OUT}"@{OWN}>', f"<victim\\@{OUT}@{OWN}>", f"<nva@{OWN},{VICTIM}>",
    f"<nva@{OWN};{VICTIM}>", f"<nva@{OWN}> <{VICTIM}>", f"<nva@{OWN}><{VICTIM}>", f"<nva@{OWN} {VICTIM}>",
    f"<{VICTIM}> ORCPT=rfc822;nva@{OWN}", f'<"nva@{OWN}> {VICTIM}"@{OUT}>', f"<|/bin/sh@{OUT}>", f"<:include:/x@{OUT}>",
    # names that look like ours, or end like it
    f"<victim@x{OWN}>", f"<victim@{OWN}.{OUT}>", f"<victim@sub.{OWN}>", f"<victim@{OWN}%00.{OUT}>", "<victim@gov.vn>",
    "<victim@tinh.gov.vn\x00.evil.example>", "<victim@tinh-gov.vn>", "<victim@xn--tinh-gov.vn>", "<victim@tlnh.gov.vn>",
    "<victim@tính.gov.vn>", "<victim@tіnh.gov.vn>", "<victim@tinh。gov。vn>", "<victim＠evil.example>",
    f"<victim＠{OUT}@{OWN}>", f"<victim@evil.example\u200b@{OWN}>", f"<victim@{OUT}#@{OWN}>", f"<victim@{OUT}/@{OWN}>",
    # no domain
    "<victim>", "victim", "<>", "<@>", f"<@{OUT}>", "<root>", "<victim@>", "<victim@localhost>",
]  # fmt: skip
SENDERS = [
    "<>",
    "<spam@evil.example>",
    f"<nva@{OWN}>",
    f"<postmaster@{OWN}>",
    "<x%y@evil.example>",
    f"<MAILER-DAEMON@{OWN}>",
]


@pytest.fixture(scope="module")
def street(hub: RunningHub, province: Province) -> RunningHub:
    """The hub, with people on it."""
    return hub


def test_there_are_eighty_tricks() -> None:
    assert len(set(TRICKS)) >= 80


@pytest.mark.parametrize("number", range(len(TRICKS)))
def test_trick(street: RunningHub, number: int) -> None:
    recipient = TRICKS[number]
    with Wire(street.port("mx")) as wire:
        wire.heard()
        wire.ask("EHLO outside.test")
        for sender in (SENDERS[number % len(SENDERS)], "<>"):
            utf8 = "" if recipient.isascii() else " SMTPUTF8"
            assert wire.ask(f"MAIL FROM:{sender}{utf8}")[0] == 250
            code, text = wire.ask(f"RCPT TO:{recipient}")
            assert 500 <= code < 600, f"{recipient!r} from {sender}: {code} {text}"
            assert wire.ask("DATA")[0] in (503, 554)
            wire.ask("RSET")


@pytest.mark.parametrize("verb", ["VRFY", "EXPN", "SEND FROM:", "SOML FROM:", "SAML FROM:", "TURN", "ETRN"])
def test_other_ways_in(street: RunningHub, verb: str) -> None:
    with Wire(street.port("mx")) as wire:
        wire.heard()
        wire.ask("EHLO outside.test")
        code, text = wire.ask(f"{verb} <nva@{OWN}>")
        assert code in (252, 501, 502)
        assert "nva" not in text


@pytest.mark.parametrize("helo", [f"mx.{OWN}", "localhost", "[127.0.0.1]", OWN])
def test_a_borrowed_name_opens_nothing(street: RunningHub, helo: str) -> None:
    with Wire(street.port("mx")) as wire:
        wire.heard()
        wire.ask(f"EHLO {helo}")
        wire.ask(f"MAIL FROM:<nva@{OWN}> SIZE=10")
        code, text = wire.ask(f"RCPT TO:<{VICTIM}>")
        assert (code, text[:5]) == (550, "5.7.1")


def test_the_mx_offers_no_auth(street: RunningHub) -> None:
    with Wire(street.port("mx")) as wire:
        wire.heard()
        assert "AUTH" not in wire.ask("EHLO outside.test")[1]
        wire.ask("STARTTLS")
        wire.start_tls()
        assert "AUTH" not in wire.ask("EHLO outside.test")[1]
        assert wire.ask("AUTH PLAIN AG52YQB4")[0] == 502


@pytest.mark.parametrize(("service", "tls"), [("submission", False), ("submissions", True)])
def test_submission_sends_nothing_for_strangers(street: RunningHub, service: str, tls: bool) -> None:
    with Wire(street.port(service), tls=tls) as wire:
        wire.heard()
        wire.ask("EHLO outside.test")
        assert wire.ask(f"MAIL FROM:<nva@{OWN}>")[0] == 530
        assert wire.ask(f"RCPT TO:<{VICTIM}>")[0] in (503, 530)
        assert wire.ask("DATA")[0] in (503, 530)


def test_a_refusal_leads_to_its_reason(street: RunningHub, province: Province) -> None:
    for recipient, kind in (
        (f"<{VICTIM}>", "relay-denied"),
        (f"<victim%{OUT}@{OWN}>", "path-percent"),
        ("<victim@[192.0.2.1]>", "path-literal"),
    ):
        with Wire(street.port("mx")) as wire:
            wire.heard()
            wire.ask("EHLO outside.test")
            wire.ask("MAIL FROM:<>")
            assert province.refusal(wire.ask(f"RCPT TO:{recipient}")[1]) == kind


def test_no_bounce_and_no_mail_came_of_it(street: RunningHub, sink: Sink, province: Province) -> None:
    """Own mail goes through the same queue: when it is there, nothing before it is on its way."""
    assert street.queue() == []
    assert province.rows("SELECT count(*) FROM message")[0][0] == 0
    with street.mx() as client:
        transaction(client, "x@evil.example", [f"nva@{OWN}"], letter("x@evil.example", f"nva@{OWN}"))
    street.wait_for_mail(f"nva@{OWN}")
    assert province.rows("SELECT count(*) FROM message")[0][0] == 1
    assert sink.sink.connections == 0
