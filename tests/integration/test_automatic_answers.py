"""What a Sieve script sends passes policy: an answer is its owner's own, a redirect stays with us."""

from __future__ import annotations

import smtplib
import socket
from itertools import count

import pytest

from tests.integration.conftest import Province
from tests.support.hub import RunningHub

NVA, TTB, OUT = "nva@tinh.gov.vn", "ttb@tinh.gov.vn", "dan@example.org"
REDIRECTED = f"X-Sieve-Redirected-From: {NVA}\r\n"
_numbers = count(1)


class Inject(smtplib.SMTP):
    """A client of the Unix socket that `mailhub-inject` speaks to."""

    def __init__(self, hub: RunningHub) -> None:
        self._path = str(hub.directory / "run" / "inject")
        super().__init__("inject")

    def _get_socket(self, *_: object) -> socket.socket:
        one = socket.socket(socket.AF_UNIX)
        one.connect(self._path)
        return one


def inject(hub: RunningHub, author: str, recipient: str, fields: str = "") -> int:
    """The code of the reply to the final dot."""
    text = (
        f"{fields}From: <{author}>\r\nTo: <{recipient}>\r\nSubject: vang\r\n"
        f"Message-ID: <{next(_numbers)}@x>\r\nAuto-Submitted: auto-replied\r\n\r\nvang\r\n"
    )
    with Inject(hub) as client:
        client.ehlo("localhost")
        client.mail(NVA)
        client.rcpt(recipient)
        return client.data(text)[0]


@pytest.mark.usefixtures("province")
def test_an_answer_leaves_in_its_owners_name(hub: RunningHub) -> None:
    assert inject(hub, NVA, OUT) == 250


@pytest.mark.parametrize("recipient", [OUT, TTB])
@pytest.mark.usefixtures("province")
def test_an_answer_in_somebody_elses_name_is_refused(hub: RunningHub, recipient: str) -> None:
    assert inject(hub, "lvc@tinh.gov.vn", recipient) == 550


@pytest.mark.usefixtures("province")
def test_a_redirect_does_not_leave_because_its_author_was_a_machine(hub: RunningHub) -> None:
    assert inject(hub, TTB, OUT, REDIRECTED) == 550
    assert inject(hub, TTB, TTB, REDIRECTED) == 250


def test_an_address_elsewhere_is_traced_as_it_was_written(hub: RunningHub, province: Province) -> None:
    text = f"From: <{NVA}>\r\nSubject: x\r\nMessage-ID: <trace@x>\r\n\r\nx\r\n"
    hub.submit(NVA, ["NguyenVanA@Example.org"], text.encode())
    assert hub.events("--to", "NguyenVanA@Example.ORG")
    assert province.trace("<trace@x>")
