"""How an address of ours is written, compared and given away."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from mailhub.accounts.errors import AddressTaken, InvalidAddress, InvalidValue, NoSuchDomain
from mailhub.accounts.models import Address, AddressKind, Domain

# What we give out: a part of RFC 5321's Dot-string that is also safe as a folder's name. No '+', which begins
# a detail. RFC 5321 § 4.5.3.1.1 allows 64 octets.
_LOCAL = re.compile(r"[a-z0-9_](?:[a-z0-9_'-]|\.(?!\.))*(?<!\.)")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_HOME = re.compile(r"smtp://(\[[0-9a-f:.]+\]|[a-z0-9._-]+):([0-9]{1,5})", re.IGNORECASE)

# Officials answer the hub there (`[policy] reply_to`; the doors take it before they look for an account).
HUBS_OWN = "thuchoduyet"


def fold(address: str) -> str:
    """The form in which addresses are compared: domain in lower case, local part case-folded (NFC)."""
    if address.isascii():
        return address.lower()
    local, at, domain = address.rpartition("@")
    return unicodedata.normalize("NFC", local).casefold() + at + domain.lower()


def split(address: str) -> tuple[str, str]:
    """Local part and domain of an address; the domain is '' when there is no `@`."""
    local, at, domain = address.rpartition("@")
    return (local, domain) if at else (address, "")


def read_own(text: str) -> str:
    """The address as we store it.

    Raises:
        InvalidAddress: it is not one that we give out: letters a to z, digits and `. _ - '` before the `@`.
    """
    address = fold(unicodedata.normalize("NFC", text.strip()))
    local, domain = split(address)
    if not domain or len(local) > 64 or _LOCAL.fullmatch(local) is None or _DOMAIN.fullmatch(domain) is None:
        raise InvalidAddress(f"not an address that can be given out: {text!r}")
    return address


def read_domain(text: str) -> str:
    """The domain as we store it: lower case, A-labels.

    Raises:
        InvalidAddress: it is not a domain name of at least two labels.
    """
    name = text.strip().lower().removesuffix(".")
    if len(name) > 253 or _DOMAIN.fullmatch(name) is None:
        raise InvalidAddress(f"not a domain name: {text!r}")
    return name


def read_home(text: str) -> str:
    """A home as we store it: '' for here (also written `here`), else smtp://host:port.

    Raises:
        InvalidValue: it is neither.
    """
    if text in ("", "here"):
        return ""
    match = _HOME.fullmatch(text.strip())
    if match is None or not 0 < int(match[2]) < 65536:
        raise InvalidValue(f"a home is 'here' or smtp://host:port, not {text!r}")
    return text.strip().lower()


def lookup(connection: Connection, address: str) -> tuple[AddressKind, int] | None:
    """What a folded address leads to: its kind and the number of the mailbox or group."""
    row = connection.execute(
        select(Address.kind, Address.mailbox_id, Address.group_id).where(Address.address == address)
    ).one_or_none()
    if row is None:
        return None
    return AddressKind(row.kind), row.group_id if row.kind == AddressKind.GROUP else row.mailbox_id


def check_free(connection: Connection, address: str) -> None:
    """Ask whether an address (as `read_own` gives it) may be given away.

    Raises:
        AddressTaken: it has an owner, or had one, or is the hub's own.
        NoSuchDomain: its domain is not ours.
    """
    domain = split(address)[1]
    if connection.execute(select(Domain.name).where(Domain.name == domain)).one_or_none() is None:
        raise NoSuchDomain(f"not a domain of ours: {domain}")
    if lookup(connection, address) is not None or split(address)[0] == HUBS_OWN:
        raise AddressTaken(f"the address is taken: {address}")


def claim(
    connection: Connection,
    address: str,
    kind: AddressKind,
    *,
    mailbox_id: int | None = None,
    group_id: int | None = None,
    protected: bool = False,
) -> None:
    """Enter an address (as `read_own` gives it) into the registry.

    Raises:
        AddressTaken: it has an owner, or had one; also when another writer was faster.
        NoSuchDomain: its domain is not ours.
    """
    check_free(connection, address)
    row = {"address": address, "domain": split(address)[1], "kind": kind, "protected": protected}
    try:
        connection.execute(insert(Address).values(row | {"mailbox_id": mailbox_id, "group_id": group_id}))
    except IntegrityError as error:
        raise AddressTaken(f"the address is taken: {address}") from error
