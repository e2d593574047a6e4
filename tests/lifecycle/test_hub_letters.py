"""A newcomer with a slip, on a running hub: mail client, letter in the mailbox, password of one's own; and recovery
through a mail that leaves the hub."""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select, update

from mailhub.accounts.life.models import Letter
from mailhub.accounts.login.code_form import read_code
from mailhub.accounts.models import Person
from mailhub.settings import load
from mailhub.store.database import Database, open_database
from tests.integration.conftest import Sink
from tests.support.accounts import make_account
from tests.support.databases import new_database
from tests.support.hub import RunningHub, wait_until

pytestmark = [pytest.mark.xdist_group("hub-letters"), pytest.mark.timeout(300)]

WHO = "nva@tinh.gov.vn"
OWN = "Cau-Ham-Rong.26"
PRIVATE = "an.rieng@so.vn"


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hub(request: pytest.FixtureRequest, sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    url = "" if request.param == "sqlite" else new_database("postgresql", tmp_path_factory.mktemp("db"))
    settings: dict[str, Any] = {"delivery": {"smarthost": sink.address}, "workers": {"smtp": 1}}
    settings["accounts"] = {"slip_client_days": 3}  # where the slip is typed into a mail client first
    with RunningHub(database_url=url, **settings) as running:
        yield running


@pytest.fixture
def database(hub: RunningHub) -> Iterator[Database]:
    opened = open_database(load(hub.directory / "mailhub.toml").database_url)
    yield opened
    opened.close()


def code_on(pdf: Path) -> str:
    words: list[str] = [
        word for page in pypdfium2.PdfDocument(pdf) for word in page.get_textpage().get_text_range().split()
    ]
    return next(word for word in words if len(word) == 19 and read_code(word))


def letters(hub: RunningHub, password: str, count: int) -> list[Any]:
    """What lies in the inbox once there are so many."""

    def look() -> list[Any]:
        with hub.imap(WHO, password=password) as client:
            client.select("INBOX", readonly=True)
            found = [client.fetch(n.decode(), "(BODY.PEEK[])")[1][0] for n in client.search(None, "ALL")[1][0].split()]
        raws = [part[1] for part in found if isinstance(part, tuple)]
        return (
            [email.message_from_bytes(raw, policy=email.policy.default) for raw in raws] if len(raws) >= count else []
        )

    return wait_until(look, f"{count} letters")


def test_a_newcomers_first_day_and_a_lost_password(hub: RunningHub, sink: Sink, database: Database) -> None:
    make_account(database, WHO, password=None)
    with pytest.raises(imaplib.IMAP4.error), hub.imap(WHO, password="8F3K-22QX-M4TD-9WHB"):
        pass
    pdf = hub.directory / "phieu.pdf"
    hub.cli("slip", "make", WHO, "--out", str(pdf))
    code = code_on(pdf)
    # The slip's code in a mail client: a letter says until when.
    (welcome,) = letters(hub, code, 1)
    assert welcome["From"] == "Quản trị thư điện tử <postmaster@tinh.gov.vn>"
    assert welcome["Auto-Submitted"] == "auto-generated"
    assert "Kính gửi Ông/Bà Nguyễn Văn An," in welcome.get_content()
    assert "Mã này chỉ dùng được đến" in welcome.get_content()
    # The same code sets a password of one's own, and opens nothing from then on.
    hub.cli("account", "redeem", WHO, stdin=f"{code}\n{OWN}\n")
    assert letters(hub, OWN, 2)[1]["Subject"] == f"Mật khẩu thư công vụ {WHO} đã được thay đổi"
    with pytest.raises(imaplib.IMAP4.error), hub.imap(WHO, password=code):
        pass
    assert re.search(r"Mã ([0-9A-Z-]{10});", welcome.get_content())
    _recover(hub, sink, database)


def _recover(hub: RunningHub, sink: Sink, database: Database) -> None:
    with database.write() as c:
        c.execute(update(Person).values(recovery_address=PRIVATE))
    sink.sink.messages.clear()
    hub.cli("recovery", "request", WHO)
    mail = sink.wait_for(lambda one: PRIVATE in str(one.rcpts), "the code's mail")
    parsed: Any = email.message_from_bytes(mail.content, policy=email.policy.default)
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", parsed.get_content())
    assert code is not None
    hub.cli("recovery", "finish", WHO, stdin=f"{code[0]}\nCau-Bai-Chay.27\n")
    assert "kênh đã đăng ký" in letters(hub, "Cau-Bai-Chay.27", 3)[2].get_content()
    with database.read() as c:
        assert code[0] not in str(c.execute(select(Letter.facts)).all())
    with pytest.raises(imaplib.IMAP4.error), hub.imap(WHO, password=OWN):
        pass
