"""The kinds of value a setting can have, each with the check that says what would be right.

The checks raise ValueError with the words that `explain.py` shows: "must be …", then an example.
"""

from __future__ import annotations

import itertools
import re
from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

# RFC 1035 § 2.3.1 with the digits of RFC 1123 § 2.1; a Vietnamese name is written as its A-label (RFC 5890).
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


Service = Literal["mx", "submission", "submissions", "imap", "imaps", "http", "https"]

STANDARD_PORTS: dict[Service, int] = {
    "mx": 25,
    "submission": 587,
    "submissions": 465,
    "imap": 143,
    "imaps": 993,
    "http": 80,
    "https": 443,
}
LARGEST_BASE_PORT = 65535 - max(STANDARD_PORTS.values())


class HostPort(NamedTuple):
    """The two halves of `host:port`; an IPv6 host without its brackets."""

    host: str
    port: int


def about(unit: str = "", *, restart: bool = False, zero: str = "", secret: bool = False) -> dict[str, Any]:
    """What a field's `json_schema_extra` says beyond its type.

    `unit` is the unit of a number, `restart` true when a reload cannot apply the field, `zero` what 0 means, `secret`
    true when the value must not be repeated in a message.
    """
    return {"unit": unit, "restart": restart, "zero": zero, "secret": secret}


def split_host_port(text: str) -> HostPort:
    """`mx.tinh.gov.vn:25`, `10.0.0.5:25` or `[2001:db8::5]:25` as host and port.

    Raises:
        ValueError: it is none of these, or the port is not 1 to 65535.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError('must be "host:port" with a port from 1 to 65535')
    if host.startswith("[") and host.endswith("]"):
        return HostPort(str(IPv6Address(host[1:-1])), int(port))
    if ":" in host:
        raise ValueError("must have an IPv6 address in brackets")
    return HostPort(host.lower(), int(port))


def _domain(text: str) -> str:
    lowered = text.lower()
    if len(lowered) > 253 or not _DOMAIN.fullmatch(lowered):
        raise ValueError("must be a full domain name of ASCII letters, digits and hyphens")
    return lowered


def _listener(text: str) -> str:
    if not text:
        return text
    try:
        host, port = split_host_port(text)
        ip_address(host)
    except ValueError:
        raise ValueError('must be "address:port" with an IP address of this machine, or "" to stay closed') from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _next_hop(text: str) -> str:
    if not text:
        return text
    try:
        host, port = split_host_port(text)
        if not _is_address(host) and not (_HOST.fullmatch(host) and not re.fullmatch(r"[0-9.]+", host)):
            raise ValueError("no host")
    except ValueError:
        raise ValueError('must be "host:port", or "" to look up the MX of each domain') from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        pass
    try:
        wider = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("must be an IP network or a single IP address") from None
    raise ValueError(f'has address bits behind its prefix; you may mean "{wider}"')


def _address(text: str) -> str:
    try:
        parsed: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        raise ValueError("must be an IP address") from None
    return str(parsed)


def _file(text: str) -> str:
    if not text or text.endswith("/") or any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("must name a file, absolute or relative to the hub's directory")
    return text


def _directory(text: str) -> str:
    if not text.strip("/.") or any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("must name a directory of its own, absolute or relative to the hub's directory")
    return text.rstrip("/")


def _user(text: str) -> str:
    if not _USER.fullmatch(text):
        raise ValueError("must be the name of a system user")
    return text


def _database_url(text: str) -> str:
    if text and not re.match(r"(?:sqlite:///|postgresql\+psycopg://).", text):
        raise ValueError('must be "" or begin with sqlite:/// or postgresql+psycopg://')
    return text


def _line(text: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("must be one line of text without control characters")
    return text.strip()


def _selector(text: str) -> str:
    if not _HOST.fullmatch(text.lower()):
        raise ValueError("must be a DKIM selector of letters, digits and hyphens")
    return text.lower()


def _day(value: Any) -> Any:
    """A TOML date or `YYYY-MM-DD`; "" is no date."""
    if value in ("", None):
        return None
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
    raise ValueError("must be a date written YYYY-MM-DD")


def _required_day(value: Any) -> Any:
    if value == "":
        raise ValueError("must be a date written YYYY-MM-DD")
    return _day(value)


def _ascending(minutes: tuple[int, ...]) -> tuple[int, ...]:
    if not minutes or minutes[0] < 1 or any(later <= earlier for earlier, later in itertools.pairwise(minutes)):
        raise ValueError("must be a list of positive minutes, each longer than the one before")
    return minutes


def as_tuple(value: Any) -> Any:
    """TOML has lists; settings are frozen, hence tuples."""
    return tuple(value) if isinstance(value, list) else value


def _mail_address(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at or not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", local):
        raise ValueError('must be a mail address, "name@domain"')
    return f"{local}@{_domain(domain)}"


def _old_server(text: str) -> str:
    domain, equals, url = text.partition("=")
    try:
        host, _port = split_host_port(url.removeprefix("imaps://"))
        if not equals or not url.startswith("imaps://") or not (_is_address(host) or _HOST.fullmatch(host)):
            raise ValueError("no host")
        return f"{_domain(domain)}={url.lower()}"
    except ValueError:
        raise ValueError('must be "DOMAIN=imaps://HOST:PORT"') from None


HIGHEST_COUNT = 1_000_000_000

Count = Annotated[int, Field(ge=0, le=HIGHEST_COUNT)]
Limit = Count  # in [limits], where 0 is "no limit"
AtLeastOne = Annotated[int, Field(ge=1, le=HIGHEST_COUNT)]
Domain = Annotated[str, AfterValidator(_domain)]
Listener = Annotated[str, AfterValidator(_listener)]
NextHop = Annotated[str, AfterValidator(_next_hop)]
Network = Annotated[str, AfterValidator(_network)]
Address = Annotated[str, AfterValidator(_address)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
MailAddresses = Annotated[tuple[MailAddress, ...], BeforeValidator(as_tuple)]
FileName = Annotated[str, AfterValidator(_file)]
DirectoryName = Annotated[str, AfterValidator(_directory)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
UserName = Annotated[str, AfterValidator(_user)]
OneLine = Annotated[str, AfterValidator(_line)]
Selector = Annotated[str, AfterValidator(_selector)]
Day = Annotated[date, BeforeValidator(_required_day)]
LastDay = Annotated[date | None, BeforeValidator(_day)]
RetryMinutes = Annotated[tuple[int, ...], BeforeValidator(as_tuple), AfterValidator(_ascending)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(as_tuple)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(as_tuple)]
# The roles of accounts' rights.py that people are given; settings lie below, hence a list of their own.
RoleName = Literal[
    "system_admin",
    "agency_admin",
    "approver",
    "help_desk",
    "security_officer",
    "clerk",
    "manager",
    "auditor",
]
RoleNames = Annotated[tuple[RoleName, ...], BeforeValidator(as_tuple)]
OldServers = Annotated[tuple[Annotated[str, AfterValidator(_old_server)], ...], BeforeValidator(as_tuple)]
