"""To whom a certificate was issued: a person or an agency.

No field of a certificate says it (reference/signatures § 3.1): a person of ours who confirmed it wins
(`known_subject`), then the number of public authorities (`MST:`, `CCCD:`), then an address or a name in our
organisation, and last the words of the common name.
"""

from __future__ import annotations

import re

from mailhub.documents.grammar.agencies import begins_agency
from mailhub.documents.grammar.names import read_name
from mailhub.documents.grammar.names_table import COMMON_SURNAMES
from mailhub.files.signed.facts import CertificateFacts
from mailhub.signatures.context import Context, KnownSigner
from mailhub.signatures.verdict import Signer, Subscriber
from mailhub.text.folding import clean, fold

_NOBODY = KnownSigner()
_PERSON_NUMBER = re.compile(r"\b(?:cccd|cmnd|cmt|hc|hochieu)\s*:", re.IGNORECASE)
_AGENCY_NUMBER = re.compile(r"\b(?:mst|mns|bhxh)\s*:", re.IGNORECASE)
_WHERE = re.compile(
    r"\b(?:tinh|thanh pho|huyen|xa|phuong|so|uy ban|hoi dong|ubnd|hdnd|chi cuc|trung tam|van phong|co quan)\b"
)
_SURNAME_KEYS = frozenset(map(fold, COMMON_SURNAMES))
_SURE = 0.5  # of a name's certainty (documents/grammar/names.py)


def signer_of(leaf: CertificateFacts | None, context: Context) -> Signer:
    """Who signed, as the certificate says it and as the organisation knows it."""
    if leaf is None:
        return Signer(name="")
    known = context.signers.get(leaf.sha256, _NOBODY)
    return Signer(
        name=leaf.common_name,
        subscriber=known.subscriber or subscriber_of(leaf),
        organisation=", ".join(filter(None, (*reversed(leaf.units), leaf.organisation))),
        email=leaf.email,
        serial=leaf.serial,
        certificate=leaf.sha256,
        agency=known.agency,
        confirmed=known.confirmed,
    )


def subscriber_of(leaf: CertificateFacts) -> Subscriber:
    """By the certificate alone.

    Without marks, as the first generation writes, a family name may look like an agency's first word (`Vu Thi Lo`): a
    personal name is tried first.
    """
    if _PERSON_NUMBER.search(leaf.uid):
        return Subscriber.PERSON
    if _AGENCY_NUMBER.search(leaf.uid):
        return Subscriber.AGENCY
    name = clean(leaf.common_name).strip()
    key = fold(name)
    if not key:
        return Subscriber.UNKNOWN
    if key in (fold(leaf.organisation), *(fold(unit) for unit in leaf.units)):
        return Subscriber.AGENCY
    if _is_person(name, key):
        return Subscriber.PERSON
    if begins_agency(key):
        return Subscriber.AGENCY
    return Subscriber.PERSON if read_name(_titled(name)) is not None else Subscriber.UNKNOWN


def _is_person(name: str, key: str) -> bool:
    """`Vũ Thị Lộ` is one although `vụ` begins agencies' names; `Đoàn Thanh niên` is none although Đoàn is a family."""
    words = key.split()
    if _WHERE.search(key) or not 2 <= len(words) <= 6 or not all(word.isalpha() for word in words if "'" not in word):
        return False
    if words[1] in ("thi", "van") and len(words) > 2:
        return True
    if name.isascii():
        return words[0] in _SURNAME_KEYS and not begins_agency(key)
    found = read_name(_titled(name))
    first = name.split(maxsplit=1)[0].casefold()
    known = first in COMMON_SURNAMES and not first.isascii() and first != "đoàn"
    return found is not None and found.certainty >= _SURE and (known or not begins_agency(key))


def _titled(name: str) -> str:
    return name.title() if name == name.upper() else name
