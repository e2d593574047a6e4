"""Signed PDFs for tests, made by pyHanko (see `tests/support/pki.py` for who can sign).

    sign(letter(), pki.official.identity("leader"), box=LEADER_BOX, image=signature_image())
    sign(…, timestamp=pki.official)        PAdES B-T; at=… is the moment of both
    sign(…, timestamp=pki.official, ltv=pki.official)    B-LT: certificates and answers of that moment in the DSS
    stamped(…)                             a document timestamp on top: B-LTA

`flow` is what leaves an office (reference/signatures § 2.1): the leader's signature, then number, date and seal.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import crl, ocsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator, GlyphAccumulatorFactory
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_signer import PdfSigner, PdfSigningSession
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import BaseStampStyle, StaticStampStyle, TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support.pdfs import letter
from tests.support.pki import Authority, Identity, Pki, loaded

SIGNED_AT = datetime(2026, 4, 5, 8, 30, tzinfo=UTC)
Box = tuple[int, int, int, int]
LEADER_BOX: Box = (370, 522, 490, 574)  # between title and name of the sample letter
SEAL_BOX: Box = (308, 497, 410, 599)  # right edge a third into the leader's, 36 mm wide
NUMBER_BOX: Box = (120, 738, 180, 752)
DATE_BOX: Box = (400, 738, 520, 752)
logging.getLogger("fontTools").setLevel(logging.ERROR)
_FONT = "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"
_SUB_FILTERS = {
    "pades": fields.SigSeedSubFilter.PADES,
    "pkcs7": fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
}
_LEVELS = {
    "no changes": fields.MDPPerm.NO_CHANGES,
    "form filling": fields.MDPPerm.FILL_FORMS,
    "annotations": fields.MDPPerm.ANNOTATE,
}


def sign(
    pdf: bytes,
    who: Identity,
    *,
    field: str = "Signature1",
    box: Box | None = None,
    page: int = 0,
    image: Image.Image | None = None,
    text: str = "",
    timestamp: Authority | None = None,
    ltv: Authority | None = None,
    sub_filter: str = "pades",
    certify: str = "",
    at: datetime = SIGNED_AT,
    stamped_at: datetime | None = None,
    leaf_only: bool = False,
    digest: str = "sha256",
) -> bytes:
    """Add a signature in a field of its own (or an empty one of that name) by an incremental update.

    `certify`: "no changes", "form filling" or "annotations" (DocMDP). `sub_filter`: pades, pkcs7. `at` is the claimed
    time, `stamped_at` the timestamp's when that differs. `leaf_only`: no issuer's certificate in the CMS. With `ltv`
    the DSS gets the answers of that authority, of `stamped_at`, about signer, issuer and timestamp.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=digest,
        subfilter=_SUB_FILTERS[sub_filter],
        certify=bool(certify),
        docmdp_permissions=_LEVELS[certify or "form filling"],
    )
    registry = _store(() if leaf_only else who.chain)
    spec = fields.SigFieldSpec(field, on_page=page, box=box)
    moment = stamped_at or at
    signer = _PdfSigner(
        metadata,
        _Signer(signing_cert=who.certificate, signing_key=who.key, cert_registry=registry),
        timestamper=time_stamper(timestamp, moment) if timestamp else None,
        stamp_style=_style(image, text),
        new_field_spec=None if _has_field(writer, field) else spec,
    )
    signer.at = at
    signed: io.BytesIO = _run(signer.async_sign_pdf(writer))
    data = signed.getvalue()
    return with_validation(data, who, ltv, timestamp=timestamp, at=moment) if ltv else data


def with_validation(
    pdf: bytes, who: Identity, authority: Authority, *, timestamp: Authority | None = None, at: datetime = SIGNED_AT
) -> bytes:
    """Append a DSS (ETSI EN 319 142-1 § 5.4.2): certificates, answers about the leaf by OCSP, of the others by CRL."""
    output = io.BytesIO(pdf)
    certificates = [who.certificate, *who.chain, authority.root]
    lists = [crl.CertificateList.load(authority.crl("root", at))]
    if timestamp:
        certificates.append(timestamp.identity("tsa").certificate)
        lists += [crl.CertificateList.load(timestamp.crl("root", at))] if timestamp is not authority else []
    answers = [ocsp.OCSPResponse.load(authority.ocsp(who.certificate, at))]
    contents = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[-1].pkcs7_content
    DocumentSecurityStore.add_dss(output, contents, certs=certificates, ocsps=answers, crls=lists)
    return output.getvalue()


def stamped(pdf: bytes, authority: Authority, *, at: datetime = SIGNED_AT) -> bytes:
    """Append a document timestamp (ETSI EN 319 142-1 § 5.4.3)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    made: io.BytesIO = _run(signers.PdfTimeStamper(time_stamper(authority, at)).async_timestamp_pdf(writer, "sha256"))
    return made.getvalue()


def time_stamper(authority: Authority, at: datetime) -> DummyTimeStamper:
    """The authority's timestamps without its server, of any moment."""
    tsa = authority.identity("tsa")
    others = _store([tsa.certificate])
    return DummyTimeStamper(tsa.certificate, tsa.key, certs_to_embed=others, fixed_dt=at)


def flow(pki: Pki, *, timestamp: bool = False, ltv: bool = False, at: datetime = SIGNED_AT) -> bytes:
    """Leader, then number, date and seal by the clerk with the agency's key: four signatures."""
    official = pki.official
    kept: dict[str, Any] = {"timestamp": official if timestamp else None, "ltv": official if ltv else None, "at": at}
    leader, agency = official.identity("leader"), official.identity("agency")
    pdf = sign(letter(), leader, field="LanhDao", box=LEADER_BOX, image=signature_image(), **kept)
    pdf = sign(pdf, agency, field="SoVanBan", box=NUMBER_BOX, text="87/UBND-VX", **kept)
    pdf = sign(pdf, agency, field="NgayVanBan", box=DATE_BOX, text="05/4/2026", **kept)
    return sign(pdf, agency, field="DauCoQuan", box=SEAL_BOX, image=seal_image(), **kept)


def signed_by(pki: Pki, *labels: str, authority: str = "official", at: datetime = SIGNED_AT, **options: Any) -> bytes:
    """The sample letter with a signature of each of `labels`, one after the other."""
    pdf = letter()
    for number, label in enumerate(labels, 1):
        who = getattr(pki, authority).identity(label)
        pdf = sign(pdf, who, field=f"Signature{number}", at=at, **options)
    return pdf


@cache
def signature_image() -> Image.Image:
    """A blue scrawl on transparent ground."""
    picture = Image.new("RGBA", (240, 120), (0, 0, 0, 0))
    points = [(10, 90), (60, 20), (80, 100), (130, 30), (150, 90), (230, 40)]
    ImageDraw.Draw(picture).line(points, fill=(20, 40, 180, 255), width=6, joint="curve")
    return picture


@cache
def seal_image() -> Image.Image:
    """A red seal on transparent ground."""
    picture = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    drawing = ImageDraw.Draw(picture)
    for inset, width in ((6, 8), (40, 3)):
        drawing.ellipse((inset, inset, 300 - inset, 300 - inset), outline=(210, 0, 0, 255), width=width)
    drawing.regular_polygon((150, 150, 45), 5, fill=(210, 0, 0, 255))
    return picture


def png(picture: Image.Image) -> bytes:
    output = io.BytesIO()
    picture.save(output, "PNG")
    return output.getvalue()


class _Signer(signers.SimpleSigner):
    """With each key loaded once."""

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        key = loaded(self.signing_key.dump())
        digest = getattr(hashes, digest_algorithm.upper())()
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), digest)
        return key.sign(data, ec.ECDSA(digest))


class _PdfSigner(PdfSigner):
    """Claims a time of our own."""

    at: datetime = SIGNED_AT

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.at
        return session


class _Font(GlyphAccumulatorFactory):
    """Without the file that pyHanko's leaves open."""

    def create_font_engine(self, writer: Any, obj_stream: Any = None) -> GlyphAccumulator:
        return GlyphAccumulator(writer, font_handle=io.BytesIO(Path(self.font_file).read_bytes()), font_size=10)


def _style(image: Image.Image | None, text: str) -> BaseStampStyle:
    if text:
        box = TextBoxStyle(font=_Font(_FONT, font_size=10), font_size=10)
        return TextStampStyle(stamp_text=text.replace("%", "%%"), text_box_style=box, border_width=0)
    if image is not None:
        return StaticStampStyle(background=PdfImage(image), border_width=0, background_opacity=1.0)
    return StaticStampStyle(border_width=0)


def _store(certificates: Sequence[Any]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(certificates)
    return store


def _has_field(writer: IncrementalPdfFileWriter, name: str) -> bool:
    found: Sequence[Any] = list(fields.enumerate_sig_fields(writer, with_name=name))
    return bool(found)


def _run(making: Coroutine[Any, Any, Any]) -> Any:
    """In a thread with a loop of its own, so that a test may be asynchronous itself."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, making).result()
