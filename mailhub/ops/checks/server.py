"""Is the server running, and does every door and socket answer as it should?"""

from __future__ import annotations

import contextlib
import http.client
import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from mailhub.ops.findings import Check, Ground, Verdict, broken, look, ok
from mailhub.ops.roundtrip import local_address
from mailhub.ops.serving import serving_processes
from mailhub.settings import HostPort, Service

SECONDS = 5.0
_START = "khởi động: systemctl start mailhub (hoặc mailhub serve DIR), xem nhật ký nếu không được"
_DOVECOT = "xem nhật ký của dovecot (journalctl -u mailhub); máy chủ tự khởi động lại nó"
_DOORS: dict[Service, str] = {
    "mx": "Cổng nhận thư",
    "submission": "Cổng gửi thư",
    "submissions": "Cổng gửi thư TLS",
    "imap": "Cổng đọc thư",
    "imaps": "Cổng đọc thư TLS",
    "http": "Cổng web không TLS",
    "https": "Cổng web",
}


def server_checks(ground: Ground) -> list[Check]:
    """The process, the doors that are open, the sockets between the parts."""
    settings = ground.settings
    checks = [Check("server", "Tiến trình", check_running)]
    for service, title in _DOORS.items():
        address = settings.listen_address(service)
        if address is None or (service in ("imap", "imaps") and not settings.mailboxes.enabled):
            continue
        checks.append(Check(f"port.{service}", f"{title} {address.port}", partial(_check_door, service, address)))
    checks.append(Check("socket.inject", "Cổng nội bộ (inject)", check_inject))
    if settings.mailboxes.enabled:
        checks += [
            Check("socket.verifier", "Xác thực đăng nhập", check_verifier),
            Check("dovecot.lmtp", "Dovecot nhận thư", check_lmtp),
            Check("dovecot.quota", "Dovecot hạn mức", check_quota),
        ]
    return checks


def check_running(ground: Ground) -> Verdict:
    """Somebody holds the lock of the directory."""
    running = serving_processes(ground.settings.run_directory)
    if not running:
        return broken("không có tiến trình nào đang phục vụ thư mục này", _START)
    return ok(", ".join(f"{name}: tiến trình {pid}" for name, pid in running.items()))


# ----------------------------------------------------------------------- doors


def _check_door(service: Service, address: HostPort, _ground: Ground) -> Verdict:
    where = local_address(address)
    try:
        return _PROOFS[service](where)
    except (OSError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
        advice = _DOVECOT if service.startswith("imap") else _START
        return broken(f"{where.host}:{where.port} không trả lời: {error}", advice)


def _prove_mx(where: HostPort) -> Verdict:
    with smtplib.SMTP(where.host, where.port, local_hostname="localhost", timeout=SECONDS) as client:
        client.ehlo()
        if not client.has_extn("starttls"):
            return broken("không có STARTTLS", "kiểm tra [tls] trong mailhub.toml")
        client.starttls(context=_any_certificate())
        return ok(f"SMTP, {_tls_of(client.sock)}")


def _prove_submission(where: HostPort) -> Verdict:
    with smtplib.SMTP(where.host, where.port, local_hostname="localhost", timeout=SECONDS) as client:
        client.ehlo()
        if client.has_extn("auth"):
            return broken("cho đăng nhập khi chưa mã hóa", "dừng máy chủ và báo cho nhóm phát triển")
        client.starttls(context=_any_certificate())
        client.ehlo()
        return _offers_login(client)


def _prove_submissions(where: HostPort) -> Verdict:
    with smtplib.SMTP_SSL(
        where.host, where.port, local_hostname="localhost", timeout=SECONDS, context=_any_certificate()
    ) as client:
        client.ehlo()
        return _offers_login(client)


def _offers_login(client: smtplib.SMTP) -> Verdict:
    if not client.has_extn("auth"):
        return broken("không cho đăng nhập trong TLS", "xem nhật ký của máy chủ")
    return ok(f"SMTP, {_tls_of(client.sock)}, đăng nhập trong TLS")


def _prove_imap(where: HostPort) -> Verdict:
    client = imaplib.IMAP4(where.host, where.port, timeout=SECONDS)
    with _logged_out(client):
        # LOGINDISABLED cannot be asked for from here: Dovecot takes its own machine for a safe line.
        if "STARTTLS" not in client.capabilities:
            return broken("không có STARTTLS", "kiểm tra [tls] trong mailhub.toml")
        client.starttls(_any_certificate())
        return ok(f"IMAP, {_tls_of(client.sock)}")


def _prove_imaps(where: HostPort) -> Verdict:
    client = imaplib.IMAP4_SSL(where.host, where.port, ssl_context=_any_certificate(), timeout=SECONDS)
    with _logged_out(client):
        return ok(f"IMAP, {_tls_of(client.sock)}")


def _prove_http(where: HostPort) -> Verdict:
    """It only leads to `https` (RFC 6797 § 7.2)."""
    client = http.client.HTTPConnection(where.host, where.port, timeout=SECONDS)
    with contextlib.closing(client):
        client.request("GET", "/")
        status = client.getresponse().status
    return ok("dẫn sang cổng TLS") if status in (308, 421) else broken(f"trả lời HTTP {status}", _START)


def _prove_https(where: HostPort) -> Verdict:
    client = http.client.HTTPSConnection(where.host, where.port, timeout=SECONDS, context=_any_certificate())
    with contextlib.closing(client):
        client.request("GET", "/login")
        tls, status = _tls_of(client.sock), client.getresponse().status
    return ok(f"HTTP, {tls}") if status < 500 else broken(f"trả lời HTTP {status}", _START)


@contextlib.contextmanager
def _logged_out(client: imaplib.IMAP4) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            client.logout()


_PROOFS: dict[Service, Callable[[HostPort], Verdict]] = {
    "mx": _prove_mx,
    "submission": _prove_submission,
    "submissions": _prove_submissions,
    "imap": _prove_imap,
    "imaps": _prove_imaps,
    "http": _prove_http,
    "https": _prove_https,
}


def _any_certificate() -> ssl.SSLContext:
    """The certificate has a check of its own (keys.py), and no password is sent here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _tls_of(one: object) -> str:
    return f"{one.version()}" if isinstance(one, ssl.SSLSocket) else "không TLS"


# --------------------------------------------------------------------- sockets


def check_inject(ground: Ground) -> Verdict:
    """The door for Dovecot's Sieve greets."""
    return _greeting(ground.settings.run_directory / "inject", b"220", _START)


def check_lmtp(ground: Ground) -> Verdict:
    """Dovecot takes mail for mailboxes (RFC 2033 § 4.1)."""
    return _greeting(ground.settings.run_directory / "lmtp", b"220", _DOVECOT)


def _greeting(path: Path, wanted: bytes, advice: str) -> Verdict:
    try:
        said = _ask(path, b"")
    except OSError as error:
        return broken(f"{path.name} không trả lời: {error}", advice)
    text = said.decode("ascii", "replace").strip()
    return ok(text) if said.startswith(wanted) else broken(f"{path.name}: {text or 'không chào'}", advice)


def check_verifier(ground: Ground) -> Verdict:
    """Dovecot's questions about users get an answer; here about postmaster@, as LMTP would ask."""
    login = f"postmaster@{ground.settings.hub.domain}"
    question = f"user login={login.encode().hex()} service={b'doctor'.hex()}\n".encode()
    try:
        said = _ask(ground.settings.run_directory / "auth", question).decode("ascii", "replace")
    except OSError as error:
        return broken(f"không trả lời: {error}", _START)
    word = said.split()[0] if said.split() else ""
    if word in ("ok", "unknown"):
        return ok("trả lời")
    return broken(f"trả lời {word or 'trống'}", "thường là cơ sở dữ liệu: xem mục Cơ sở dữ liệu")


def check_quota(ground: Ground) -> Verdict:
    """Dovecot can say whether a mailbox is full (Postfix's policy protocol)."""
    login = f"postmaster@{ground.settings.hub.domain}"
    question = f"request=smtpd_access_policy\nrecipient={login}\nsize=0\n\n".encode()
    try:
        said = _ask(ground.settings.run_directory / "quota-status", question).decode("ascii", "replace").strip()
    except OSError as error:
        return look(f"không trả lời: {error}", f"thư vẫn được nhận; {_DOVECOT}")
    return ok(said) if said.startswith("action=") else look(f"trả lời {said!r}", _DOVECOT)


def _ask(path: Path, question: bytes) -> bytes:
    """The first line that the Unix socket answers."""
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(SECONDS)
        one.connect(str(path))
        if question:
            one.sendall(question)
        with one.makefile("rb") as answer:
            return answer.readline(1000)
