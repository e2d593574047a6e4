"""A signer for tests: DIR/signer with mandates, a key, a seal and trust, as an administrator would write them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from mailhub.clock import now_ms
from mailhub.files.sealing.values import DocumentFacts, Prepared, SealKind
from mailhub.files.signed.facts import (
    CertificateFacts,
    ChainFacts,
    ChainState,
    Changes,
    Coverage,
    Ess,
    SignatureFacts,
    Signed,
)
from mailhub.files.signed.trusted import TrustBundle
from mailhub.signer.folder import Folder, make_folder
from mailhub.signer.orders import SealOrder
from mailhub.signer.preparing import Wanted
from mailhub.signer.sealing import SigningDesk
from tests.support.pki import PASSWORD, Pki, pem
from tests.support.signed_pdfs import png, seal_image

AGENCY = "STTTT"
DESK = "vanthu.stttt@tinh.gov.vn"
CLERK = "ttb@tinh.gov.vn"
SERIAL = "0a"
FAR = 4_000_000_000_000
ORIGINAL = b"%PDF-1.7\n a document that nobody here reads\n%%EOF\n"
MANDATES = """\
trust = ["trust/authorities.pem"]

[agencies.STTTT]
desks = ["vanthu.stttt@tinh.gov.vn"]
types = ["CV", "QĐ"]
posts = ["GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]
limit_a_day = 3

[agencies.STTTT.key]
pkcs12 = "keys/stttt.p12"
pin = "pins/stttt"

[agencies.STTTT.seal]
image = "seals/stttt.png"
diameter_mm = 36
"""


def furnish(path: Path, pki: Pki, text: str = MANDATES, *, owner: tuple[int, int] | None = None) -> Folder:
    """DIR/signer with everything that `text` names."""
    folder = make_folder(path, owner)
    agency = pki.official.identity("agency")
    trusted = pem(pki.official.root) + pem(pki.official.sub)
    files = {
        "mandates.toml": text.encode(),
        "trust/authorities.pem": trusted,
        "keys/stttt.p12": agency.pkcs12(PASSWORD),
        "pins/stttt": f"{PASSWORD}\n".encode(),
        "seals/stttt.png": png(seal_image()),
    }
    for name, octets in files.items():
        put(folder, name, octets, owner)
    return folder


def put(folder: Folder, name: str, octets: bytes, owner: tuple[int, int] | None = None) -> Path:
    """A file of the signer's own."""
    path = folder.path / name
    path.write_bytes(octets)
    path.chmod(0o600)
    if owner is not None:
        import os

        os.chown(path, *owner)
    return path


def order(**changes: object) -> SealOrder:
    """What the hub asks for a main document; `changes` are fields."""
    asked = SealOrder(agency=AGENCY, desk=DESK, clerk=CLERK, act="7K4-QW2-M9", kind=SealKind.MAIN, original=ORIGINAL)
    return replace(asked, **changes)  # type: ignore[arg-type]


def update_for(original: bytes | memoryview, *, room: int = 16_384, byte_range: str = "") -> tuple[bytes, int, int]:
    """What an inspector appends, as far as the signer looks at it; with where the placeholder begins and ends."""
    before = b"\n9 0 obj\n<< /Type /Sig /ByteRange [0 %s" + b"] /Contents "
    span = b"0000000000 0000000000 0000000000"
    head = before.replace(b"%s", span)
    at = len(original) + len(head)
    end = at + room + 2
    tail = b" >>\nendobj\nstartxref\n0\n%%EOF\n"
    size = end + len(tail)
    said = byte_range.encode() or b"%010d %010d %010d" % (at, end, size - end)
    return head.replace(span, said.ljust(len(span))) + b"<" + b"0" * room + b">" + tail, at, end


def good_signature(**changes: object) -> SignatureFacts:
    """A person's signature with nothing wrong."""
    leaf = CertificateFacts(sha256="1" * 64, serial=SERIAL, subject="CN=Nguyễn Văn An", issuer="CN=CA", not_after=FAR)
    facts = SignatureFacts(
        field_name="LanhDao",
        coverage=Coverage.FILE,
        changes=Changes.NONE,
        ess=Ess.MATCHES,
        chain=ChainFacts(state=ChainState.TRUSTED, certificates=(leaf,)),
        claimed_at=1_700_000_000_000,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


DOCUMENT = DocumentFacts(doc_type="CV", number_symbol="87/STTTT-VP", post="GIÁM ĐỐC", issuer="SỞ THÔNG TIN")


@dataclass
class FakePreparer:
    """An inspector that answers what a test wants; counts how often it is asked."""

    document: DocumentFacts = DOCUMENT
    signed: Signed | None = None
    beside: str = ""
    spoil: bytes | None = None  # the update in the place of a good one
    asked: int = 0

    async def prepare(self, wanted: Wanted, trust: TrustBundle) -> tuple[Prepared, bytes]:
        assert trust.certificates
        self.asked += 1
        update, at, end = update_for(wanted.order.original)
        prepared = Prepared(
            contents_at=at, contents_end=end, document=self.document, signed=self.signed, beside=self.beside
        )
        return prepared, update if self.spoil is None else self.spoil


def desk_of(folder: Folder, preparer: FakePreparer | None = None, *, at: int | None = None) -> SigningDesk:
    """The signer without socket and sandbox; a document with a good signature when `preparer` says nothing else."""
    chosen = preparer or FakePreparer(signed=Signed(signatures=(good_signature(),)))
    return SigningDesk(folder, chosen, clock=now_ms if at is None else (lambda: at))


def hash_of(octets: bytes | memoryview) -> str:
    return hashlib.sha256(octets).hexdigest()
