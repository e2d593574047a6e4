"""The words by which searches find somebody: without marks, kept beside the names they come from.

Whoever writes a name, an address or a post writes these too; a row whose words are stale is not found.
"""

from __future__ import annotations

from mailhub.text.folding import fold

_MAILBOX, _PERSON, _AGENCY = 800, 200, 300  # octets of the columns in models.py; folding never needs more letters


def mailbox_words(name: str, address: str, title: str = "", office: str = "") -> str:
    """What `mailbox.folded` holds: the name first, so that what begins with a search's words comes first."""
    return fold(f"{name} {address} {title} {office}")[:_MAILBOX]


def person_words(full_name: str) -> str:
    """What `person.folded` holds: the name alone, so that equal names are equal here."""
    return fold(full_name)[:_PERSON]


def agency_words(name: str) -> str:
    """What `agency.folded` holds."""
    return fold(name)[:_AGENCY]
