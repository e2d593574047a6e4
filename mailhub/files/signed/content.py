"""The outermost of a CMS: what is signed, by whom, with what enclosed (RFC 5652 §§ 3, 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core, crl, ocsp, pdf, pem

from mailhub.files.signed.ber import Opened
from mailhub.files.signed.certificates import MOST_CERTIFICATES
from mailhub.files.signed.facts import Problem
from mailhub.files.signed.pool import Pool
from mailhub.files.signed.signerinfo import Bad, values_of

_MOST_ANSWERS = 100
_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"  # RFC 5940 § 2.1
_REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"  # ETSI EN 319 122-1 § A.1.3.2
assert pdf  # whoever imports it teaches asn1crypto Adobe's attribute


class _Lists(core.SequenceOf):  # type: ignore[misc]
    _child_spec = crl.CertificateList


class _Responses(core.SequenceOf):  # type: ignore[misc]
    _child_spec = ocsp.BasicOCSPResponse


class _RevocationValues(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("crl_vals", _Lists, {"explicit": 0, "optional": True}),
        ("ocsp_vals", _Responses, {"explicit": 1, "optional": True}),
        ("other_rev_vals", core.Any, {"explicit": 2, "optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class SignedContent:
    """`content` None: it lies elsewhere. `signers` are SignerInfos; `pool` holds what was enclosed beside them."""

    content_type: str
    content: memoryview | None
    signers: tuple[Any, ...]
    pool: Pool


def read_content(der: bytes | memoryview) -> SignedContent:
    """Raises Bad. Zeros behind it are padding, as a PDF's /Contents has them; anything else there is none of it. PEM
    is taken as well."""
    try:
        opened = _opened(memoryview(der))
        info = cms.ContentInfo.load(opened.rest, strict=True)
        kind = info["content_type"].native
        if kind != "signed_data":
            raise Bad(Problem.UNSUPPORTED, f"{kind} instead of signed data")
        data = info["content"]
        return SignedContent(
            content_type=str(data["encap_content_info"]["content_type"].native),
            content=opened.content,
            signers=tuple(data["signer_infos"]),
            pool=_enclosed(data),
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise Bad(Problem.MALFORMED, f"{type(error).__name__}: {error}") from error


def _opened(data: memoryview) -> Opened:
    if bytes(data[:10]) == b"-----BEGIN":
        text = bytes(data)
        if text.count(b"-----BEGIN") > 1 or not text.rstrip(b" \t\r\n\0").endswith(b"-----"):
            raise Bad(Problem.MALFORMED, "octets beside the signature")
        _, _, der = pem.unarmor(text)
        data = memoryview(der)
    opened = Opened(data)
    padding = data[opened.length :]
    if len(padding) and bytes(padding).strip(b"\0"):
        raise Bad(Problem.MALFORMED, "octets behind the signature")
    return opened


def pool_of_signer(info: Any) -> Pool:
    """What one signer enclosed: Adobe's archive of answers, and that of CAdES. What cannot be read is left out."""
    ocsps: list[bytes] = []
    crls: list[bytes] = []
    try:
        for archive in values_of(info["signed_attrs"], "adobe_revocation_info_archival"):
            ocsps += [one.dump() for one in archive["ocsp"] or ()]
            crls += [one.dump() for one in archive["crl"] or ()]
        for raw in _raw_values(info["unsigned_attrs"], _REVOCATION_VALUES):
            values = _RevocationValues.load(raw)
            ocsps += [_response(one.dump()) for one in values["ocsp_vals"] or ()]
            crls += [one.dump() for one in values["crl_vals"] or ()]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        pass
    return Pool(ocsps=tuple(ocsps[:_MOST_ANSWERS]), crls=tuple(crls[:_MOST_ANSWERS]))


def _raw_values(attributes: Any, dotted: str) -> Iterator[bytes]:
    if isinstance(attributes, core.Void):
        return
    for one in attributes:
        if one["type"].dotted == dotted:
            yield from (value.dump() for value in one["values"])


def _enclosed(data: Any) -> Pool:
    certificates, ocsps, crls = [], [], []
    for choice in _some(data["certificates"], MOST_CERTIFICATES):
        if choice.name == "certificate":
            certificates.append(choice.chosen.dump())
    for choice in _some(data["crls"], _MOST_ANSWERS):
        if choice.name != "other":
            crls.append(choice.chosen.dump())
        elif choice.chosen["other_rev_info_format"].dotted == _OCSP_RESPONSE:
            ocsps.append(choice.chosen["other_rev_info"].dump())
    return Pool(certificates=tuple(certificates), ocsps=tuple(ocsps), crls=tuple(crls))


def _some(several: Any, most: int) -> Iterator[Any]:
    if not isinstance(several, core.Void):
        yield from (one for _, one in zip(range(most), several, strict=False))


def _response(basic: bytes) -> bytes:
    """CAdES keeps the BasicOCSPResponse alone; here is the OCSPResponse around it (RFC 6960 § 4.2.1)."""
    wrapped = ocsp.OCSPResponse(
        {
            "response_status": "successful",
            "response_bytes": {
                "response_type": "basic_ocsp_response",
                "response": ocsp.BasicOCSPResponse.load(basic),
            },
        }
    )
    return bytes(wrapped.dump())
