"""What can go wrong with the record of documents, in words; the doors give them codes."""

from __future__ import annotations

from mailhub.errors import MailhubError


class RegistryError(MailhubError):
    """The root of what the registry refuses."""


class NoSuchDocument(RegistryError):
    """No document has this number, hash or id, or the actor may not know of it."""


class AmbiguousDocument(RegistryError):
    """The name fits several documents; the message says how to tell them apart."""


class InvalidCorrection(RegistryError):
    """The field cannot be corrected, or the value is none that it can have."""


class InvalidSearch(RegistryError):
    """A cursor, a date or a filter is not one."""
