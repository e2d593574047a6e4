"""AUTH (RFC 4954): inside TLS only, PLAIN and LOGIN."""

from __future__ import annotations

import base64
import logging

import pytest

from mailhub.smtp.door import Reply
from mailhub.smtp.server import ServerLimits
from tests.support.smtpdialogue import PASSWORD, RawClient, RecordingDoor, serving

LOGIN = "an@tinh.gov.vn"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PLAIN = b64(f"\0{LOGIN}\0{PASSWORD}")


def door() -> RecordingDoor:
    return RecordingDoor(auth=True, require_auth=True)


async def say_all(client: RawClient, lines: list[str]) -> int:
    """The code after the last line; those before are answered by 334."""
    for line in lines[:-1]:
        assert (await client.ask(line)).code == 334
    return (await client.ask(lines[-1])).code


FORMS = {
    "plain": [f"AUTH PLAIN {PLAIN}"],
    "plain, letter case": [f"auth plain {PLAIN}"],
    "plain, asked": ["AUTH PLAIN", PLAIN],
    "plain, with its own name": [f"AUTH PLAIN {b64(f'{LOGIN}{chr(0)}{LOGIN}{chr(0)}{PASSWORD}')}"],
    "login": ["AUTH LOGIN", b64(LOGIN), b64(PASSWORD)],
    "login, name at once": [f"AUTH Login {b64(LOGIN)}", b64(PASSWORD)],
}


@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS)
async def test_every_form_logs_in(lines: list[str]) -> None:
    async with serving(door(), implicit=True) as served:
        client = await served.client()
        await client.hello()
        assert (await client.ask("MAIL FROM:<an@tinh.gov.vn>")).code == 530
        assert await say_all(client, lines) == 235
        assert served.door.clients[0].account == LOGIN
        assert (await client.ask(f"AUTH PLAIN {PLAIN}")).code == 503
        assert (await client.ask("MAIL FROM:<an@tinh.gov.vn>")).code == 250


WRONG = {
    "wrong password": ([f"AUTH PLAIN {b64(f'{chr(0)}{LOGIN}{chr(0)}x')}"], 535),
    "for somebody else": ([f"AUTH PLAIN {b64(f'boss{chr(0)}{LOGIN}{chr(0)}{PASSWORD}')}"], 535),
    "cancelled": (["AUTH PLAIN", "*"], 501),
    "cancelled later": (["AUTH LOGIN", b64(LOGIN), "*"], 501),
    "no base64": (["AUTH PLAIN ???"], 501),
    "no base64 later": (["AUTH LOGIN", b64(LOGIN), "???"], 501),
    "empty": (["AUTH PLAIN ="], 501),
    "no mechanism": (["AUTH"], 501),
    "other mechanism": (["AUTH CRAM-MD5"], 504),
    "too long": (["AUTH PLAIN", "A" * 20_000], 500),
    "too long at once": (["AUTH PLAIN " + "A" * 20_000], 500),
}


@pytest.mark.parametrize(("lines", "code"), WRONG.values(), ids=WRONG)
async def test_every_wrong_form_is_refused_and_the_session_goes_on(lines: list[str], code: int) -> None:
    async with serving(door(), implicit=True) as served:
        client = await served.client()
        await client.hello()
        assert await say_all(client, lines) == code
        assert (await client.ask("MAIL FROM:<an@tinh.gov.vn>")).code == 530
        assert (await client.ask(f"AUTH PLAIN {PLAIN}")).code == 235


async def test_long_responses_are_read() -> None:
    served_door = door()
    served_door.accounts["an@tinh.gov.vn"] = "m" * 9000
    async with serving(served_door, implicit=True) as served:
        client = await served.client()
        await client.hello()
        assert (await client.ask("AUTH PLAIN " + b64(f"\0{LOGIN}\0" + "m" * 9000))).code == 235


async def test_nobody_logs_in_in_clear() -> None:
    async with serving(door(), tls=True) as served:
        client = await served.client()
        assert not any("AUTH" in line for line in (await client.hello()).lines)
        answer = await client.ask(f"AUTH PLAIN {PLAIN}")
        assert (answer.code, answer.lines[0][:6]) == (538, "5.7.11")
        assert (await client.ask("AUTH LOGIN")).code == 538
        assert "authenticate" not in served.door.asked


async def test_the_mx_offers_no_login() -> None:
    async with serving(implicit=True) as served:
        client = await served.client()
        assert not any("AUTH" in line for line in (await client.hello()).lines)
        assert (await client.ask(f"AUTH PLAIN {PLAIN}")).code == 502


async def test_auth_comes_after_ehlo_and_before_mail() -> None:
    async with serving(RecordingDoor(auth=True), implicit=True) as served:
        client = await served.client()
        await client.heard()
        assert (await client.ask(f"AUTH PLAIN {PLAIN}")).code == 503
        await client.ask("EHLO office.example")
        assert (await client.ask("MAIL FROM:<a@b.vn>")).code == 250
        assert (await client.ask(f"AUTH PLAIN {PLAIN}")).code == 503
        assert (await client.ask("RSET")).code == 250
        assert (await client.ask(f"AUTH PLAIN {PLAIN}")).code == 235


async def test_who_guesses_too_often_is_cut_off() -> None:
    async with serving(door(), ServerLimits(auth_attempts=3), implicit=True) as served:
        client = await served.client()
        await client.hello()
        await client.send(f"AUTH PLAIN {b64(f'{chr(0)}{LOGIN}{chr(0)}x')}\r\n".encode() * 5)
        assert [one.code for one in await client.until_closed()] == [535, 535, 535, 421]
        assert served.door.asked.count("authenticate") == 3


async def test_a_local_fault_does_not_count_as_a_guess_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    served_door = door()
    served_door.raises["authenticate"] = RuntimeError(f"no luck with {PASSWORD}")
    caplog.set_level(logging.DEBUG)
    async with serving(served_door, ServerLimits(auth_attempts=1), implicit=True) as served:
        client = await served.client()
        await client.hello()
        answer = await client.ask(f"AUTH PLAIN {PLAIN}")
        assert (answer.code, answer.lines[0][:5]) == (454, "4.7.0")
        del served_door.raises["authenticate"]
        assert (await client.ask(f"AUTH PLAIN {PLAIN}")).code == 235
    assert "authenticate failed: RuntimeError" in caplog.text
    for secret in (PASSWORD, PLAIN, b64(PASSWORD)):
        assert secret not in caplog.text


async def test_an_account_may_have_a_size_of_its_own() -> None:
    served_door = door()
    served_door.size_limit = 5000
    async with serving(served_door, implicit=True) as served:
        client = await served.client()
        await client.hello()
        await client.ask(f"AUTH PLAIN {PLAIN}")
        assert "SIZE 5000" in (await client.ask("EHLO office.example")).lines
        answer = await client.ask("MAIL FROM:<an@tinh.gov.vn> SIZE=5001")
        assert (answer.code, answer.lines[0][:5]) == (552, "5.3.4")


async def test_a_door_may_hang_up_on_a_guesser() -> None:
    served_door = door()
    served_door.answers["authenticate"] = Reply(421, "4.7.0", "Xin doi")
    async with serving(served_door, implicit=True) as served:
        client = await served.client()
        await client.hello()
        await client.send(f"AUTH PLAIN {PLAIN}\r\n".encode())
        assert [one.code for one in await client.until_closed()] == [421]
