"""Slips as PDF: "Phiếu cấp tài khoản", a page a person, behind each unit's "Danh sách ký nhận".

The fonts are those that typst carries with it, so that a slip looks the same on a machine without any. What is
printed holds codes in clear: `private_file` makes the file for its owner only, and nothing else keeps them.
"""

from __future__ import annotations

import io
import json
import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

import segno
import typst

from mailhub.accounts.login.slip_lists import Slip
from mailhub.clock import local_time
from mailhub.errors import MailhubError
from mailhub.lifecycle.slip_layout import LAYOUT
from mailhub.settings import Settings


class SlipFileExists(MailhubError):
    """The file is there already: slips never replace another file, which may hold codes that still work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipHub:
    """What every slip says of the hub. Ports are 0 where a door is closed; `client_days` as in `[accounts]`; `web` is
    where browsers find the web (`thu.tinh.gov.vn`), '' where it is closed."""

    province: str
    host: str
    support: str
    imaps: int
    imap: int
    submissions: int
    submission: int
    client_days: int
    web: str = ""


def hub_of(settings: Settings) -> SlipHub:
    """What the settings say."""

    def port(service: Any) -> int:
        address = settings.listen_address(service)
        return 0 if address is None else address.port

    return SlipHub(
        province=settings.hub.province,
        host=settings.hub.hostname,
        support=settings.hub.support or f"postmaster@{settings.hub.domain}",
        imaps=port("imaps"),
        imap=port("imap"),
        submissions=port("submissions"),
        submission=port("submission"),
        client_days=settings.accounts.slip_client_days,
        web=web_of(settings),
    )


def web_of(settings: Settings) -> str:
    """What people type to reach the web: its first name of `[web] names`, else the host's; '' when it is closed."""
    address = settings.listen_address("https")
    if address is None:
        return ""
    name = (*settings.web.names, settings.hub.hostname)[0]
    return name if address.port == 443 else f"{name}:{address.port}"


def as_pdf(slips: Sequence[Slip], hub: SlipHub, *, at: int, lists: bool = True) -> bytes:
    """A page for each slip, in the order given; with `lists`, each unit's begin with its list to sign. `at` (ms) is
    when they were made."""
    made = typst.compile(
        LAYOUT.encode(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"slips": _composed(json.dumps(_contents(slips, hub, at=at, lists=lists), ensure_ascii=False))},
    )
    assert isinstance(made, bytes)
    return made


def _composed(text: str) -> str:
    """In NFC: fonts draw letters with two marks well only where they have one glyph for them."""
    return unicodedata.normalize("NFC", text)


def qr_text(slip: Slip, web: str) -> str:
    """What the QR code says: the one-time link of wording § 2.4, with the address behind `#`, which browsers send to
    nobody; where there is no web, address and code, to be copied into a telephone's mail client."""
    return f"https://{web}/k/{slip.code}#{quote(slip.address, safe='@')}" if web else f"{slip.address}\n{slip.code}"


def _contents(slips: Sequence[Slip], hub: SlipHub, *, at: int, lists: bool) -> dict[str, Any]:
    units = []
    for agency, members in groupby(slips, key=lambda slip: slip.agency):
        units.append({"agency": agency, "slips": [_person(slip, hub.web) for slip in members]})
    return {
        "province": hub.province,
        "host": hub.host,
        "support": hub.support,
        "reading": _servers((hub.imaps, "SSL/TLS"), (hub.imap, "STARTTLS")),
        "sending": _servers((hub.submissions, "SSL/TLS"), (hub.submission, "STARTTLS")),
        "client_days": hub.client_days,
        "web": hub.web,
        "made_on": f"{local_time(at):%d/%m/%Y}",
        "lists": lists,
        "units": units,
    }


def _person(slip: Slip, web: str) -> dict[str, str]:
    until = local_time(slip.until)
    return {
        "name": slip.name,
        "title": slip.title,
        "address": slip.address,
        "code": slip.code,
        "until": f"{until:%H} giờ {until:%M} ngày {until:%d/%m/%Y}",
        "qr": _qr(qr_text(slip, web)),
    }


def _servers(*doors: tuple[int, str]) -> str:
    return " hoặc ".join(f"cổng {port} ({security})" for port, security in doors if port)


def _qr(text: str) -> str:
    """An SVG. Error correction M survives a fold in the paper; the quiet zone of four modules is part of it."""
    file = io.BytesIO()
    segno.make(text, error="m", micro=False, encoding="utf-8").save(file, kind="svg", border=4, xmldecl=False)
    return file.getvalue().decode()


@contextmanager
def private_file(path: Path) -> Iterator[Callable[[bytes], None]]:
    """A new file that only its owner reads, there before the codes are made: they would be lost without it.

    Gives what writes it, once; a file that nothing was written to does not stay.

    Raises:
        SlipFileExists. OSError: it cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise SlipFileExists(f"{path} exists: name a new file, or remove this one") from error
    written = False

    def write(data: bytes) -> None:
        nonlocal written
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        written = True

    with os.fdopen(descriptor, "wb") as file:
        try:
            yield write
        finally:
            if not written:
                with suppress(OSError):  # root has stepped down meanwhile: an empty file harms nobody
                    path.unlink()
