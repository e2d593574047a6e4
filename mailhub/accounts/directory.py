"""Who an address of ours leads to and what an account may do, from memory, and never out of date.

Before each answer one tiny row is read (`directory_version`, moved on by every act in its own transaction), so
an act is seen by the next question in every process. Answers that time alone changes (a domain's last day, a
role's end) are kept until then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlalchemy import Connection

from mailhub.accounts.addresses import fold, split
from mailhub.accounts.directory_queries import (
    DomainEntry,
    Resolution,
    Target,
    load_domains,
    next_change,
    resolve,
    sender_addresses,
)
from mailhub.accounts.finding import load_mailbox
from mailhub.accounts.organisation.merging import former_addresses
from mailhub.accounts.profiles import Profile, load_profiles
from mailhub.accounts.version import VersionReader
from mailhub.clock import local_time, now_ms
from mailhub.store.database import Database

__all__ = ["AccountView", "Directory", "Look", "Profile", "Resolution", "Target"]

T = TypeVar("T")
_MOST = 50_000  # answers kept; strangers' guesses at addresses must not fill the memory
_TRIES = 5


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as the doors see it. The switches say what holds now: state and setting together.

    `addresses` are those in official domains that it may send as: its own, its other names, those of the role
    mailboxes it holds and of people who let it send for them; `shared` says of the latter two which mailbox each
    belongs to. `home` is '' for here; `quota_mib` None means the setting's.
    """

    id: int
    address: str
    name: str
    kind: str
    state: str
    may_login: bool
    may_send: bool
    receives: bool
    addresses: frozenset[str]
    home: str
    quota_mib: int | None
    shared: Mapping[str, int] = field(default_factory=dict, hash=False)
    # Its addresses in domains that were renamed, and what each is in what is sent (organisation/merging.py).
    # Sessions opened before this moment (ms) have ended.
    sessions_from: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict, hash=False)
    # The address that its files lie under.
    stored_as: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What rules ask of the directory, of one moment. `version` moves with every act; `ours` is every domain of ours;
    `profiles` has the addresses that were asked for, as they were asked for, None for what is not ours or unknown."""

    version: int
    ours: frozenset[str]
    profiles: Mapping[str, Profile | None]


@dataclass(slots=True)
class _Cache:
    version: int
    valid_until: int
    domains: dict[str, DomainEntry]
    canonical: str
    official: frozenset[str]
    ours: frozenset[str]
    resolutions: dict[str, Resolution | None] = field(default_factory=dict)
    accounts: dict[int, AccountView | None] = field(default_factory=dict)
    profiles: dict[str, Profile | None] = field(default_factory=dict)


class Directory:
    """The accounts' tables, read through a cache. Safe to use from threads; close it when done."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock
        self._version = VersionReader(database)
        self._lock = threading.RLock()
        self._cache: _Cache | None = None

    def resolve(self, address: str) -> Resolution | None:
        """Where mail for `address` goes; None when its domain is not ours. Bare `postmaster` is understood.

        Raises:
            StoreUnavailable
        """
        with self._lock:
            cache = self._current()
            key = fold(address)
            if key == "postmaster":  # RFC 5321 § 4.5.1: the one address without a domain
                key = f"postmaster@{cache.canonical}"
            if key in cache.resolutions:
                found = cache.resolutions[key]
            else:
                found = self._load(key, lambda c: c.resolutions, lambda db, c: resolve(db, c.domains, key))
        if found is not None and found.kind == "domain-relay":
            # Only the server it goes to knows whether case matters in its local parts (RFC 5321 § 2.4).
            there = found.targets[0]
            as_given = f"{split(address)[0]}@{split(there.address)[1]}"
            return replace(found, targets=(replace(there, address=as_given),))
        return found

    def account(self, account_id: int) -> AccountView | None:
        """The account with this number, or None.

        Raises:
            StoreUnavailable
        """
        with self._lock:
            cache = self._current()
            if account_id in cache.accounts:
                return cache.accounts[account_id]
            return self._load(
                account_id, lambda c: c.accounts, lambda db, c: _view(db, c.domains, account_id, self._clock())
            )

    def account_and_domains(self, account_id: int) -> tuple[AccountView | None, frozenset[str]]:
        """`account` and `own_domains` of one moment, for the price of one question."""
        with self._lock:
            account = self.account(account_id)
            cache = self._cache
            return account, cache.official if cache is not None else frozenset()

    def account_named(self, address: str) -> AccountView | None:
        """The account whose mailbox or other name this is (ended ones too are found by `account`)."""
        found = self.resolve(address)
        if found is None or found.kind not in ("mailbox", "alias") or found.targets[0].mailbox_id is None:
            return None
        return self.account(found.targets[0].mailbox_id)

    def look(self, addresses: Collection[str]) -> Look:
        """Who is behind each of these addresses, for the price of one question; what nobody asked for before is
        read in a few statements, however many.

        Raises:
            StoreUnavailable
        """
        keys = {address: fold(address) for address in addresses}
        with self._lock:
            for left in reversed(range(_TRIES)):
                cache = self._current()
                known = {key: cache.profiles[key] for key in keys.values() if key in cache.profiles}
                missing = [key for key in keys.values() if key not in known and split(key)[1] in cache.domains]
                if not missing:
                    break
                with self._database.read() as connection:
                    found = load_profiles(connection, cache.domains, missing)
                known |= found
                if self._version.read_anew() == cache.version or not left:
                    if len(cache.profiles) + len(found) > _MOST:
                        cache.profiles.clear()
                    cache.profiles |= found
                    break
        return Look(cache.version, cache.ours, {address: known.get(key) for address, key in keys.items()})

    def is_own_domain(self, domain: str) -> bool:
        """Whether the domain is ours, in use or ended: nobody outside may send from it."""
        with self._lock:
            return domain.lower() in self._current().domains

    def own_domains(self) -> frozenset[str]:
        """The domains that officials send from today."""
        with self._lock:
            return self._current().official

    def all_domains(self) -> frozenset[str]:
        """Every domain of ours, in use or ended."""
        with self._lock:
            return self._current().ours

    def home_of(self, domain: str) -> str:
        """Where the domain's mailboxes live: smtp://host:port, or '' for here (and for what is not ours)."""
        with self._lock:
            entry = self._current().domains.get(domain.lower())
            return "" if entry is None else entry.home

    def canonical_domain(self) -> str:
        """The domain that the hub's own mail comes from; '' before there is one."""
        with self._lock:
            return self._current().canonical

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._version.close()

    def _current(self) -> _Cache:
        version, at, cache = self._version.read(), self._clock(), self._cache
        if cache is not None and cache.version == version and at < cache.valid_until:
            return cache
        with self._database.read() as connection:
            domains = load_domains(connection, local_time(at).date())
            valid_until = next_change(connection, at)
        canonical = next((name for name, entry in domains.items() if entry.canonical), "")
        official = frozenset(name for name, entry in domains.items() if entry.official)
        # Keyed by the version read *before* the rows: if they are newer, the next question reads them again.
        self._cache = _Cache(version, valid_until, domains, canonical, official, frozenset(domains))
        return self._cache

    def _load(
        self,
        key: str | int,
        shelf: Callable[[_Cache], dict[str, T] | dict[int, T]],
        query: Callable[[Connection, _Cache], T],
    ) -> T:
        """Ask the tables; ask again when an act came between two of the statements."""
        for _ in range(_TRIES):
            cache = self._current()
            with self._database.read() as connection:
                answer = query(connection, cache)
            if self._version.read_anew() == cache.version:
                break
        answers: dict[str | int, T] = shelf(cache)  # type: ignore[assignment]
        if len(answers) >= _MOST:
            answers.clear()
        answers[key] = answer
        return answer


def _view(connection: Connection, domains: dict[str, DomainEntry], account_id: int, at: int) -> AccountView | None:
    mailbox = load_mailbox(connection, account_id)
    if mailbox is None:
        return None
    domain = domains.get(split(mailbox.address)[1])
    home = mailbox.home if mailbox.home is not None else "" if domain is None else domain.home
    addresses = sender_addresses(connection, domains, mailbox, at)
    renamed = {entry.name: entry.renamed_to for entry in domains.values() if entry.renamed_to is not None}
    return AccountView(
        id=mailbox.id,
        address=mailbox.address,
        name=mailbox.name,
        kind=mailbox.kind.value,
        state=mailbox.state.value,
        may_login=mailbox.logs_in,
        may_send=mailbox.sends,
        receives=mailbox.takes_mail,
        addresses=frozenset(addresses),
        home=home,
        quota_mib=mailbox.quota_mib,
        shared={address: owner for address, owner in addresses.items() if owner != mailbox.id},
        sessions_from=mailbox.sessions_from,
        renamed=former_addresses(connection, renamed, addresses),
        stored_as=mailbox.stored_as or mailbox.address,
    )
