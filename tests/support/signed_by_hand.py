"""A signing program of our own, which minds nothing: it signs what pyHanko would refuse, in encodings that it no longer
writes. Cross-reference tables only."""

from __future__ import annotations

import asyncio
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support.attacked_pdfs import updated
from tests.support.pki import Identity

_RANGE = b"/ByteRange [0 1111111111 2222222222 3333333333]"
_ROOM = 8_000


def signed_by_hand(
    pdf: bytes, who: Identity, *, field: str = "A", sub_filter: str = "adbe.pkcs7.detached", catalogue: str = ""
) -> bytes:
    """`pdf`, whose catalogue is object 1 and has its /AcroForm inside or none, with a signature on its page, object 3.
    `catalogue`: what the catalogue has besides."""
    return signed_prepared(prepared(pdf, field=field, sub_filter=sub_filter, catalogue=catalogue), who, sub_filter)


def prepared(pdf: bytes, *, field: str = "A", sub_filter: str = "adbe.pkcs7.detached", catalogue: str = "") -> bytes:
    """`signed_by_hand` before the signature is put into its place."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    first = int(reader.trailer["/Size"])
    signature = f"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/{sub_filter}/M(D:20260405153000)".encode()
    signature += _RANGE + b"/Contents<" + b"0" * 2 * _ROOM + b">>>"
    widget = f"<</FT/Sig/T({field})/V {first} 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 3 0 R/F 132>>"
    before = reader.root.get("/AcroForm", {}).get("/Fields", ())
    names = " ".join(f"{one.idnum} 0 R" for one in before)
    form = f"<</Fields[{names} {first + 1} 0 R]/SigFlags 3>>"
    root = f"<</Type/Catalog/Pages 2 0 R/AcroForm {form}{catalogue}>>"
    return updated(pdf, {first: signature, first + 1: widget, 1: root})


def signed_prepared(pdf: bytes, who: Identity, sub_filter: str = "adbe.pkcs7.detached") -> bytes:
    """What `prepared` gave, altered or not, with the signature of all of it."""
    start = pdf.rindex(b"/Contents<") + len(b"/Contents")
    end = start + 2 * _ROOM + 2
    numbers = b"/ByteRange [0 %d %d %d]" % (start, end, len(pdf) - end)
    pdf = pdf.replace(_RANGE, numbers.ljust(len(_RANGE)))
    whole = pdf[:start] + pdf[end:]
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(who.chain)
    signer = SimpleSigner(signing_cert=who.certificate, signing_key=who.key, cert_registry=store)
    if sub_filter == "adbe.pkcs7.sha1":
        making = signer.async_sign_general_data(hashlib.sha1(whole).digest(), "sha256", detached=False)
    else:
        making = signer.async_sign(hashlib.sha256(whole).digest(), "sha256")
    with ThreadPoolExecutor(1) as pool:
        der: bytes = pool.submit(asyncio.run, making).result().dump()
    return pdf[:start] + b"<" + der.hex().encode().ljust(2 * _ROOM, b"0") + b">" + pdf[end:]
