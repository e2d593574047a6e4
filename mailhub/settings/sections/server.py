"""The machine's side: who the hub is, its doors, its certificate, where it keeps things."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import (
    LARGEST_BASE_PORT,
    Count,
    DatabaseUrl,
    DirectoryName,
    Domain,
    FileName,
    Listener,
    OneLine,
    UserName,
    about,
)

Mebibytes = Annotated[int, Field(ge=1, le=1_048_576)]


class Hub(Section):
    """Who this hub is. / Tên miền và máy chủ của tỉnh."""

    domain: Domain = Field(
        examples=["tinh.gov.vn"],
        description="The official mail domain of the province; further domains are added with the accounts.",
        json_schema_extra=about(restart=True),
    )
    hostname: Domain = Field(
        examples=["mail.tinh.gov.vn"],
        description="The name this server gives in greetings, EHLO, trace headers and its certificate. "
        "Its address should have this name in reverse DNS.",
        json_schema_extra=about(restart=True),
    )
    province: OneLine = Field(
        default="",
        description='The name people read in notices, for example "tỉnh Lào Cai". Empty: the domain is shown instead.',
        json_schema_extra=about(),
    )
    regulation: OneLine = Field(
        default="",
        description="The province's regulation on mail use (căn cứ), with number, date and issuer: for the policy "
        "notices to come. `mailhub doctor` says when it is empty.",
        json_schema_extra=about(),
    )
    support: OneLine = Field(
        default="",
        description="Whom officials call when mail fails (đầu mối, điện thoại). Empty: notices name postmaster@ only.",
        json_schema_extra=about(),
    )
    user: UserName = Field(
        default="mailhub",
        description="The unprivileged system user that `mailhub serve` becomes when it was started as root.",
        json_schema_extra=about(restart=True),
    )
    base_port: Annotated[int, Field(ge=0, le=LARGEST_BASE_PORT)] = Field(
        default=0,
        description="For trials: every open listener moves to 127.0.0.1 at this number plus its standard port "
        "(25, 587, 465, 143, 993, 80, 443). 0 means the addresses of [listen] are used.",
        json_schema_extra=about(restart=True, zero="the addresses of [listen]"),
    )


class Listen(Section):
    """The public doors, each an IP address and a port; "" keeps a door closed. / Cổng dịch vụ."""

    mx: Listener = Field(
        default="0.0.0.0:25",
        description="Where other mail servers deliver (SMTP).",
        json_schema_extra=about(restart=True),
    )
    submission: Listener = Field(
        default="0.0.0.0:587",
        description="Where mail clients send, with STARTTLS before they log in (RFC 6409).",
        json_schema_extra=about(restart=True),
    )
    submissions: Listener = Field(
        default="0.0.0.0:465",
        description="Where mail clients send, in TLS from the first byte (RFC 8314).",
        json_schema_extra=about(restart=True),
    )
    imap: Listener = Field(
        default="0.0.0.0:143",
        description="Where mail clients read, with STARTTLS before they log in.",
        json_schema_extra=about(restart=True),
    )
    imaps: Listener = Field(
        default="0.0.0.0:993",
        description="Where mail clients read, in TLS from the first byte.",
        json_schema_extra=about(restart=True),
    )
    https: Listener = Field(
        default="0.0.0.0:443",
        description="The web: pages for officials and administrators, and the JSON API, in TLS.",
        json_schema_extra=about(restart=True),
    )
    http: Listener = Field(
        default="0.0.0.0:80",
        description="Leads browsers that come without TLS to `https`; serves nothing itself.",
        json_schema_extra=about(restart=True),
    )


class Tls(Section):
    """The server's certificate. New files under the same names are taken within seconds. / Chứng thư TLS."""

    certificate: FileName = Field(
        default="keys/tls.crt",
        description="The certificate with its chain, PEM. A relative path begins at the hub's directory.",
        json_schema_extra=about(restart=True),
    )
    key: FileName = Field(
        default="keys/tls.key",
        description="The private key of the certificate, PEM without a pass phrase, readable by the hub's user only.",
        json_schema_extra=about(restart=True),
    )
    minimum: Literal["1.2", "1.3"] = Field(
        default="1.2",
        description='The oldest TLS version clients may use. "1.3" shuts out Outlook on Windows 10.',
        json_schema_extra=about(restart=True),
    )


class DatabaseSection(Section):
    """Where queue, accounts and registers are kept. / Cơ sở dữ liệu."""

    url: DatabaseUrl = Field(
        default="",
        repr=False,
        description='Empty means SQLite in data/mailhub.db. PostgreSQL: "postgresql+psycopg://user@host/name".',
        json_schema_extra=about(restart=True, secret=True),
    )


class Spool(Section):
    """Where the bodies of messages lie until they are delivered. / Hàng đợi thư."""

    directory: DirectoryName = Field(
        default="data/spool",
        description="The directory of message bodies, on a local disk whose fsync can be trusted.",
        json_schema_extra=about(restart=True),
    )
    keep_days: Count = Field(
        default=0,
        description="How many days a body is kept after its last recipient is settled. "
        "0 means it goes as soon as nobody needs it.",
        json_schema_extra=about("days", zero="not kept"),
    )
    segment_mib: Mebibytes = Field(
        default=64,
        description="The size in MiB at which a file of small bodies is closed and the next one begun.",
        json_schema_extra=about("MiB", restart=True),
    )
    small_kib: Annotated[int, Field(ge=0, le=65_536)] = Field(
        default=256,
        description="Bodies up to this many KiB share a file; larger ones get a file each. "
        "0 means every body gets its own, which is slower.",
        json_schema_extra=about("KiB", restart=True, zero="a file each"),
    )


class Workers(Section):
    """How many processes of each kind run under one supervisor. / Số tiến trình."""

    smtp: Annotated[int, Field(ge=1, le=256)] = Field(
        default=2,
        description="Processes that receive mail; about one a CPU core.",
        json_schema_extra=about("processes", restart=True),
    )
    web: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1,
        description="Processes that serve the web.",
        json_schema_extra=about("processes", restart=True),
    )
    delivery: Annotated[int, Field(ge=1, le=256)] = Field(
        default=1,
        description="Processes that deliver mail and sign it.",
        json_schema_extra=about("processes", restart=True),
    )
