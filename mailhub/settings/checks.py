"""What no single setting can tell: whether they make sense together, on this machine's file system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from mailhub.settings.schema import Settings
from mailhub.settings.values import STANDARD_PORTS

# sockaddr_un holds 108 bytes on Linux and 104 elsewhere (unix(7)); 100 leaves room for a temporary suffix.
SOCKET_PATH_BYTES = 100
LONGEST_SOCKET_NAME = len("inspector-slow")


class Conflict(NamedTuple):
    """A setting that does not fit the others; `location` is a path of `scan.key_lines`, () for the whole file."""

    location: tuple[str | int, ...]
    value: object  # None: not worth showing
    problem: str
    remedy: str


def conflicts(settings: Settings) -> Iterator[Conflict]:
    """Everything in `settings` that cannot work together."""
    yield from _ports(settings)
    yield from _sockets(settings)
    yield from _directories(settings)
    yield from _times(settings)
    yield from _dkim_keys(settings)


def _ports(settings: Settings) -> Iterator[Conflict]:
    taken: dict[object, str] = {}
    for service in STANDARD_PORTS:
        address = settings.listen_address(service)
        if address is not None and (other := taken.setdefault(address, service)) != service:
            written = getattr(settings.listen, service)
            yield Conflict(("listen", service), written, f"is the address of [listen] {other} too", "give each its own")


def _sockets(settings: Settings) -> Iterator[Conflict]:
    directory = os.fsencode(settings.run_directory)
    room = SOCKET_PATH_BYTES - 1 - LONGEST_SOCKET_NAME - 1
    if len(directory) > room:
        problem = f"{settings.run_directory} has {len(directory)} bytes, too long for the path of a Unix socket"
        yield Conflict((), None, problem, f"move the hub to a directory of at most {room - len('/run')} bytes")


def _directories(settings: Settings) -> Iterator[Conflict]:
    if settings.spool_directory == settings.mail_directory:
        value = settings.mailboxes.directory
        yield Conflict(("mailboxes", "directory"), value, "is the spool's directory too", 'for example "data/mail"')


def _times(settings: Settings) -> Iterator[Conflict]:
    lockout, delivery = settings.lockout, settings.delivery
    if lockout.longest_delay_seconds < lockout.delay_seconds:
        yield Conflict(
            ("lockout", "longest_delay_seconds"),
            lockout.longest_delay_seconds,
            f"must not be shorter than delay_seconds, which is {lockout.delay_seconds}",
            "",
        )
    inspector = settings.inspector
    if inspector.latest_minutes_urgent > inspector.latest_minutes:
        yield Conflict(
            ("inspector", "latest_minutes_urgent"),
            inspector.latest_minutes_urgent,
            f"must not be longer than latest_minutes, which are {inspector.latest_minutes}",
            "",
        )
    if delivery.delay_notice_minutes >= delivery.expire_hours * 60:
        yield Conflict(
            ("delivery", "delay_notice_minutes"),
            delivery.delay_notice_minutes,
            f"must be less than expire_hours, which are {delivery.expire_hours * 60} minutes",
            "or 0 for no notice",
        )


def _dkim_keys(settings: Settings) -> Iterator[Conflict]:
    seen: set[tuple[str, str]] = set()
    for place, key in enumerate(settings.dkim.keys):
        if key.until is not None and key.until < key.from_:
            value = key.until.isoformat()
            yield Conflict(("dkim", "keys", place, "until"), value, "is before the first day of the key", "")
        if (key.domain, key.selector) in seen:
            problem = f"names a key of {key.domain} for the second time"
            yield Conflict(("dkim", "keys", place, "selector"), key.selector, problem, "give each key its own selector")
        seen.add((key.domain, key.selector))
