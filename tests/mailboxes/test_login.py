"""Who gets in, and what a stranger hears."""

from __future__ import annotations

import imaplib
import socket
import ssl
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.dovecot import Account, RunningDovecot
from tests.support.hub import wait_until

ODD_PASSWORDS = [
    "Mật khẩu của tôi: Đường Láng số 7",
    "with space and = and \" and ' and \\ and %u $HOME {PLAIN}x",
    "\x7f\x1b\x02",
    "😀" * 60,
    "x" * 400,
]


@pytest.mark.parametrize("password", ODD_PASSWORDS, ids=["vietnamese", "syntax", "control", "emoji", "long"])
def test_any_password_reaches_the_verifier_unaltered(mailboxes: RunningDovecot, address: str, password: str) -> None:
    mailboxes.accounts[address] = Account(password)
    mailboxes.imap(address).logout()
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        mailboxes.imap(address, password + "x")


@pytest.mark.parametrize("letter", "\t\r\n\x01")
def test_a_letter_that_dovecot_never_passes_on_is_refused(mailboxes: RunningDovecot, address: str, letter: str) -> None:
    """So a password must not be set with one: it would open submission but no mailbox."""
    mailboxes.accounts[address] = Account(f"mat{letter}khau")
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        mailboxes.imap(address)
    assert address not in [login for login, _, _ in mailboxes.asked]


def test_the_login_name_is_read_without_regard_to_case(mailboxes: RunningDovecot, address: str) -> None:
    client = mailboxes.connect()
    mailboxes.accounts[address] = Account("ascii")
    client.login(address.upper(), "ascii")
    assert mailboxes.run(mailboxes.dovecot.sessions(address))
    client.logout()


def test_a_password_typed_as_the_name_stands_in_no_log(mailboxes: RunningDovecot, address: str) -> None:
    for name in ("Mat-khau-2026", "mat.khau@2026"):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            mailboxes.imap(name, "x")
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        mailboxes.imap(address, "x")
    wait_until(lambda: f"user=<{address}>" in mailboxes.log(), "the address is in the log")
    assert "khau" not in mailboxes.log().lower()


def test_a_login_under_another_name_is_a_session_of_the_mailbox(mailboxes: RunningDovecot, address: str) -> None:
    mailboxes.aliases["vanthu@tinh.test"] = address
    mailboxes.accounts[address] = Account("ascii")
    mailboxes.deliver(address, b"Subject: x\r\n\r\n")
    with mailboxes.connect() as client:
        client.login("vanthu@tinh.test", "ascii")
        assert client.select()[1] == [b"1"]
        assert [session.user for session in mailboxes.run(mailboxes.dovecot.sessions(address))] == [address]


def test_the_verifier_learns_service_and_address(mailboxes: RunningDovecot, address: str) -> None:
    mailboxes.imap(address).logout()
    assert (address, "imap", "127.0.0.1") in mailboxes.asked


def test_an_unknown_login_hears_the_same_as_a_wrong_password(mailboxes: RunningDovecot, address: str) -> None:
    answers = []
    mailboxes.accounts.pop("ma@tinh.test", None)
    for name in (address, "ma@tinh.test"):
        with pytest.raises(imaplib.IMAP4.error) as refused:
            mailboxes.imap(name, "wrong")
        answers.append(str(refused.value))
    assert answers[0] == answers[1]


def test_a_closed_login_is_refused(mailboxes: RunningDovecot, address: str) -> None:
    mailboxes.accounts[address] = Account(may_login=False)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        mailboxes.imap(address)


class ElsewhereIMAP4(imaplib.IMAP4):
    """Connects from another address: what comes from the server's own address, Dovecot takes for secured."""

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout, source_address=("127.0.0.2", 0))


def test_a_password_is_not_taken_in_clear(mailboxes: RunningDovecot, address: str) -> None:
    assert mailboxes.plan.imap is not None
    mailboxes.accounts[address] = Account("ascii")
    with ElsewhereIMAP4(*mailboxes.plan.imap, timeout=20) as client:
        assert "LOGINDISABLED" in client.capabilities
        with pytest.raises(imaplib.IMAP4.error):
            client.login(address, "ascii")
        assert address not in [login for login, _, _ in mailboxes.asked]
        with pytest.raises(imaplib.IMAP4.error):
            client.authenticate("PLAIN", lambda _: b"\0" + address.encode() + b"\0ascii")
        assert address not in [login for login, _, _ in mailboxes.asked]
        client.starttls(mailboxes.tls())
        client.login(address, "ascii")


def test_what_was_sent_in_clear_behind_starttls_is_not_read_inside_tls(mailboxes: RunningDovecot) -> None:
    assert mailboxes.plan.imap is not None
    with socket.create_connection(mailboxes.plan.imap, 20) as peer:
        assert peer.recv(4096).startswith(b"* OK")
        peer.sendall(b"A STARTTLS\r\nB NOOP\r\n")
        assert peer.recv(4096).startswith(b"A OK")
        with pytest.raises(OSError, match=r"EOF|reset"):  # it ends the connection
            mailboxes.tls().wrap_socket(peer)


@pytest.mark.parametrize(("newest", "accepted"), [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)])
def test_tls_starts_at_1_2(mailboxes: RunningDovecot, newest: ssl.TLSVersion, accepted: bool) -> None:
    assert mailboxes.plan.imaps is not None
    context = mailboxes.tls()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    with socket.create_connection(mailboxes.plan.imaps, 20) as peer:
        try:
            context.wrap_socket(peer).close()
        except ssl.SSLError:
            assert not accepted
        else:
            assert accepted


def test_refusals_that_wait_do_not_hold_up_others(mailboxes: RunningDovecot, address: str) -> None:
    """Forty guesses wait in Dovecot's workers, more than its default of thirty."""
    clients = [mailboxes.connect() for _ in range(40)]
    with ThreadPoolExecutor(40) as pool:
        with mailboxes.refusals_held():
            guesses = [pool.submit(_guess, client, f"ai{i}@tinh.test") for i, client in enumerate(clients)]
            deadline = time.monotonic() + 20
            while len([login for login, _, _ in mailboxes.asked if login.startswith("ai")]) < 40:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            mailboxes.imap(address).logout()
            assert not any(guess.done() for guess in guesses)
        assert all("AUTHENTICATIONFAILED" in guess.result() for guess in guesses)
    for client in clients:
        client.shutdown()


def _guess(client: imaplib.IMAP4, name: str) -> str:
    try:
        client.login(name, "wrong")
    except imaplib.IMAP4.error as error:
        return str(error)
    return "in"
