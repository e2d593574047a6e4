"""The records that a domain has to publish so that the world trusts this hub with its mail: MX, SPF, DMARC, DKIM.

`mailhub init`, the doctor and the web all take the lines from here: whoever keeps the zone copies them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mailhub.mail.dkim import SigningKey, load_signing_key, public_record
from mailhub.mail.errors import DkimKeyError
from mailhub.settings import DkimKey


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the zone; `kind` is what people call it: `MX`, `SPF`, `DMARC`, `DKIM`."""

    kind: str
    line: str


@dataclass(frozen=True, slots=True)
class Zone:
    """What a domain publishes. `unreadable`: selectors whose key could not be read, so that their line is missing."""

    domain: str
    records: tuple[Record, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def signs(self) -> bool:
        """Whether mail from there can be signed: it has a key."""
        return bool(self.unreadable) or any(one.kind == "DKIM" for one in self.records)


def zone_of(domain: str, hostname: str, keys: Iterable[DkimKey], file_of: Callable[[DkimKey], Path]) -> Zone:
    """Every record of the domain; of the keys those that are its own, also the ones that sign no more: what they signed
    is still under way."""
    records = [Record("MX", mx_line(domain, hostname)), Record("SPF", spf_line(domain))]
    records.append(Record("DMARC", dmarc_line(domain)))
    unreadable = []
    for key in keys:
        if key.domain != domain:
            continue
        try:
            loaded = load_signing_key(file_of(key).read_bytes(), key.domain, key.selector, key.algorithm)
        except (OSError, DkimKeyError):
            unreadable.append(key.selector)
        else:
            records.append(Record("DKIM", dkim_line(key, loaded)))
    return Zone(domain, tuple(records), tuple(unreadable))


def zone_lines(zone: Zone) -> Iterator[str]:
    """The lines alone, as a zone file has them."""
    return (one.line for one in zone.records)


def mx_line(domain: str, hostname: str) -> str:
    """RFC 5321 § 5.1."""
    return f"{domain}. IN MX 10 {hostname}."


def spf_line(domain: str) -> str:
    """RFC 7208: what takes its mail sends it, too, and nobody else does."""
    return f'{domain}. IN TXT "v=spf1 mx -all"'


def dmarc_line(domain: str) -> str:
    """RFC 7489 § 6.3."""
    return f'_dmarc.{domain}. IN TXT "v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}"'


def dkim_line(key: DkimKey, loaded: SigningKey) -> str:
    """RFC 6376 § 3.6.2.1."""
    return f"{dkim_name(key)}. IN TXT {_quoted(public_record(loaded))}"


def dkim_name(key: DkimKey) -> str:
    """Where the key's record stands."""
    return f"{key.selector}._domainkey.{key.domain}"


def _quoted(text: str) -> str:
    """A TXT value in strings of at most 255 octets (RFC 1035 § 3.3.14)."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
