"""Reading MAIL, RCPT, BDAT and AUTH."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.smtp import commands
from mailhub.smtp.commands import read_auth, read_base64, read_bdat, read_mail, read_plain, read_rcpt, split_command
from mailhub.smtp.door import MailCommand, RcptCommand, Reply
from mailhub.smtp.errors import CommandError

pytestmark = pytest.mark.unit


def mail(argument: str) -> MailCommand:
    return read_mail(argument, esmtp=True, size_limit=1000, auth=True)


def rcpt(argument: str, *, utf8: bool = False) -> RcptCommand:
    return read_rcpt(argument, esmtp=True, utf8=utf8)


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("FROM:<a@B.vn>", MailCommand("a@b.vn")),
        ("from: <a@b.vn>", MailCommand("a@b.vn")),
        ("FROM:<>", MailCommand("")),
        ("FROM:a@b.vn", MailCommand("a@b.vn")),
        ('FROM:<"a b>"@b.vn> SIZE=10', MailCommand('"a b>"@b.vn', size=10)),
        ("FROM:<a@b.vn> size=999 body=8bitmime", MailCommand("a@b.vn", size=999, body="8BITMIME")),
        ("FROM:<a@b.vn> RET=hdrs ENVID=a+3Db", MailCommand("a@b.vn", ret="HDRS", envid="a=b")),
        ("FROM:<a@b.vn> AUTH=<>", MailCommand("a@b.vn", auth="<>")),
        ("FROM:<tí@b.vn> SMTPUTF8", MailCommand("tí@b.vn", utf8=True)),
        ("FROM:<a%b@c.vn>", MailCommand("a%b@c.vn")),
    ],
)
def test_mail_is_read(argument: str, wanted: MailCommand) -> None:
    assert mail(argument) == wanted


@pytest.mark.parametrize(
    ("argument", "code", "enhanced"),
    [
        ("", 501, "5.5.4"),
        ("TO:<a@b.vn>", 501, "5.5.4"),
        ("FROM:", 501, "5.5.4"),
        ("FROM:<a@b.vn", 501, "5.5.4"),
        ("FROM:<a@b.vn>SIZE=1", 501, "5.5.4"),
        ("FROM:<a@b.vn> SIZE=1001", 552, "5.3.4"),
        ("FROM:<a@b.vn> SIZE=99999999999999999999", 552, "5.3.4"),
        ("FROM:<a@b.vn> SIZE", 501, "5.5.4"),
        ("FROM:<a@b.vn> SIZE=-1", 501, "5.5.4"),
        ("FROM:<a@b.vn> SIZE=١", 501, "5.5.4"),
        ("FROM:<a@b.vn> SIZE=1 SIZE=1", 501, "5.5.4"),
        ("FROM:<a@b.vn> BODY=BINARYMIME", 501, "5.5.4"),
        ("FROM:<a@b.vn> BODY", 501, "5.5.4"),
        ("FROM:<a@b.vn> RET=ALL", 501, "5.5.4"),
        ("FROM:<a@b.vn> ENVID=a+3", 501, "5.5.4"),
        ("FROM:<a@b.vn> ENVID=a+0D+0ASubject:+20x", 501, "5.5.4"),
        ("FROM:<a@b.vn> ENVID=" + "x" * 101, 501, "5.5.4"),
        ("FROM:<a@b.vn> SMTPUTF8=yes", 501, "5.5.4"),
        ("FROM:<a@b.vn> NOTIFY=NEVER", 555, "5.5.4"),
        ("FROM:<a@b.vn> X=1", 555, "5.5.4"),
        ("FROM:<a@b.vn> =1", 501, "5.5.4"),
        ("FROM:<tí@b.vn>", 553, "5.6.7"),
        ("FROM:<a@[127.0.0.1]>", 553, "5.1.7"),
        ("FROM:<@x.vn:a@b.vn>", 553, "5.1.7"),
        ("FROM:<a>", 553, "5.1.7"),
        ("FROM:<postmaster>", 553, "5.1.7"),
    ],
)
def test_a_wrong_mail_is_refused(argument: str, code: int, enhanced: str) -> None:
    with pytest.raises(CommandError) as caught:
        mail(argument)
    assert caught.value.reply[:2] == (code, enhanced)


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        ("TO:<An@Tinh.Gov.VN>", RcptCommand("An@tinh.gov.vn")),
        ("TO:<Postmaster>", RcptCommand("postmaster")),
        ("TO:<a@b.vn> NOTIFY=success,Failure", RcptCommand("a@b.vn", notify="SUCCESS,FAILURE")),
        ("TO:<a@b.vn> NOTIFY=never", RcptCommand("a@b.vn", notify="NEVER")),
        ("TO:<a@b.vn> ORCPT=rfc822;x+2By@b.vn", RcptCommand("a@b.vn", orcpt="rfc822;x+y@b.vn")),
    ],
)
def test_rcpt_is_read(argument: str, wanted: RcptCommand) -> None:
    assert rcpt(argument) == wanted


@pytest.mark.parametrize(
    ("argument", "code", "enhanced"),
    [
        ("TO:<>", 553, "5.1.3"),
        ("TO:<a>", 553, "5.1.3"),
        ("TO:<a b@c.vn>", 553, "5.1.3"),
        ("TO:<a@b.vn> NOTIFY=NEVER,DELAY", 501, "5.5.4"),
        ("TO:<a@b.vn> NOTIFY=DELAY,DELAY", 501, "5.5.4"),
        ("TO:<a@b.vn> NOTIFY", 501, "5.5.4"),
        ("TO:<a@b.vn> ORCPT=x@b.vn", 501, "5.5.4"),
        ("TO:<a@b.vn> ORCPT=rfc822;+0A", 501, "5.5.4"),
        ("TO:<a@b.vn> SIZE=1", 555, "5.5.4"),
        ("TO:<tí@b.vn>", 553, "5.6.7"),
        # The tricks of open relays
        ("TO:<a@[192.0.2.1]>", 550, "5.7.1"),
        ("TO:<a@[IPv6:::1]>", 550, "5.7.1"),
        ("TO:<a@192.0.2.1>", 550, "5.7.1"),
        ("TO:<@relay.vn:a@b.vn>", 550, "5.7.1"),
        ("TO:<a%evil.example@b.vn>", 550, "5.7.1"),
        ("TO:<evil.example!a@b.vn>", 550, "5.7.1"),
        ("TO:<evil.example!a>", 550, "5.7.1"),
        ('TO:<"a@evil.example"@b.vn>', 550, "5.7.1"),
    ],
)
def test_a_wrong_rcpt_is_refused(argument: str, code: int, enhanced: str) -> None:
    with pytest.raises(CommandError) as caught:
        rcpt(argument)
    assert caught.value.reply[:2] == (code, enhanced)


def test_parameters_need_ehlo() -> None:
    with pytest.raises(CommandError) as caught:
        read_mail("FROM:<a@b.vn> SIZE=1", esmtp=False, size_limit=0, auth=False)
    assert caught.value.reply.code == 555


def test_the_auth_parameter_is_unknown_where_nobody_logs_in() -> None:
    with pytest.raises(CommandError) as caught:
        read_mail("FROM:<a@b.vn> AUTH=<>", esmtp=True, size_limit=0, auth=False)
    assert caught.value.reply.code == 555


@pytest.mark.parametrize("argument", ["", "x", "-1", "1 LAS", "1 LAST x", "1LAST", "٣", "1" * 21])
def test_a_wrong_bdat_is_refused(argument: str) -> None:
    with pytest.raises(CommandError):
        read_bdat(argument)


def test_bdat_and_auth_are_read() -> None:
    assert read_bdat("10 last") == (10, True)
    assert read_bdat("0") == (0, False)
    assert read_auth("plain =") == ("PLAIN", "=")
    assert read_auth("login") == ("LOGIN", None)
    assert read_base64("=") == ""
    assert read_plain("\0an\0pass") == ("an", "pass")
    assert read_plain("An\0an\0pass") == ("an", "pass")


@pytest.mark.parametrize("text", ["?", "YQ", "YQ==YQ==", "Y Q==", "ă", base64.b64encode(b"\xff").decode()])
def test_wrong_base64_is_refused(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        read_base64(text)
    assert caught.value.reply.code == 501


@pytest.mark.parametrize(
    ("message", "code"), [("a", 501), ("\0a", 501), ("\0\0p", 501), ("\0a\0", 501), ("boss\0an\0p", 535)]
)
def test_a_wrong_plain_message_is_refused(message: str, code: int) -> None:
    with pytest.raises(CommandError) as caught:
        read_plain(message)
    assert caught.value.reply.code == code


@given(st.binary(max_size=300))
def test_any_line_is_read_or_refused(line: bytes) -> None:
    try:
        verb, argument = split_command(line + b"\r\n")
    except CommandError:
        return
    for read in (mail, rcpt, read_bdat, read_auth):
        try:
            read(argument)
        except CommandError as error:
            error.reply.line().encode("ascii")
    commands.is_foreign(verb)


@pytest.mark.parametrize("verb", ["GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "HOST:", "USER-AGENT:", "X:Y"])
def test_words_of_other_protocols_are_known(verb: str) -> None:
    assert commands.is_foreign(verb)
    assert not commands.is_foreign("MAIL")


def test_a_reply_is_ascii_whatever_its_text() -> None:
    assert Reply(250, "2.0.0", "a\nb").line() == "250-2.0.0 a\r\n250 2.0.0 b"
    assert Reply(550, "5.7.1", "Từ chối\r250 x").line() == "550 5.7.1 T? ch?i?250 x"
    assert Reply(220, "", "x").line() == "220 x"
    assert len(Reply(550, "5.7.1", "x" * 10_000).line()) <= 510
