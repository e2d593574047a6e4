"""What LMTP takes is what IMAP gives, and what LMTP says when it takes nothing."""

from __future__ import annotations

import imaplib

import pytest

from tests.support.dovecot import Account, RunningDovecot

ODD_MESSAGES = {
    "plain": b"Subject: a\r\n\r\nbody\r\n",
    "dots": b"Subject: a\r\n\r\n.\r\n..\r\n.a\r\n",
    "8-bit": "Subject: Báo cáo\r\nFrom: Sở Nội vụ <a@b.test>\r\n\r\nKính gửi: Ủy ban nhân dân tỉnh\r\n".encode(),
    "every-byte": b"Subject: a\r\n\r\n" + bytes(b for b in range(1, 256) if b not in b"\r\n") + b"\r\n",
    "no-header": b"\r\njust text\r\n",
    "no-body": b"Subject: a\r\n",
    "no-colon": b"not a field\r\nSubject: a\r\n\r\nbody\r\n",
    "from-line": b"From someone Sat Jan  1\r\nSubject: a\r\n\r\nFrom here on\r\n",
    "long-line": b"Subject: a\r\n\r\n" + b"x" * 70_000 + b"\r\n",
    "trailing-blanks": b"Subject: a  \r\n\r\nends with blanks   \t\r\n\r\n\r\n",
    "broken-mime": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n',
}


def read_only_message(client: imaplib.IMAP4, folder: str = "INBOX") -> bytes:
    assert client.select(folder)[1] == [b"1"]
    found = client.fetch("1", "(BODY.PEEK[])")[1][0]
    assert isinstance(found, tuple)
    return found[1]


@pytest.mark.parametrize("name", ODD_MESSAGES)
def test_a_message_comes_back_byte_for_byte_below_the_delivery_lines(
    mailboxes: RunningDovecot, address: str, name: str
) -> None:
    message = ODD_MESSAGES[name]
    assert mailboxes.deliver(address, message, "b@b.test").startswith("250 2.")
    with mailboxes.imap(address) as client:
        stored = read_only_message(client)
    assert stored.endswith(message)
    head = stored.removesuffix(message)
    assert [line.split(b":")[0] for line in head.splitlines() if not line.startswith(b"\t")] == [
        b"Return-Path",
        b"Delivered-To",
        b"Received",
    ]


def test_a_nul_is_kept_in_the_file_though_imap_cannot_show_it(mailboxes: RunningDovecot, address: str) -> None:
    """RFC 3501 § 9 has no NUL in a literal; Dovecot shows 0x80 in its place."""
    message = b"Subject: a\r\n\r\nbefore\0after\r\n"
    assert mailboxes.deliver(address, message).startswith("250")
    (stored,) = (mailboxes.home(address) / "Maildir" / "new").iterdir()
    assert stored.read_bytes().endswith(message.replace(b"\r\n", b"\n"))
    with mailboxes.imap(address) as client:
        assert read_only_message(client).endswith(b"before\x80after\r\n")


def test_an_unknown_mailbox_is_refused_for_good(mailboxes: RunningDovecot) -> None:
    assert mailboxes.deliver("khong.co@tinh.test", b"x\r\n").startswith("550 5.1.1")


def test_a_mailbox_that_receives_no_more_is_refused_but_may_be_read(mailboxes: RunningDovecot, address: str) -> None:
    mailboxes.accounts[address] = Account(receives=False)
    assert mailboxes.deliver(address, b"x\r\n").startswith("550 5.1.1")
    mailboxes.imap(address).logout()


def test_a_mailbox_whose_login_is_closed_still_receives(mailboxes: RunningDovecot, address: str) -> None:
    mailboxes.accounts[address] = Account(may_login=False)
    assert mailboxes.deliver(address, b"x\r\n").startswith("250")


def test_every_recipient_gets_a_reply_of_its_own(mailboxes: RunningDovecot, address: str) -> None:
    mailboxes.accounts["full@tinh.test"] = Account(quota_mib=1)
    assert mailboxes.deliver("full@tinh.test", b"S: x\r\n\r\n" + b"x" * 76 * 1000 + b"\r\n").startswith("250")
    with mailboxes.lmtp() as peer:
        peer.say("MAIL FROM:<a@b.test>")
        peer.say(f"RCPT TO:<{address}>")
        peer.say("RCPT TO:<full@tinh.test>")
        peer.say("DATA")
        first = peer.say("Subject: x\r\n\r\n" + ("x" * 76 + "\r\n") * 13_500 + ".")
        second = peer.next_reply()
    assert first.startswith("250 2.0.0")
    assert second.startswith("452 4.2.2")


def test_the_standard_folders_are_there_subscribed_and_marked(mailboxes: RunningDovecot, address: str) -> None:
    with mailboxes.imap(address) as client:
        listed = client._simple_command("LIST", "(SUBSCRIBED)", '""', "*", "RETURN", "(SPECIAL-USE)")
        rows = client._untagged_response(*listed, "LIST")[1]
    text = b"\n".join(rows).decode()
    for folder, use in [("Drafts", "Drafts"), ("Sent", "Sent"), ("Trash", "Trash"), ("Junk", "Junk")]:
        assert any(row.endswith(f" {folder}") and f"\\{use}" in row for row in text.splitlines()), text
    assert "\\Archive" in text


def test_imap_offers_what_clients_synchronise_with(mailboxes: RunningDovecot, address: str) -> None:
    with mailboxes.imap(address) as client:
        offered = client.capability()[1][0].decode().split()
    assert {"IDLE", "CONDSTORE", "QRESYNC", "SPECIAL-USE", "QUOTA", "SORT", "MOVE", "UIDPLUS"} <= set(offered)


def test_a_waiting_client_hears_of_new_mail(mailboxes: RunningDovecot, address: str) -> None:
    with mailboxes.imap(address) as client:
        client.select()
        client.send(b"X1 IDLE\r\n")
        assert client.readline().startswith(b"+")
        mailboxes.deliver(address, b"Subject: a\r\n\r\n")
        assert client.readline() == b"* 1 EXISTS\r\n"
        client.send(b"DONE\r\n")
        while not client.readline().startswith(b"X1 OK"):
            pass
