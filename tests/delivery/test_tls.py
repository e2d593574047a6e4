"""Opportunistic TLS (RFC 7435, RFC 3207)."""

from __future__ import annotations

import ssl

import pytest

from mailhub.delivery import Outcome, opportunistic_context
from mailhub.delivery.errors import TLSFailed
from tests.delivery.parts import BODY, Mail, connected, outgoing
from tests.support.smtpsink import Action, SmtpSink

OURS = opportunistic_context()


async def test_tls_is_used_when_offered_though_nobody_vouches_for_the_certificate(certificate: ssl.SSLContext) -> None:
    async with SmtpSink(tls=certificate) as sink, connected(sink, context=OURS) as connection:
        (result,) = await connection.deliver(outgoing())
        assert (result.outcome, result.tls) == ("delivered", "TLSv1.3")
        assert sink.messages[0].tls == "TLSv1.3"
        assert sink.messages[0].content == BODY
        assert [command.split()[0] for command in sink.commands[:3]] == ["EHLO", "STARTTLS", "EHLO"]


async def test_a_large_message_goes_through_tls(certificate: ssl.SSLContext) -> None:
    chunk = b"." + b"x" * 77 + b"\r\n"
    async with SmtpSink(tls=certificate) as sink, connected(sink, context=OURS) as connection:
        (result,) = await connection.deliver(outgoing(mail=Mail([chunk * 1000] * 100)))
        assert result.outcome is Outcome.DELIVERED
        assert sink.messages[0].content == chunk * 100_000


async def test_what_was_said_in_clear_behind_starttls_is_thrown_away(certificate: ssl.SSLContext) -> None:
    injected = b"250-evil.example\r\n250 PIPELINING\r\n250 2.1.0 forged\r\n"
    async with SmtpSink(tls=certificate, behind_starttls=injected[:17]) as sink:
        sink.capabilities = ("8BITMIME",)
        async with connected(sink, context=OURS) as connection:
            assert connection.tls is not None
            assert connection.capabilities == {"8BITMIME": ""}
            (result,) = await connection.deliver(outgoing())
            assert result.outcome is Outcome.DELIVERED


async def test_after_a_failed_handshake_the_message_goes_in_clear(certificate: ssl.SSLContext) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # has no certificate: every handshake fails
    async with SmtpSink(tls=old) as sink, connected(sink, context=OURS) as connection:
        (result,) = await connection.deliver(outgoing())
        assert (result.outcome, result.tls) == ("delivered", None)
        assert "TLS handshake failed" in connection.tls_failure
        assert sink.connections == 2


async def test_starttls_that_is_refused_leaves_the_session_in_clear(certificate: ssl.SSLContext) -> None:
    async with SmtpSink(tls=certificate) as sink:
        sink.script["STARTTLS"] = ["454 4.7.0 not now"]
        async with connected(sink, context=OURS) as connection:
            (result,) = await connection.deliver(outgoing())
            assert (result.outcome, result.tls) == ("delivered", None)
            assert "454" in connection.tls_failure
            assert sink.connections == 1


@pytest.mark.parametrize("offer", ["nothing", "refused", "broken"])
async def test_required_tls_never_falls_back(certificate: ssl.SSLContext, offer: str) -> None:
    broken = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    async with SmtpSink(tls={"nothing": None, "refused": certificate, "broken": broken}[offer]) as sink:
        sink.script["STARTTLS"] = [Action(reply="454 4.7.0 not now")] if offer == "refused" else []
        with pytest.raises(TLSFailed):
            async with connected(sink, context=OURS, tls="required"):
                pass
        assert sink.connections == 1


async def test_tls_never_means_never(certificate: ssl.SSLContext) -> None:
    async with SmtpSink(tls=certificate) as sink, connected(sink, context=OURS, tls="never") as connection:
        (result,) = await connection.deliver(outgoing())
        assert result.tls is None
        assert "STARTTLS" not in sink.commands


async def test_a_certificate_that_must_be_good_is_checked_when_the_context_says_so(
    certificate: ssl.SSLContext,
) -> None:
    strict = ssl.create_default_context()
    async with SmtpSink(tls=certificate) as sink:
        with pytest.raises(TLSFailed, match="certificate verify failed"):
            async with connected(sink, context=strict, tls="required"):
                pass
