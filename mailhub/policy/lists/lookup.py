"""Asking the lists: whose a domain is, whether a host shares files, whether a type of file may travel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mailhub.policy.facts import Listing, MailClass
from mailhub.policy.lists.reading import FileTypes, Source, gather


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists together. Domains are lower case, A-labels; a domain stands for its subdomains as well."""

    private_mail: Mapping[str, str]  # domain → provider
    file_sharing: Mapping[str, str]  # host → service
    government: frozenset[str]
    blocked: frozenset[str]
    real: frozenset[str]  # called like one of ours, and no look-alike
    hub_names: frozenset[str]  # what only the hub's own notices are called
    types: Mapping[str, FileTypes]  # by direction: own, outside
    forbidden: frozenset[str]
    sources: tuple[Source, ...]


def read_lists(texts: Iterable[tuple[str, str]]) -> Lists:
    """The lists in these texts, each `(file name, text)`: first those that ship, then the hub's own.

    Raises:
        ListError: a text is no list; the message names the file.
    """
    gathered = gather(texts)
    return Lists(
        private_mail=gathered.domains["private-mail"],
        file_sharing=gathered.domains["file-sharing"],
        government=frozenset(gathered.domains["government"]),
        blocked=frozenset(gathered.domains["blocked"]),
        real=frozenset(gathered.domains["real"]),
        hub_names=frozenset(gathered.words),
        types=gathered.types,
        forbidden=frozenset(gathered.forbidden),
        sources=tuple(gathered.sources),
    )


def classify_domain(domain: str, own_domains: Collection[str], lists: Lists) -> MailClass:
    """Whose addresses in `domain` (lower case, A-labels) are. Own ones first, then what the province blocks, so that a
    slip in a list never cuts off the province itself."""
    if under(domain, own_domains):
        return MailClass.OWN
    if under(domain, lists.blocked):
        return MailClass.BLOCKED
    if under(domain, lists.private_mail):
        return MailClass.PRIVATE
    if under(domain, lists.government):
        return MailClass.GOVERNMENT
    return MailClass.ORGANISATION


def provider_of(domain: str, lists: Lists) -> str:
    """The provider of private mail behind `domain` ("Gmail"); "" when it is none."""
    return _named(domain, lists.private_mail)


def is_file_sharing(host: str, lists: Lists) -> bool:
    """Whether links to `host` lead to files outside the province's systems."""
    return under(host, lists.file_sharing)


def listing_of(kind: str, extension: str, own: bool, lists: Lists) -> Listing:
    """Whether a file may travel: by its real type; by its name's ending when the type has no name (QCVN 12:2026/BCA
    3.10.2.2.6). `own`: it leaves us; else it comes from outside."""
    if kind in lists.forbidden:
        return Listing.FORBIDDEN
    listed = lists.types["own" if own else "outside"]
    if kind in listed.types or (kind == "unknown" and extension.lower() in listed.unknown_endings):
        return Listing.ALLOWED
    return Listing.OTHER


def under(domain: str, domains: Collection[str]) -> bool:
    """Whether `domain` is one of these or below one."""
    return any(name in domains for name in _upward(domain))


def _named(domain: str, names: Mapping[str, str]) -> str:
    return next((names[name] for name in _upward(domain) if name in names), "")


def _upward(domain: str) -> Iterator[str]:
    """`a.b.c`, then `b.c`, then `c`."""
    name = domain.lower().rstrip(".")
    while name:
        yield name
        name = name.partition(".")[2]
