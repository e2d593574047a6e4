"""DKIM for what goes out: the key of the author's domain, chosen by the day the message came in (RFC 6376)."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable
from datetime import date

from mailhub.clock import local_time
from mailhub.delivery.content import read_head, without
from mailhub.mail.address import AmbiguousAddress, addresses_of
from mailhub.mail.dkim import SignedHeader, SigningKey, load_signing_key
from mailhub.mail.errors import DkimKeyError
from mailhub.mail.headers import first, read_fields, unfold
from mailhub.queue.models import Door
from mailhub.queue.records import StoredMessage
from mailhub.settings import DkimKey, Settings

log = logging.getLogger(__name__)

# What came from outside was signed by whoever wrote it, or not: we vouch only for our own.
OWN_DOORS = frozenset({Door.SUBMISSION, Door.INJECT, Door.INTERNAL})


class Signer:
    """Holds the keys, loaded once; reads the settings anew when they change."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._loaded: dict[tuple[str, str, str], SigningKey | None] = {}

    def sign(self, message: StoredMessage, body: Iterable[bytes]) -> bytes:
        """The `DKIM-Signature` fields for `message`, whose stored bytes are `body`; empty when it is not ours to sign.

        What is signed is the header as it leaves: with what we put above, less what was cut (mail/rewriting.py).
        The same message gives the same bytes each time: nothing in them depends on the moment of signing.
        """
        if message.door not in OWN_DOORS or not message.body_hash:
            return b""
        settings = self._settings()
        head = read_head(body, limit=settings.limits.header_kib * 1024)
        fields = read_fields(message.prefix + b"".join(without(iter((head,)), message.cuts)))
        author = first(fields, b"from")
        domains = _domains_of(author.raw) if author is not None else frozenset()
        day = local_time(message.received_at).date()
        keys = [key for key in settings.dkim.keys if key.domain in domains and _in_force(key, day)]
        if not keys:
            return b""
        header, at = SignedHeader.of(fields), message.received_at // 1000
        loaded = (self._load(key) for key in keys)
        return b"".join(key.sign_header(header, message.body_hash, at=at) for key in loaded if key is not None)

    def _load(self, key: DkimKey) -> SigningKey | None:
        name = (key.domain, key.selector, key.file)  # one file may serve several domains
        if name not in self._loaded:
            try:
                self._loaded[name] = load_signing_key(
                    self._settings().dkim_file(key).read_bytes(),
                    domain=key.domain,
                    selector=key.selector,
                    algorithm=key.algorithm,
                )
            except (OSError, DkimKeyError):
                # Unsigned mail still arrives, and doctor shows the key as broken; stopping all mail would be worse.
                log.exception("DKIM key %s cannot be used", key.file)
                self._loaded[name] = None
        return self._loaded[name]

    def forget(self) -> None:
        """Load keys anew, after the settings were read again."""
        self._loaded.clear()


@functools.lru_cache(maxsize=4096)
def _domains_of(author: bytes) -> frozenset[str]:
    """The domains in a From field; none when it cannot be read in one way only."""
    try:
        return frozenset(address.domain for address in addresses_of(unfold(author)))
    except AmbiguousAddress:
        return frozenset()


def _in_force(key: DkimKey, day: date) -> bool:
    return key.from_ <= day and (key.until is None or day <= key.until)
