"""Passwords: the rules, argon2id, and how many are computed at once.

argon2id takes 20 ms and 19 MiB a password on purpose, so it never runs inside a transaction or on an event
loop, and no more than `[passwords] concurrent` at a time.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import lru_cache
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailhub.accounts.addresses import fold, split
from mailhub.accounts.errors import WeakPassword
from mailhub.accounts.login.common import is_common

LONGEST = 256  # characters; a longer one costs the checker, not the guesser


class PasswordSettings(Protocol):
    """What is read from `[passwords]`."""

    @property
    def time_cost(self) -> int: ...
    @property
    def memory_kib(self) -> int: ...
    @property
    def parallelism(self) -> int: ...
    @property
    def concurrent(self) -> int: ...
    @property
    def minimum_length(self) -> int: ...
    @property
    def character_kinds(self) -> int: ...


class Hasher:
    """argon2id with the settings' parameters."""

    def __init__(self, time_cost: int, memory_kib: int, parallelism: int, concurrent: int) -> None:
        self._argon2 = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._turns = threading.BoundedSemaphore(concurrent)
        self._dummy = self._argon2.hash(secrets.token_hex())

    def hash(self, secret: str) -> str:
        """A PHC string ($argon2id$…) with a fresh salt."""
        with self._turns:
            return self._argon2.hash(_octets(secret))

    def verify(self, stored: str | None, secret: str) -> bool:
        """Whether the secret is the stored one. With nothing stored the answer is no, and takes as long."""
        with self._turns:
            try:
                matches = self._argon2.verify(stored or self._dummy, _octets(secret))
            except (VerificationError, InvalidHashError):
                return False
        return matches and bool(stored)

    def was(self, former: str | None, secret: str) -> bool:
        """Whether the secret is the password before; after each failure, and as long when there was none."""
        with self._turns:
            try:
                matches = self._argon2.verify(former or self._dummy, _octets(secret))
            except (VerificationError, InvalidHashError):
                return False
        return matches and bool(former)

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)


@lru_cache(maxsize=8)
def _hasher(time_cost: int, memory_kib: int, parallelism: int, concurrent: int) -> Hasher:
    return Hasher(time_cost, memory_kib, parallelism, concurrent)


def hasher_for(settings: PasswordSettings) -> Hasher:
    """The process's hasher for these settings; its turns are shared by all who ask."""
    return _hasher(settings.time_cost, settings.memory_kib, settings.parallelism, settings.concurrent)


def prepare(secret: str) -> str:
    """The password as it is compared: NFC, since keyboards differ in how they compose ế (RFC 8265 § 4.2.2)."""
    return unicodedata.normalize("NFC", secret)


def _octets(secret: str) -> bytes:
    return prepare(secret).encode("utf-8", "surrogatepass")  # clients send anything; that is merely wrong


def new_hash(settings: PasswordSettings, secret: str, address: str) -> str:
    """Check the rules and hash; the result is what the services store. Call it outside any transaction.

    Raises:
        WeakPassword: it breaks a rule.
    """
    why = faults(secret, address, minimum=settings.minimum_length, kinds=settings.character_kinds)
    if why:
        raise WeakPassword(why)
    return hasher_for(settings).hash(secret)


def faults(secret: str, address: str, *, minimum: int, kinds: int = 4) -> tuple[str, ...]:
    """Which rules a new password breaks, in words. QCVN 12:2026/BCA 3.7.2.6.4: length and four kinds of character."""
    secret = prepare(secret)
    local = split(fold(address))[0]
    rules = (
        (len(secret) >= minimum, f"cần ít nhất {minimum} ký tự"),
        (len(secret) <= LONGEST, f"dài quá {LONGEST} ký tự"),
        (all(c.isprintable() for c in secret), "có ký tự điều khiển"),
        (len(local) < 4 or local not in secret.casefold(), "chứa tên đăng nhập"),
        (len(set(secret)) >= min(5, minimum), "lặp lại quá ít ký tự"),
    )
    found = tuple(words for kept, words in rules if not kept) + _missing_kinds(secret, kinds)
    if not found and is_common(secret):
        return ("là mật khẩu thông dụng, ai cũng đoán được",)
    return found


def _missing_kinds(secret: str, kinds: int) -> tuple[str, ...]:
    present = (
        (any(c.islower() for c in secret), "chữ thường"),
        (any(c.isupper() for c in secret), "chữ hoa"),
        (any(c.isdigit() for c in secret), "chữ số"),
        (any(not c.isalnum() and not c.isspace() for c in secret), "ký tự đặc biệt"),
    )
    missing = [words for there, words in present if not there]
    if len(missing) <= 4 - kinds:
        return ()
    wanted = "" if kinds == 4 else f" (cần {kinds} trong 4 loại)"
    return ("thiếu " + ", ".join(missing) + wanted,)
