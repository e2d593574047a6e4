"""What the client says to the next hop, and what it makes of the answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailhub.delivery import Outcome, To
from mailhub.delivery.errors import ConnectFailed, HopTimeout, NotStarted, ProtocolViolation
from mailhub.delivery.outgoing import Timeouts
from mailhub.store.errors import StoreUnavailable
from tests.delivery.parts import BODY, AsyncMail, Mail, connected, outgoing, target_of, without
from tests.support.smtpsink import DEAF, DROP, HANG, REPLY_AND_DROP, Action, SmtpSink


async def test_a_message_arrives_byte_for_byte_in_one_write(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing())
    assert (result.outcome, result.code, result.enhanced, result.text) == ("delivered", 250, "2.0.0", "stored")
    assert result.host == "mx.so.vn"
    assert result.peer == f"127.0.0.1:{sink.port}"
    assert result.tls is None
    (message,) = sink.messages
    assert message.content == BODY
    assert message.sender == "a@tinh.gov.vn"
    assert message.recipients == ("b@so.vn",)
    assert message.wire.endswith(b"\r\n..dot\r\n...two\r\nend\r\n.\r\n")
    assert message.pipelined
    assert f"SIZE={len(BODY)}" in message.mail


async def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    async with SmtpSink(capabilities=without("PIPELINING")) as sink, connected(sink) as connection:
        results = await connection.deliver(outgoing("b@so.vn", "c@so.vn"))
        assert [result.outcome for result in results] == ["delivered", "delivered"]
        assert not sink.messages[0].pipelined


async def test_one_connection_carries_many_messages(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        for _ in range(20):
            await connection.deliver(outgoing())
            assert connection.usable
    assert (sink.connections, len(sink.messages)) == (1, 20)
    assert "RSET" not in sink.commands
    assert sink.commands[-1] == "QUIT"


async def test_a_missing_last_line_end_is_added(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        await connection.deliver(outgoing(mail=Mail([b"Subject: x\r\n\r\nend"])))
    assert sink.messages[0].content == b"Subject: x\r\n\r\nend\r\n"


async def test_content_may_be_read_asynchronously(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        await connection.deliver(outgoing(mail=AsyncMail([BODY[:13], BODY[13:]])))
    assert sink.messages[0].content == BODY


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize("capabilities", [without(), without("PIPELINING")], ids=["pipelined", "stepwise"])
async def test_one_refused_recipient_does_not_stop_the_others(capabilities: tuple[str, ...]) -> None:
    async with SmtpSink(capabilities=capabilities) as sink, connected(sink) as connection:
        sink.script["RCPT"] = [None, "550 5.1.1 no such user", "450 4.2.0 greylisted", None]
        results = await connection.deliver(outgoing("a@so.vn", "b@so.vn", "c@so.vn", "d@so.vn"))
        assert [r.outcome for r in results] == ["delivered", "permanent", "temporary", "delivered"]
        assert [r.enhanced for r in results] == ["2.0.0", "5.1.1", "4.2.0", "2.0.0"]
        assert results[1].text == "no such user"
        assert sink.messages[0].recipients == ("a@so.vn", "d@so.vn")
        assert connection.usable


@pytest.mark.parametrize("capabilities", [without(), without("PIPELINING")], ids=["pipelined", "stepwise"])
async def test_when_all_recipients_are_refused_nothing_is_sent(capabilities: tuple[str, ...]) -> None:
    async with SmtpSink(capabilities=capabilities) as sink, connected(sink) as connection:
        sink.script["RCPT"] = ["550 5.1.1 no", "550 5.1.1 no"]
        results = await connection.deliver(outgoing("a@so.vn", "b@so.vn"))
        assert [r.outcome for r in results] == ["permanent", "permanent"]
        (again,) = await connection.deliver(outgoing())
        assert again.outcome is Outcome.DELIVERED
        assert len(sink.messages) == 1


async def test_a_hop_that_wants_data_for_nobody_gets_a_lone_dot(sink: SmtpSink) -> None:
    sink.script["RCPT"] = ["550 5.1.1 no"]
    sink.script["DATA"] = ["354 go on then"]
    sink.script["STORE"] = ["554 5.5.1 no recipients"]
    async with connected(sink) as connection:
        (refused,) = await connection.deliver(outgoing())
        (delivered,) = await connection.deliver(outgoing())
    assert (refused.outcome, refused.enhanced) == ("permanent", "5.1.1")
    assert delivered.outcome is Outcome.DELIVERED
    assert [message.content for message in sink.messages] == [BODY]


@pytest.mark.parametrize(
    ("stage", "reply", "outcome"),
    [
        ("MAIL", "550 5.7.1 go away", "permanent"),
        ("MAIL", "451 4.3.0 later", "temporary"),
        ("DATA", "554 5.7.1 no", "permanent"),
        ("DATA", "451 4.3.0 later", "temporary"),
        ("STORE", "552 5.3.4 too big", "permanent"),
        ("STORE", "452 4.3.1 disk full", "temporary"),
    ],
)
@pytest.mark.parametrize("capabilities", [without(), without("PIPELINING")], ids=["pipelined", "stepwise"])
async def test_a_refusal_at_any_stage_is_the_result_and_the_session_goes_on(
    capabilities: tuple[str, ...], stage: str, reply: str, outcome: str
) -> None:
    async with SmtpSink(capabilities=capabilities) as sink, connected(sink) as connection:
        sink.script[stage] = [reply]
        results = await connection.deliver(outgoing("a@so.vn", "b@so.vn"))
        assert [r.outcome for r in results] == [outcome, outcome]
        assert {f"{r.code} {r.enhanced} {r.text}" for r in results} == {reply}
        assert not any(r.uncertain for r in results)
        (again,) = await connection.deliver(outgoing())
        assert again.outcome is Outcome.DELIVERED
        assert sink.connections == 1


async def test_recipients_beyond_the_hops_limit_are_marked_for_the_next_transaction(sink: SmtpSink) -> None:
    sink.script["RCPT"] = [None, "452 4.5.3 too many recipients", "552 too many recipients", "452 4.2.2 full"]
    async with connected(sink) as connection:
        results = await connection.deliver(outgoing("a@so.vn", "b@so.vn", "c@so.vn", "d@so.vn"))
    assert [r.outcome for r in results] == ["delivered", "temporary", "temporary", "temporary"]
    assert [r.crowded for r in results] == [False, True, True, False]


async def test_a_reply_without_an_enhanced_code_gets_its_class(sink: SmtpSink) -> None:
    sink.script["RCPT"] = ["550 5 no", "550 2.1.5 contradiction", b"550-5.1.1 first\r\n550 5.1.1 second\r\n"]
    async with connected(sink) as connection:
        first, second, third = await connection.deliver(outgoing("a@so.vn", "b@so.vn", "c@so.vn"))
    assert (first.enhanced, first.text) == ("5.0.0", "5 no")
    assert second.enhanced == "5.0.0"
    assert (third.enhanced, third.text) == ("5.1.1", "first second")


async def test_the_words_of_a_reply_are_made_safe(sink: SmtpSink) -> None:
    sink.script["RCPT"] = [b"550 5.1.1 kh\xc3\xb4ng\x00 c\xff\x1b[31m \xe2\x80\xaetxt" + b"x" * 600 + b"\r\n"]
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing())
    assert result.text.startswith("không? c�?[31m ?txt")
    assert result.text.isprintable()
    assert len(result.text) == 500


# ---------------------------------------------------------------------- bad luck


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "BODY", "STORE", "DOT"])
async def test_421_ends_the_session_and_is_temporary(sink: SmtpSink, stage: str) -> None:
    sink.script[stage] = [Action(reply=b"421 4.3.2 shutting down\r\n", drop=True)]
    async with connected(sink) as connection:
        results = await connection.deliver(outgoing("a@so.vn", "b@so.vn"))
        assert [r.outcome for r in results] == ["temporary", "temporary"]
        assert {r.code for r in results} == {421}
        assert not any(r.uncertain for r in results)
        assert not connection.usable


async def test_421_leaves_what_was_already_refused_for_good(sink: SmtpSink) -> None:
    sink.script["RCPT"] = ["550 5.1.1 no", Action(reply="421 4.3.2 bye", drop=True)]
    async with connected(sink) as connection:
        results = await connection.deliver(outgoing("a@so.vn", "b@so.vn", "c@so.vn"))
    assert [r.outcome for r in results] == ["permanent", "temporary", "temporary"]


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "BODY"])
async def test_a_hop_that_hangs_up_before_the_dot_surely_has_nothing(sink: SmtpSink, stage: str) -> None:
    sink.script[stage] = [DROP]
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing(mail=Mail([BODY, b"x" * 78 + b"\r\n"] * 40_000)))
        assert (result.outcome, result.code, result.uncertain) == ("temporary", 0, False)
        assert not connection.usable
    assert sink.messages == []


@pytest.mark.parametrize(("stage", "stored"), [("STORE", 0), ("DOT", 1)])
async def test_a_hop_that_hangs_up_after_the_dot_leaves_us_uncertain(sink: SmtpSink, stage: str, stored: int) -> None:
    sink.script[stage] = [DROP]
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing())
    assert (result.outcome, result.uncertain) == ("temporary", True)
    assert len(sink.messages) == stored


async def test_a_hop_that_hangs_up_after_its_reply_has_the_message(sink: SmtpSink) -> None:
    sink.script["DOT"] = [REPLY_AND_DROP]
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing())
        assert result.outcome is Outcome.DELIVERED


@pytest.mark.parametrize("action", [DROP, Action(reply="421 4.3.2 idle too long", drop=True)], ids=["drop", "421"])
async def test_a_hop_that_goes_away_before_mail_is_answered_may_be_tried_afresh(sink: SmtpSink, action: Action) -> None:
    sink.script["MAIL"] = [action]
    async with connected(sink) as connection:
        with pytest.raises(NotStarted):
            await connection.deliver(outgoing())


async def test_an_unasked_goodbye_makes_the_connection_unusable(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        await connection.deliver(outgoing())
        for session in sink.open_now:
            session.say("421 4.4.2 idle too long")
        async with asyncio.timeout(5):
            while connection.usable:  # noqa: ASYNC110 the bytes are on their way
                await asyncio.sleep(0)


async def test_a_reply_in_the_middle_of_the_data_stops_it(sink: SmtpSink) -> None:
    sink.script["BODY"] = [Action(reply="552 5.3.4 too big", drop=False)]
    async with connected(sink) as connection:
        big = Mail([b"x" * 78 + b"\r\n"] * 500_000)
        (result,) = await connection.deliver(outgoing(mail=big))
        assert (result.outcome, result.enhanced) == ("permanent", "5.3.4")
        assert not connection.usable
    assert sink.messages == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\xff\xfe\r\n",
        b"250_ok\r\n",
        b"999 what\r\n",
        b"x" * 5000,
        b"250-more\r\n" * 500,
    ],
)
async def test_what_is_not_smtp_is_a_temporary_protocol_error(sink: SmtpSink, garbage: bytes) -> None:
    sink.script["DATA"] = [Action(reply=garbage)]
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing())
        assert (result.outcome, result.enhanced) == ("temporary", "4.5.0")
        assert not connection.usable


async def test_a_flood_of_replies_is_cut_off(sink: SmtpSink) -> None:
    sink.script["RCPT"] = [Action(reply=b"250 ok\r\n" * 10_000)]
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing())
        assert (result.outcome, result.enhanced) == ("temporary", "4.5.0")
        assert not connection.usable


@pytest.mark.parametrize(("stage", "uncertain"), [("RCPT", False), ("DATA", False), ("STORE", True), ("DOT", True)])
async def test_a_silent_hop_costs_no_more_than_the_limit(sink: SmtpSink, stage: str, uncertain: bool) -> None:
    sink.script[stage] = [HANG]
    async with connected(sink, limits=Timeouts(command=0.2, final=0.2)) as connection:
        (result,) = await connection.deliver(outgoing())
    assert (result.outcome, result.enhanced, result.uncertain) == ("temporary", "4.4.2", uncertain)


async def test_a_hop_that_stops_reading_is_given_up(sink: SmtpSink) -> None:
    sink.script["BODY"] = [DEAF]
    for_ever = Mail([b"x" * 78 + b"\r\n"] * 400_000)
    sink.receive_buffer = 4096
    async with connected(sink, limits=Timeouts(data_idle=0.3)) as connection:
        (result,) = await connection.deliver(outgoing(mail=for_ever))
    assert (result.outcome, result.enhanced, result.uncertain) == ("temporary", "4.4.2", False)
    assert "no data" in result.text


async def test_a_hop_that_reads_too_slowly_is_given_up(sink: SmtpSink) -> None:
    sink.script["BODY"] = [Action(trickle=0.01)]
    sink.receive_buffer = 4096
    limits = Timeouts(data_idle=5, data_grace=0.2, data_rate=10**12)
    async with connected(sink, limits=limits) as connection:
        (result,) = await connection.deliver(outgoing(mail=Mail([b"x" * 78 + b"\r\n"] * 400_000)))
    assert (result.outcome, result.uncertain) == ("temporary", False)
    assert "bytes a minute" in result.text


async def test_memory_stays_bounded_while_the_hop_is_slow(sink: SmtpSink) -> None:
    """What was read from the content but not taken by the hop is at most the kernel's buffers and two chunks."""
    sink.receive_buffer = 4096
    given = 0

    class Watched(Mail):
        def chunks(self):  # type: ignore[no-untyped-def]
            nonlocal given
            for _ in range(200):
                given += 262_144
                yield (b"x" * 62 + b"\r\n") * 4096

    sink.script["BODY"] = [DEAF]
    async with connected(sink, limits=Timeouts(data_idle=0.5)) as connection:
        await connection.deliver(outgoing(mail=Watched()))
    assert given < 8 * 1024 * 1024


async def test_cancelling_a_delivery_never_finishes_the_message(sink: SmtpSink) -> None:
    reached = asyncio.Event()

    class Endless(AsyncMail):
        async def chunks(self):  # type: ignore[no-untyped-def]
            yield BODY
            reached.set()
            await asyncio.Event().wait()

    async with connected(sink) as connection:
        task = asyncio.create_task(connection.deliver(outgoing(mail=Endless())))
        await asyncio.wait_for(reached.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not connection.usable
    assert sink.messages == []


# ---------------------------------------------------------------------- our own faults


@pytest.mark.parametrize(
    ("mail", "outcome", "enhanced"),
    [
        (Mail(error=StoreUnavailable("spool: gone")), "temporary", "4.3.0"),
        (Mail(error=OSError(5, "Input/output error")), "temporary", "4.3.0"),
        (Mail(missing=1), "temporary", "4.3.0"),
        (Mail([b"Subject: x\r\n\r\nhello\n.\nMAIL FROM:<x@y>\r\n"]), "permanent", "5.6.0"),
        (Mail([BODY, b"\r"]), "permanent", "5.6.0"),
    ],
    ids=["store", "disk", "short", "bare-lf", "bare-cr"],
)
async def test_a_message_that_cannot_be_read_whole_is_not_finished(
    sink: SmtpSink, mail: Mail, outcome: str, enhanced: str
) -> None:
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing(mail=mail))
        assert (result.outcome, result.enhanced, result.uncertain) == (outcome, enhanced, False)
        assert not connection.usable
    assert sink.messages == []


async def test_an_unforeseen_error_is_raised_and_the_message_not_finished(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        with pytest.raises(ZeroDivisionError):
            await connection.deliver(outgoing(mail=Mail(error=ZeroDivisionError())))
    assert sink.messages == []


# ---------------------------------------------------------------------- extensions


async def test_smtputf8_is_never_downgraded() -> None:
    async with SmtpSink(capabilities=without("SMTPUTF8")) as sink, connected(sink) as connection:
        results = await connection.deliver(outgoing("b@so.vn", "c@so.vn", mail=Mail(utf8=True)))
        assert [(r.outcome, r.enhanced, r.code) for r in results] == [("permanent", "5.6.7", 0)] * 2
        mixed = await connection.deliver(outgoing("nguyễn@so.vn", "c@so.vn"))
        assert [(r.outcome, r.enhanced) for r in mixed] == [("permanent", "5.6.7"), ("delivered", "2.0.0")]
        assert connection.usable


async def test_smtputf8_is_used_when_needed_and_only_then(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        await connection.deliver(outgoing("nguyễn@so.vn"))
        await connection.deliver(outgoing(mail=Mail(utf8=True)))
        await connection.deliver(outgoing(mail=Mail(eight_bit=True)))
        await connection.deliver(outgoing())
    parameters = [set(message.mail.split()[2:]) - {f"SIZE={len(BODY)}"} for message in sink.messages]
    assert parameters == [{"SMTPUTF8"}, {"BODY=8BITMIME", "SMTPUTF8"}, {"BODY=8BITMIME"}, set()]
    assert sink.messages[0].recipients == ("nguyễn@so.vn",)


async def test_8_bit_content_goes_as_it_is_to_a_hop_without_8bitmime() -> None:
    content = "Subject: x\r\n\r\nviệt\r\n".encode()
    async with SmtpSink(capabilities=without("8BITMIME")) as sink, connected(sink) as connection:
        await connection.deliver(outgoing(mail=Mail([content], eight_bit=True)))
        assert sink.messages[0].content == content
        assert "BODY" not in sink.messages[0].mail


async def test_dsn_parameters_go_to_a_hop_that_offers_dsn(sink: SmtpSink) -> None:
    to = To("b@so.vn", "SUCCESS,FAILURE", "rfc822;b+2Bx@cu.vn")
    async with connected(sink) as connection:
        (result,) = await connection.deliver(outgoing(to, mail=Mail(ret="HDRS", envid="QQ 314=x")))
    assert result.dsn_passed
    assert sink.messages[0].mail.endswith(" RET=HDRS ENVID=QQ+20314+3Dx")
    assert sink.messages[0].rcpts == ("RCPT TO:<b@so.vn> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2Bx@cu.vn",)


async def test_without_dsn_the_result_says_that_the_duty_stays_with_us() -> None:
    async with SmtpSink(capabilities=without("DSN")) as sink, connected(sink) as connection:
        (result,) = await connection.deliver(outgoing(To("b@so.vn", "SUCCESS"), mail=Mail(ret="FULL", envid="x")))
        assert not result.dsn_passed
        assert sink.messages[0].rcpts == ("RCPT TO:<b@so.vn>",)
        assert "RET" not in sink.messages[0].mail


async def test_a_message_larger_than_the_hop_announces_is_not_offered() -> None:
    async with SmtpSink(capabilities=("PIPELINING", "SIZE 10")) as sink, connected(sink) as connection:
        (result,) = await connection.deliver(outgoing())
        assert (result.outcome, result.enhanced) == ("permanent", "5.3.4")
        assert connection.usable
        assert not any(command.startswith("MAIL") for command in sink.commands)


@pytest.mark.parametrize(
    "address", ["b@so.vn> NOTIFY=NEVER", "b@so.vn\r\nDATA", "b c@so.vn", "", "b\x00@so.vn", "\ud800@so.vn"]
)
async def test_an_address_cannot_smuggle_commands(sink: SmtpSink, address: str) -> None:
    async with connected(sink) as connection:
        bad, good = await connection.deliver(outgoing(address, "c@so.vn"))
    assert (bad.outcome, bad.enhanced) == ("permanent", "5.1.3")
    assert good.outcome is Outcome.DELIVERED
    assert sink.messages[0].rcpts == ("RCPT TO:<c@so.vn>",)


async def test_a_quoted_local_part_is_an_address(sink: SmtpSink) -> None:
    async with connected(sink) as connection:
        await connection.deliver(outgoing('"van thu>"@so.vn', sender=""))
    assert sink.messages[0].rcpts == ('RCPT TO:<"van thu>"@so.vn>',)
    assert sink.messages[0].mail.startswith("MAIL FROM:<>")


# ---------------------------------------------------------------------- opening


async def test_a_hop_that_knows_no_ehlo_is_greeted_with_helo(sink: SmtpSink) -> None:
    sink.script["EHLO"] = ["502 what?"]
    async with connected(sink) as connection:
        assert connection.capabilities == {}
        (result,) = await connection.deliver(outgoing())
    assert result.outcome is Outcome.DELIVERED
    assert not sink.messages[0].pipelined


@pytest.mark.parametrize(
    ("stage", "action", "error"),
    [
        ("CONNECT", DROP, Exception),
        ("CONNECT", "554 5.7.1 no mail for you", ConnectFailed),
        ("CONNECT", "421 4.3.2 busy", Exception),
        ("CONNECT", "SSH-2.0-OpenSSH_9.2", ProtocolViolation),
        ("CONNECT", HANG, HopTimeout),
        ("EHLO", HANG, HopTimeout),
    ],
)
async def test_a_hop_that_does_not_open_is_said_why(
    sink: SmtpSink, stage: str, action: Action | str, error: type[Exception]
) -> None:
    sink.script[stage] = [action]
    with pytest.raises(error) as caught:
        async with connected(sink, limits=Timeouts(greeting=0.2, command=0.2)):
            pass
    assert getattr(caught.value, "enhanced", "")[:2] == "4."


async def test_a_closed_port_is_a_connect_failure(sink: SmtpSink) -> None:
    await sink.stop()
    with pytest.raises(ConnectFailed, match="cannot connect to "):
        async with connected(sink):
            pass


# ---------------------------------------------------------------------- LMTP


async def test_lmtp_has_an_answer_for_each_accepted_recipient(tmp_path: Path) -> None:
    async with SmtpSink(lmtp=True, path=tmp_path / "lmtp") as sink, connected(sink) as connection:
        sink.script["RCPT"] = [None, "550 5.1.1 no such user", None, None]
        sink.script["DOT"] = [None, "452 4.2.2 mailbox full", "552 5.2.2 over quota"]
        results = await connection.deliver(outgoing("a@tinh.vn", "b@tinh.vn", "c@tinh.vn", "d@tinh.vn"))
        assert [r.outcome for r in results] == ["delivered", "permanent", "temporary", "permanent"]
        assert [r.enhanced for r in results] == ["2.0.0", "5.1.1", "4.2.2", "5.2.2"]
        assert results[0].peer == str(tmp_path / "lmtp")
        (again,) = await connection.deliver(outgoing())
        assert again.outcome is Outcome.DELIVERED


async def test_an_lmtp_server_that_dies_between_its_answers_leaves_the_rest_uncertain(tmp_path: Path) -> None:
    async with SmtpSink(lmtp=True, path=tmp_path / "lmtp") as sink, connected(sink) as connection:
        sink.script["DOT"] = [None, DROP]
        results = await connection.deliver(outgoing("a@tinh.vn", "b@tinh.vn", "c@tinh.vn"))
        assert [r.outcome for r in results] == ["delivered", "temporary", "temporary"]
        assert [r.uncertain for r in results] == [False, True, True]


async def test_lmtp_with_all_recipients_refused_sends_nothing(tmp_path: Path) -> None:
    async with SmtpSink(lmtp=True, path=tmp_path / "lmtp") as sink, connected(sink) as connection:
        sink.script["RCPT"] = ["550 5.1.1 no", "550 5.1.1 no"]
        sink.script["DATA"] = [None, "354 go on then"]
        (first,) = await connection.deliver(outgoing())
        assert first.outcome is Outcome.PERMANENT
        (second,) = await connection.deliver(outgoing())
        assert second.outcome is Outcome.PERMANENT
        assert not connection.usable  # how many answers a lone dot gets, nobody can say
    assert sink.messages == []


async def test_a_missing_lmtp_socket_is_a_connect_failure(tmp_path: Path) -> None:
    sink = SmtpSink(lmtp=True, path=tmp_path / "nobody")
    with pytest.raises(ConnectFailed):
        async with connected(sink):
            pass
    assert target_of(sink).peer == str(tmp_path / "nobody")
