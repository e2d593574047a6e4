"""What scripts may do, and that whatever they send passes mailhub's door."""

from __future__ import annotations

import pytest

from mailhub.mailboxes import JUNK_HEADER
from mailhub.mailboxes.render import SIEVE_EXTENSIONS
from tests.mailboxes.inject_door import InjectDoor
from tests.mailboxes.test_delivery import read_only_message
from tests.support.dovecot import RunningDovecot

MESSAGE = b"From: a@b.test\r\nTo: you@tinh.test\r\nSubject: x\r\nMessage-ID: <%d@b.test>\r\n\r\n.dot\r\nl\xc3\xa2u\r\n"


def test_a_redirect_leaves_by_the_door_in_the_owners_name(
    mailboxes: RunningDovecot, address: str, door: InjectDoor
) -> None:
    mailboxes.put_script(address, 'redirect "noi.khac@tinh.test";')
    assert mailboxes.deliver(address, MESSAGE % 1, "a@b.test").startswith("250")
    sent = door.arrived.get(timeout=10)
    assert sent.sender.startswith(f"<{address}>")
    assert sent.recipients == ["<noi.khac@tinh.test>"]
    assert sent.data.endswith((MESSAGE % 1).replace(b"\r\n.dot", b"\r\n..dot"))
    assert b"Content-Type" not in sent.data
    with mailboxes.imap(address) as client:
        assert client.select()[1] == [b"0"]


@pytest.mark.parametrize("place", ["MAIL FROM", "RCPT TO", "DATA", "."])
def test_a_redirect_that_the_door_refuses_for_good_stays_in_the_mailbox(
    mailboxes: RunningDovecot, address: str, door: InjectDoor, place: str
) -> None:
    door.refusals[place] = "550 5.7.1 no"
    mailboxes.put_script(address, 'redirect "noi.khac@tinh.test";')
    assert mailboxes.deliver(address, MESSAGE % 2).startswith("250")
    with mailboxes.imap(address) as client:
        stored = read_only_message(client)
    assert stored.endswith(MESSAGE % 2)
    assert b"X-Sieve" not in stored


def test_a_redirect_that_the_door_cannot_take_now_stays_in_the_queue(
    mailboxes: RunningDovecot, address: str, door: InjectDoor
) -> None:
    mailboxes.put_script(address, 'redirect "noi.khac@tinh.test";')
    door.refusals["RCPT TO"] = "451 4.3.0 later"
    assert mailboxes.deliver(address, MESSAGE % 3).startswith("451")
    door.refusals.clear()
    assert mailboxes.deliver(address, MESSAGE % 3).startswith("250")
    assert door.arrived.get(timeout=10).recipients == ["<noi.khac@tinh.test>"]


def test_a_redirect_without_a_door_stays_in_the_queue(mailboxes: RunningDovecot, address: str) -> None:
    mailboxes.put_script(address, 'redirect "noi.khac@tinh.test";')
    assert mailboxes.deliver(address, MESSAGE % 3, "a@b.test").startswith("451")


def test_a_vacation_answer_that_is_refused_costs_no_message(
    mailboxes: RunningDovecot, address: str, door: InjectDoor
) -> None:
    door.refusals["MAIL FROM"] = "550 5.7.1 no"
    mailboxes.put_script(address, f'require "vacation"; vacation :addresses "{address}" "Tôi đi công tác.";')
    message = (MESSAGE % 8).replace(b"you@tinh.test", address.encode())
    assert mailboxes.deliver(address, message, "a@b.test").startswith("250")
    with mailboxes.imap(address) as client:
        assert read_only_message(client).endswith(message)


def test_a_vacation_answer_leaves_by_the_door(mailboxes: RunningDovecot, address: str, door: InjectDoor) -> None:
    mailboxes.put_script(address, f'require "vacation"; vacation :addresses "{address}" "Tôi đi công tác.";')
    message = (MESSAGE % 4).replace(b"you@tinh.test", address.encode())
    assert mailboxes.deliver(address, message, "a@b.test").startswith("250")
    sent = door.arrived.get(timeout=10)
    assert sent.recipients == ["<a@b.test>"]
    assert b"Auto-Submitted: auto-replied" in sent.data
    assert f"From: <{address}>".encode() in sent.data


@pytest.mark.parametrize("extension", ["reject", "ereject", "enotify", "editheader", "vnd.dovecot.execute"])
def test_an_action_that_is_not_allowed_is_unknown(mailboxes: RunningDovecot, address: str, extension: str) -> None:
    """The script does not compile, so the message is kept."""
    assert extension not in SIEVE_EXTENSIONS
    action = f'{extension} "no";' if "ject" in extension else "keep;"
    mailboxes.put_script(address, f'require "{extension}"; {action}')
    assert mailboxes.deliver(address, MESSAGE % 5, "a@b.test").startswith("250")
    with mailboxes.imap(address) as client:
        assert read_only_message(client).endswith(MESSAGE % 5)
    log = (mailboxes.home(address) / ".dovecot.sieve.log").read_text()
    assert f"unknown Sieve capability `{extension}'" in log


def test_every_allowed_extension_exists(mailboxes: RunningDovecot, address: str) -> None:
    names = ", ".join(f'"{name}"' for name in SIEVE_EXTENSIONS)
    mailboxes.put_script(address, f'require [{names}]; fileinto "Archive";')
    assert mailboxes.deliver(address, MESSAGE % 6, "a@b.test").startswith("250")
    with mailboxes.imap(address) as client:
        assert read_only_message(client, "Archive").endswith(MESSAGE % 6)


@pytest.mark.parametrize(
    ("head", "folder"),
    [
        (f"{JUNK_HEADER}: yes\r\n", "Junk"),
        (f"{JUNK_HEADER}: no\r\n{JUNK_HEADER}: yes\r\n", "INBOX"),
        ("", "INBOX"),
    ],
    ids=["ours", "not the topmost", "none"],
)
def test_what_mailhub_judged_to_be_junk_is_filed_before_the_owners_script(
    mailboxes: RunningDovecot, address: str, door: InjectDoor, head: str, folder: str
) -> None:
    mailboxes.put_script(address, 'redirect :copy "noi.khac@tinh.test";'.join(['require "copy";', ""]))
    message = head.encode() + MESSAGE % 7
    assert mailboxes.deliver(address, message, "a@b.test").startswith("250")
    with mailboxes.imap(address) as client:
        assert read_only_message(client, folder).endswith(message)
    assert door.arrived.empty() == (folder == "Junk")
