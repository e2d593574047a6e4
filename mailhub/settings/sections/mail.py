"""The mail's side: how it is checked, signed, delivered and kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import (
    Addresses,
    AtLeastOne,
    Count,
    Day,
    DirectoryName,
    Domain,
    FileName,
    LastDay,
    Networks,
    NextHop,
    RetryMinutes,
    Selector,
    about,
    as_tuple,
)


class Delivery(Section):
    """How mail leaves: to the mailboxes here and to other servers. / Chuyển thư."""

    smarthost: NextHop = Field(
        default="",
        examples=["relay.tinh.gov.vn:25"],
        description='The server that takes all outside mail, "host:port". '
        "Empty means each domain's MX is looked up and asked.",
        json_schema_extra=about(),
    )
    retry_minutes: RetryMinutes = Field(
        default=(1, 5, 15, 30, 60, 120, 240),
        description="Minutes to wait after each failed attempt; the last one repeats until the message expires.",
        json_schema_extra=about("minutes"),
    )
    expire_hours: AtLeastOne = Field(
        default=72,
        description="Hours after which mail that cannot be delivered goes back to its sender.",
        json_schema_extra=about("hours"),
    )
    delay_notice_minutes: Count = Field(
        default=240,
        description="Minutes after which the sender is told, once, that mail is still waiting. 0 means never.",
        json_schema_extra=about("minutes", zero="never"),
    )
    connections_per_destination: AtLeastOne = Field(
        default=10,
        description="Connections open at one time to one destination.",
        json_schema_extra=about("connections"),
    )
    local_concurrency: AtLeastOne = Field(
        default=10,
        description="Deliveries into the mailboxes of this hub that run at one time.",
        json_schema_extra=about("deliveries"),
    )
    idle_seconds: Count = Field(
        default=10,
        description="Seconds an idle connection to a destination is kept for the next message. "
        "0 means it is closed at once.",
        json_schema_extra=about("seconds", zero="closed at once"),
    )
    connect_seconds: AtLeastOne = Field(
        default=30,
        description="Seconds to wait for another server to accept a connection.",
        json_schema_extra=about("seconds"),
    )
    ipv6: bool = Field(
        default=True,
        description="Whether other servers are reached over IPv6 too; false where the province has no IPv6 route.",
        json_schema_extra=about(),
    )
    lease_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        default=300,
        description="Seconds after which another worker takes over the work of one that died.",
        json_schema_extra=about("seconds"),
    )


class Trusted(Section):
    """Machines that send without an account: printers, portals, an upstream gateway. / Thiết bị tin cậy."""

    networks: Networks = Field(
        default=(),
        examples=[["10.10.0.0/16", "2001:db8::/48"]],
        description="Networks (CIDR) whose machines may deliver to port 25 with an own-domain From: "
        "without SPF or DKIM. They still cannot relay to other domains.",
        json_schema_extra=about(),
    )


class Authentication(Section):
    """How mail from outside is checked. / Xác thực thư đến."""

    spf: bool = Field(
        default=True,
        description="Whether SPF is evaluated (RFC 7208).",
        json_schema_extra=about(),
    )
    dkim: bool = Field(
        default=True,
        description="Whether DKIM signatures are verified (RFC 6376).",
        json_schema_extra=about(),
    )
    dmarc: bool = Field(
        default=True,
        description="Whether DMARC is evaluated (RFC 7489); it needs SPF or DKIM.",
        json_schema_extra=about(),
    )
    obey_dmarc: bool = Field(
        default=True,
        description="Whether the domain's wish is obeyed: reject is refused, quarantine goes to Junk. "
        "false only records the result.",
        json_schema_extra=about(),
    )


class Dns(Section):
    """Who answers the hub's DNS questions. / Máy chủ DNS."""

    nameservers: Addresses = Field(
        default=(),
        examples=[["10.0.0.53"]],
        description="IP addresses of the resolvers to ask. Empty means those of /etc/resolv.conf.",
        json_schema_extra=about(restart=True),
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        default=53,
        description="The port of these resolvers.",
        json_schema_extra=about(restart=True),
    )
    timeout_seconds: Annotated[int, Field(ge=1, le=60)] = Field(
        default=5,
        description="Seconds to wait for an answer before the check counts as not decided for now.",
        json_schema_extra=about("seconds", restart=True),
    )


class DkimKey(Section):
    """One signing key. Keys of one domain may overlap in time; `mailhub doctor` shows what to publish."""

    domain: Domain = Field(
        examples=["tinh.gov.vn"], description="The domain that signs (d=).", json_schema_extra=about()
    )
    selector: Selector = Field(
        examples=["hub2026"],
        description="The selector (s=): the public key is published at SELECTOR._domainkey.DOMAIN.",
        json_schema_extra=about(),
    )
    algorithm: Literal["rsa", "ed25519"] = Field(
        examples=["rsa"],
        description="The kind of key; sign with rsa at least, many receivers do not know ed25519 (RFC 8463) yet.",
        json_schema_extra=about(),
    )
    file: FileName = Field(
        examples=["keys/dkim/tinh.gov.vn-hub2026.pem"],
        description="The private key, PEM, readable by the hub's user only.",
        json_schema_extra=about(),
    )
    from_: Day = Field(
        validation_alias="from",
        examples=["2026-01-01"],
        description="The first day on which the key signs, YYYY-MM-DD in Vietnam's time.",
        json_schema_extra=about(),
    )
    until: LastDay = Field(
        default=None,
        description="The last day on which the key signs, YYYY-MM-DD. Empty means no end.",
        json_schema_extra=about(),
    )


class Dkim(Section):
    """Signatures on outgoing mail (RFC 6376). / Chữ ký DKIM."""

    keys: Annotated[tuple[DkimKey, ...], BeforeValidator(as_tuple)] = Field(
        default=(),
        description="The signing keys, a [[dkim.keys]] table each. Without one, mail leaves unsigned.",
        json_schema_extra=about(),
    )


class Mailboxes(Section):
    """The mailboxes on this hub, kept by Dovecot. / Hộp thư."""

    enabled: bool = Field(
        default=True,
        description="Whether this hub keeps mailboxes; false where every domain's home is another server.",
        json_schema_extra=about(restart=True),
    )
    directory: DirectoryName = Field(
        default="data/mail",
        description="The directory of the mailboxes.",
        json_schema_extra=about(restart=True),
    )
    quota_mib: Count = Field(
        default=2048,
        description="The size in MiB of a mailbox that has no quota of its own. 0 means unlimited.",
        json_schema_extra=about("MiB", restart=True, zero="unlimited"),
    )
    dovecot: FileName = Field(
        default="dovecot",
        description="The Dovecot program: a name looked up in PATH and in /usr/sbin, or an absolute path.",
        json_schema_extra=about(restart=True),
    )
