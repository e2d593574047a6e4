"""What clients may cost, and what passwords must be like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import (
    AtLeastOne,
    Count,
    Limit,
    OldServers,
    RoleNames,
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
    """Wrong passwords, counted by account and source network: slower and slower, then locked. / Sai mật khẩu."""

    failures: Annotated[int, Field(ge=0, le=30)] = Field(
        default=5,
        description="Different wrong passwords after which an account is locked; the same one repeated counts once. "
        "0 means never: there are only the delays. QCVN 12:2026/BCA 3.6.2.1.9.2 asks for 5 or fewer. Wrong codes of "
        "the second factor are also counted by account alone: ten within a day close the code for lock_minutes.",
        json_schema_extra=about("attempts", zero="never"),
    )
    lock_minutes: Annotated[int, Field(ge=1, le=43_200)] = Field(
        default=15,
        description="How long an account stays locked for the network that failed; from elsewhere its owner gets in.",
        json_schema_extra=about("minutes"),
    )
    scope: Literal["account-network", "account"] = Field(
        default="account-network",
        description='What is locked: "account-network" locks the account for the network that failed, "account" for '
        "everybody, with failures of all networks together (QCVN 12:2026/BCA 3.6.2.1.9.2). The price of "
        '"account": whoever knows an address can lock its owner out, all day, and many owners at once.',
        json_schema_extra=about(),
    )
    account_lock_hours: Annotated[int, Field(ge=12, le=720)] = Field(
        default=12,
        description='With scope = "account": hours until an account opens by itself (QCVN 12:2026/BCA 3.6.2.1.9.3: '
        "12 hours to 30 days); `mailhub account unlock` opens it before.",
        json_schema_extra=about("hours"),
    )
    network_failures: Annotated[int, Field(ge=0, le=1_000)] = Field(
        default=50,
        description="Different accounts or names that fail from one network within the window before its failures, "
        "and its first logins to an account, are delayed. Owners who got in from there lately are not. An office "
        "behind one address needs room here. 0 means networks are not counted.",
        json_schema_extra=about("names", zero="networks are not counted"),
    )
    free_failures: Count = Field(
        default=2,
        description="Wrong passwords from one network on one account before answers are delayed; the lock of "
        "`failures` comes after. 0 means the first one is delayed already.",
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
    second_factor_roles: RoleNames = Field(
        default=("system_admin", "security_officer", "approver"),
        description="Roles that must have a second factor (QCVN 12:2026/BCA 3.7.2.8.3). Until it is set up, the "
        "password of whoever holds one opens nothing but setting it up; from then on mail clients take app passwords.",
        json_schema_extra=about(),
    )
    admin_days: Annotated[int, Field(ge=0, le=365)] = Field(
        default=60,
        description="Days after which the password of an administrator (any administering role) opens nothing but "
        "changing it; app passwords go on (QCVN 12:2026/BCA 3.7.2.6.5: two months). 0 means never.",
        json_schema_extra=about("days", zero="never"),
    )
    old_imap: OldServers = Field(
        default=(),
        description="Old mail servers, one a domain, as DOMAIN=imaps://HOST:PORT: the first login of an account "
        "without a password here is checked there, and the password is kept (hashed). Their certificates must be valid "
        "for this machine. While it is set, the time of an answer can tell which accounts have not logged in yet.",
        json_schema_extra=about(),
    )
