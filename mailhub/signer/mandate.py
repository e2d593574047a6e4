"""For whom the signer signs what: the mandates in force, with all they name read and checked.

The hub has no word in this. A mandate names the agency's key and seal, the desks that may ask, the types of documents,
the posts that must have signed them, and how many a day (architecture § 9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailhub.files.sealing.values import MOST_SEAL_BYTES
from mailhub.files.signed.trusted import NO_TRUST, Part, TrustBundle
from mailhub.signatures.trust.certificate_files import read_certificates
from mailhub.signatures.trust.errors import BadCertificate
from mailhub.signatures.trust.pinned import Pinned, trust_of
from mailhub.signatures.verdict import Hierarchy
from mailhub.signer.errors import MandateError
from mailhub.signer.folder import MANDATES, Folder
from mailhub.signer.mandate_file import ANY, AgencyTable, KeyTable, read_mandate_file
from mailhub.text.folding import fold

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """One agency's. `posts` and `issuers` are folded (`text.folding`); `*` in `types` or `posts` is any."""

    agency: str
    key: KeyTable
    desks: frozenset[str]
    types: frozenset[str]
    posts: frozenset[str]
    limit: int  # signatures a day, attachments counted
    attachments: bool
    signers: frozenset[str]  # SHA-256 of the certificates that count as the person's; empty: any that is trusted
    issuers: frozenset[str]  # as the document's header names them; empty: any
    seal_png: bytes = field(repr=False)
    diameter_mm: float

    def covers_type(self, doc_type: str) -> bool:
        """Whether documents of this type (`CV`, `QĐ`) may be sealed; one whose type is not known never."""
        return bool(doc_type) and (ANY in self.types or doc_type in self.types)

    def covers_post(self, post: str) -> bool:
        """Whether somebody with this post, in any writing, may have signed."""
        return ANY in self.posts or fold(post) in self.posts

    def covers_issuer(self, issuer: str) -> bool:
        """Whether a document of this issuer may be sealed; any, when none is named."""
        return not self.issuers or fold(issuer) in self.issuers


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandates:
    """All of them, and the authorities that vouch for persons."""

    by_agency: Mapping[str, Mandate] = field(default_factory=dict)
    trust: TrustBundle = NO_TRUST
    sha256: str = ""  # of the file


def load_mandates(folder: Folder) -> Mandates:
    """What DIR/signer/mandates.toml says, and the files that it names.

    Raises:
        MandateError: it, or one of them, cannot be used.
    """
    folder.check()
    raw = folder.read(MANDATES, secret=False)
    written = read_mandate_file(raw, MANDATES)
    found, problems = {}, []
    for agency, table in written.agencies.items():
        try:
            found[agency] = _mandate(folder, agency, table)
        except MandateError as error:
            problems += [f"{MANDATES}: agencies.{agency}: {problem}" for problem in error.problems]
    try:
        trust = _trust(folder, written.trust)
    except MandateError as error:
        problems += [f"{MANDATES}: trust: {problem}" for problem in error.problems]
    if problems:
        raise MandateError(problems)
    return Mandates(by_agency=found, trust=trust, sha256=hashlib.sha256(raw).hexdigest())


def _mandate(folder: Folder, agency: str, table: AgencyTable) -> Mandate:
    image = folder.read(table.seal.image, secret=False)
    if not image.startswith(_PNG):
        raise MandateError([f"{table.seal.image}: is no PNG"])
    if len(image) > MOST_SEAL_BYTES:
        raise MandateError([f"{table.seal.image}: is larger than 1 MiB"])
    return Mandate(
        agency=agency,
        key=table.key,
        desks=frozenset(table.desks),
        types=frozenset(table.types),
        posts=frozenset(ANY if post == ANY else fold(post) for post in table.posts),
        limit=table.limit_a_day,
        attachments=table.attachments,
        signers=frozenset(table.signers),
        issuers=frozenset(map(fold, table.issuers)),
        seal_png=image,
        diameter_mm=table.seal.diameter_mm,
    )


def _trust(folder: Folder, names: tuple[str, ...]) -> TrustBundle:
    """Certificates that sign themselves are roots, others complete chains."""
    pinned = []
    for name in names:
        try:
            certificates = read_certificates(folder.read(name, secret=False))
        except BadCertificate as error:
            raise MandateError([f"{name}: {error}"]) from error
        for one in certificates:
            pinned.append(
                Pinned(
                    sha256=one.sha256,
                    der=one.der,
                    part=Part.ROOT if one.self_signed else Part.INTERMEDIATE,
                    hierarchy=Hierarchy.OTHER,
                    subject=one.subject,
                )
            )
    if not any(one.part is Part.ROOT for one in pinned):
        raise MandateError(["names no root (a certificate that signs itself)"])
    return trust_of(pinned).bundle
