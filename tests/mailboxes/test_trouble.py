"""What is away comes back without anybody's help, and nothing that is away looks like an answer."""

from __future__ import annotations

import imaplib
import os
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mailhub.mailboxes import Dovecot, DovecotError
from tests.support.dovecot import RunningDovecot


@contextmanager
def no_verifier(mailboxes: RunningDovecot, how: str) -> Iterator[None]:
    if how == "fault":
        mailboxes.fault = True
        yield
        mailboxes.fault = False
        return
    mailboxes.run(mailboxes.verifier.stop())
    yield
    mailboxes.run(mailboxes.verifier.start())


@pytest.mark.parametrize("how", ["fault", "down"])
def test_without_a_verifier_mail_waits_and_nobody_is_unknown(mailboxes: RunningDovecot, address: str, how: str) -> None:
    with no_verifier(mailboxes, how):
        assert mailboxes.deliver(address, b"x\r\n").startswith("451")
        assert mailboxes.deliver("khong.co@tinh.test", b"x\r\n").startswith("451")
        with pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"):
            mailboxes.imap(address)
    assert mailboxes.deliver(address, b"x\r\n").startswith("250")
    mailboxes.imap(address).logout()


def test_a_killed_master_starts_again_at_once_and_old_sessions_do_not_outlive_it(
    mailboxes: RunningDovecot, address: str
) -> None:
    session = mailboxes.imap(address)
    mailboxes.deliver(address, b"Subject: x\r\n\r\n")
    mailboxes.kill(signal.SIGKILL)
    mailboxes.dovecot.prepare()
    mailboxes.start()
    with pytest.raises((imaplib.IMAP4.error, OSError)):
        session.noop()
    session.shutdown()
    with mailboxes.imap(address) as client:
        assert client.select()[1] == [b"1"]


def test_a_pid_file_that_names_another_process_does_not_stop_a_start(mailboxes: RunningDovecot) -> None:
    mailboxes.kill(signal.SIGKILL)
    pid_file = mailboxes.plan.base_directory / "master.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    mailboxes.dovecot.prepare()
    mailboxes.start()
    assert mailboxes.run(mailboxes.dovecot.running())


def test_preparing_again_leaves_a_running_server_alone(mailboxes: RunningDovecot, address: str) -> None:
    with mailboxes.imap(address) as client:
        mailboxes.dovecot.prepare()
        mailboxes.run(mailboxes.dovecot.reload())
        assert client.noop()[0] == "OK"
        assert mailboxes.run(mailboxes.dovecot.sessions(address))
    mailboxes.imap(address).logout()


def test_a_new_certificate_is_shown_after_a_reload(mailboxes: RunningDovecot) -> None:
    def shown() -> bytes | None:
        client = mailboxes.connect()
        peer = client.socket()
        assert isinstance(peer, ssl.SSLSocket)
        certificate = peer.getpeercert(binary_form=True)
        client.logout()
        return certificate

    before = shown()
    fresh = mailboxes.authority.issue_cert("new.tinh.test")
    fresh.private_key_pem.write_to_path(mailboxes.plan.key)
    mailboxes.plan.certificate.write_bytes(fresh.cert_chain_pems[0].bytes())
    mailboxes.run(mailboxes.dovecot.reload())
    assert shown() != before


def test_a_dovecot_that_is_not_there_is_said_to_be_so(mailboxes: RunningDovecot) -> None:
    mailboxes.kill(signal.SIGTERM)
    try:
        assert not mailboxes.run(mailboxes.dovecot.running())
        with pytest.raises(DovecotError):
            mailboxes.run(mailboxes.dovecot.sessions())
    finally:
        mailboxes.dovecot = Dovecot(mailboxes.plan)
        mailboxes.start()
