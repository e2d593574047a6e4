"""What clients may cost, and what passwords must be like."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import (
    AtLeastOne,
    Count,
    Limit,
    about,
)


class Limits(Section):
    """Every limit on what clients may cost; 0 switches a limit off. / Giới hạn; 0 là không giới hạn."""

    message_mib: Limit = Field(
        default=50,
        description="The largest message in MiB as it travels (attachments grow by a third in base64). 0 = no limit.",
        json_schema_extra=about("MiB"),
    )
    recipients: Limit = Field(
        default=1000,
        description="Recipients of one message in one transaction; RFC 5321 asks for 100 or more. 0 = no limit.",
        json_schema_extra=about("recipients"),
    )
    connections: Limit = Field(
        default=1000,
        description="Open SMTP connections of one smtp worker; more are answered 421. 0 = no limit.",
        json_schema_extra=about("connections"),
    )
    connections_per_network: Limit = Field(
        default=100,
        description="Open SMTP connections from one network (IPv4 /24, IPv6 /64) to one smtp worker. "
        "Leave room for an office behind one address. 0 = no limit.",
        json_schema_extra=about("connections"),
    )
    commands_without_mail: Limit = Field(
        default=100,
        description="SMTP commands in a row that do not move a message on, before the connection ends. 0 = no limit.",
        json_schema_extra=about("commands"),
    )
    errors: Limit = Field(
        default=20,
        description="Refused commands of one connection, before it ends. 0 = no limit.",
        json_schema_extra=about("errors"),
    )
    received_hops: Limit = Field(
        default=50,
        description="`Received` headers in a message; more is taken for a loop and refused. 0 = no limit.",
        json_schema_extra=about("headers"),
    )
    header_kib: Limit = Field(
        default=64,
        description="The size of all header fields of a message together, in KiB; larger ones are refused. "
        "0 = no limit.",
        json_schema_extra=about("KiB"),
    )
    queue_messages: Limit = Field(
        default=200_000,
        description="Recipients waiting in the queue; beyond it new mail is answered 452. 0 = no limit.",
        json_schema_extra=about("recipients"),
    )
    spool_free_mib: Limit = Field(
        default=200,
        description="Free space in MiB that the spool's disk must keep; below it new mail is answered 452. "
        "0 = no limit.",
        json_schema_extra=about("MiB"),
    )
    submissions_per_hour: Limit = Field(
        default=0,
        description="Recipients that one account may send to in an hour; more are answered 4xx. 0 = no limit.",
        json_schema_extra=about("recipients an hour"),
    )
    command_seconds: Limit = Field(
        default=300,
        description="How long the server waits for a client's next command, in seconds; RFC 5321 § 4.5.3.2 asks for "
        "300 or more. 0 = no limit.",
        json_schema_extra=about("seconds"),
    )
    data_rate_bytes_per_minute: Limit = Field(
        default=12_000,
        description="The slowest a client may send a message, in bytes a minute. "
        "The default lets a thin line take 14 hours for 10 MB. 0 = no limit.",
        json_schema_extra=about("bytes a minute"),
    )
    data_idle_seconds: Limit = Field(
        default=180,
        description="How long a client may pause within a message, in seconds; RFC 5321 § 4.5.3.2.5 asks for 180. "
        "0 = no limit.",
        json_schema_extra=about("seconds"),
    )
    refusals_kept_days: Limit = Field(
        default=30,
        description="How many days `mailhub trace` knows of mail that was refused at the door. 0 = for ever.",
        json_schema_extra=about("days"),
    )
    bounce_kib: Limit = Field(
        default=20_480,
        description="A notice of failure carries the whole original only up to this many KiB, else its headers. "
        "0 = no limit.",
        json_schema_extra=about("KiB"),
    )


class Lockout(Section):
    """Wrong passwords, counted by account and source network: only guessing gets slower. / Sai mật khẩu."""

    free_failures: Count = Field(
        default=5,
        description="Wrong passwords from one network on one account before answers are delayed. "
        "0 means the first one is delayed already.",
        json_schema_extra=about("attempts", zero="delay at once"),
    )
    delay_seconds: Count = Field(
        default=1,
        description="The first delay in seconds; it doubles with each further failure. 0 means no delay.",
        json_schema_extra=about("seconds", zero="no delay"),
    )
    longest_delay_seconds: Count = Field(
        default=30,
        description="The longest delay of one answer, in seconds. 0 means no delay.",
        json_schema_extra=about("seconds", zero="no delay"),
    )
    window_minutes: AtLeastOne = Field(
        default=15,
        description="How many minutes a wrong password is remembered.",
        json_schema_extra=about("minutes"),
    )


class Passwords(Section):
    """What passwords must be like, and what checking one costs. / Mật khẩu."""

    minimum_length: Annotated[int, Field(ge=8, le=128)] = Field(
        default=8,
        description="The fewest characters of a password; QCVN 12:2026/BCA 3.7.2.6.4 asks for 8 or more.",
        json_schema_extra=about("characters"),
    )
    character_kinds: Annotated[int, Field(ge=0, le=4)] = Field(
        default=4,
        description="How many of the four kinds (lower case, upper case, digit, other) a password must contain; "
        "QCVN 12:2026/BCA 3.7.2.6.4 asks for all 4. 0 means any password of the right length.",
        json_schema_extra=about("kinds", zero="any password of the right length"),
    )
    time_cost: Annotated[int, Field(ge=1, le=100)] = Field(
        default=2,
        description="Passes of argon2id over its memory (RFC 9106); applies to passwords set from then on.",
        json_schema_extra=about("passes"),
    )
    memory_kib: Annotated[int, Field(ge=8_192, le=4_194_304)] = Field(
        default=19_456,
        description="Memory in KiB that one argon2id computation takes.",
        json_schema_extra=about("KiB"),
    )
    parallelism: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1,
        description="Lanes of one argon2id computation.",
        json_schema_extra=about("lanes"),
    )
    concurrent: Annotated[int, Field(ge=1, le=1_000)] = Field(
        default=2,
        description="Passwords that one process checks at one time; further logins wait their turn.",
        json_schema_extra=about("checks", restart=True),
    )
