"""What mailhub decides about its mailbox server, before any file format enters."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path

from mailhub.mailboxes.errors import UnsafeValueError

SOCKET_PATH_BYTES = 100  # sun_path holds 108 on Linux, and Dovecot appends names of its own
# What Dovecot's parser, the shell-like splitting of `executable`, Lua strings and Sieve strings all read as itself.
_SAFE_PATH = re.compile(r"/[^\s\x00-\x20\x7f\"'`#%$&;|<>{}()\[\]\\*?=,:!~]*", re.ASCII)
_SAFE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?", re.ASCII)
_SAFE_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)
_SAFE_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}\$?", re.ASCII)

Listener = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLimits:
    """How much of the machine the mailbox server may take. Counts, seconds or MiB as the names say."""

    user_connections: int = 50  # IMAP sessions of one user from one address: an agency sits behind one
    imap_sessions: int = 2000
    logins_in_flight: int = 200  # each waits in a process of its own while the verifier delays its answer
    lmtp_processes: int = 20
    process_memory_mib: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class DovecotPlan:
    """Everything that `render` needs. Paths are absolute; every value is checked when the plan is made.

    Raises:
        UnsafeValueError: a value could be read as something else in one of the rendered files, or is out of range.
    """

    directory: Path  # configuration and state, DIR/data/dovecot
    run_directory: Path  # sockets, DIR/run
    mail_directory: Path  # DIR/data/mail
    user: str
    group: str
    uid: int
    gid: int
    imap: Listener | None  # STARTTLS; None = closed
    imaps: Listener | None  # TLS from the first byte (RFC 8314 § 3)
    certificate: Path
    key: Path
    hostname: str
    postmaster: str
    doveadm: Path = Path("/usr/bin/doveadm")
    tls_minimum: str = "1.2"
    quota_mib: int = 2048  # for a mailbox whose own row names none
    limits: MailboxLimits = field(default_factory=MailboxLimits)

    def __post_init__(self) -> None:
        for item in fields(self):
            if isinstance(value := getattr(self, item.name), Path):
                _check(_SAFE_PATH, item.name, str(value))
        _check(_SAFE_USER, "user", self.user)
        _check(_SAFE_USER, "group", self.group)
        _check(_SAFE_NAME, "hostname", self.hostname)
        _check(_SAFE_ADDRESS, "postmaster", self.postmaster)
        _check(re.compile(r"1\.[23]"), "tls_minimum", self.tls_minimum)
        if self.uid <= 0 or self.gid <= 0:
            raise UnsafeValueError("mailboxes cannot be served as root: name an ordinary user")
        for listener in (self.imap, self.imaps):
            if listener is not None:
                _check_listener(listener)
        _check_numbers(self)
        for path in (self.lmtp_socket, self.base_directory / "anvil-auth-penalty", self.verifier_socket):
            if len(bytes(path)) > SOCKET_PATH_BYTES:
                raise UnsafeValueError(
                    f"{path}: longer than {SOCKET_PATH_BYTES} bytes, the limit of a Unix socket's name"
                )

    @property
    def configuration(self) -> Path:
        return self.directory / "dovecot.conf"

    @property
    def instance(self) -> str:
        """Begins the name of every process of this Dovecot, and of no other on the machine."""
        return f"mailhub-{hashlib.sha256(bytes(self.directory)).hexdigest()[:12]}"

    @property
    def base_directory(self) -> Path:
        """Dovecot's own sockets and its master.pid."""
        return self.run_directory / "dovecot"

    @property
    def lmtp_socket(self) -> Path:
        return self.run_directory / "lmtp"

    @property
    def quota_socket(self) -> Path:
        return self.run_directory / "quota-status"

    @property
    def verifier_socket(self) -> Path:
        return self.run_directory / "auth"

    @property
    def inject_socket(self) -> Path:
        return self.run_directory / "inject"

    @property
    def inject_program(self) -> Path:
        return self.directory / "libexec" / "mailhub-inject"  # the templates name it


def _check(pattern: re.Pattern[str], name: str, value: str) -> None:
    if pattern.fullmatch(value) is None:
        raise UnsafeValueError(f"{name} = {value!r} cannot be written into Dovecot's configuration")


def _check_listener(listener: Listener) -> None:
    host, port = listener
    try:
        ip_address(host)
    except ValueError as error:
        raise UnsafeValueError(f"{host!r} is not an IP address to listen on") from error
    if not 0 < port < 65536:
        raise UnsafeValueError(f"{port} is not a port")


def _check_numbers(plan: DovecotPlan) -> None:
    numbers = {"quota_mib": plan.quota_mib} | {f.name: getattr(plan.limits, f.name) for f in fields(plan.limits)}
    for name, number in numbers.items():
        if number < 1:
            raise UnsafeValueError(f"{name} = {number}: at least 1")
