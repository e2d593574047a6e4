"""What certificate authorities said of certificates, checked: their word counts, whoever brought it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from mailhub.files.signed.answers import ANYWHERE, CrlFacts, OcspFacts
from mailhub.files.signed.certificates import Certificate, certificate_of
from mailhub.files.signed.crls import RevocationListRead
from mailhub.files.signed.facts import RevocationAnswer
from mailhub.files.signed.ocsp import OcspResponse, Refused
from mailhub.files.signed.timer import kept

_MOST_OCSPS = 100  # looked at of one signature
_MOST_CRLS = 20
_Read = TypeVar("_Read")


def read_answers(
    ocsps: Sequence[bytes], crls: Sequence[bytes], path: Sequence[Certificate], others: Iterable[Certificate] = ()
) -> tuple[RevocationAnswer, ...]:
    """The answers among those that a file brings which are about a certificate of `path` (leaf first) and verify.

    `others` may hold responders. The rest is passed over in silence: what does not prove anything need not be told.
    """
    answers: dict[RevocationAnswer, None] = {}
    pairs = [(path[at], path[at + 1]) for at in range(len(path) - 1)]
    responders = tuple(others)
    for response in _readable(_response, ocsps[:_MOST_OCSPS]):
        for certificate, issuer in pairs:
            if certificate.serial_number not in response.serials:
                continue
            found = _or_none(partial(_by_ocsp, response, certificate, issuer, responders))
            if found is not None:
                answers[found] = None
    for revoked in _readable(_list, crls[:_MOST_CRLS]):
        for certificate, issuer in pairs:
            found = _or_none(partial(_by_list, revoked, certificate, issuer))
            if found is not None:
                answers[found] = None
    return tuple(answers)


def check_ocsp(der: bytes, issuer_der: bytes, serial: str) -> OcspFacts:
    """The answer to a question about the certificate `serial` (hexadecimal) of an issuer. Raises nothing but
    MemoryError; a nonce is for who asked (RFC 9654 is not used: responders of large authorities sign beforehand)."""
    try:
        return OcspFacts(answer=OcspResponse(der).about(int(serial, 16), certificate_of(issuer_der)))
    except Refused as refused:
        return OcspFacts(problem=str(refused) or "refused")
    except MemoryError:
        raise
    except Exception as error:
        return OcspFacts(problem=f"{type(error).__name__}: {error}"[:300])


def check_crl(der: bytes, issuer_der: bytes, address: str = "") -> CrlFacts:
    """A whole list of an issuer, PEM as well. `address` is where it was fetched: lists that name their address (RFC
    5280 § 5.2.5) must name that one. Raises nothing but MemoryError."""
    try:
        issuer = certificate_of(issuer_der)
        read = RevocationListRead(der)
        read.verify(issuer, (address,))
        return read.facts(issuer)
    except Refused as refused:
        return CrlFacts(problem=str(refused) or "refused")
    except MemoryError:
        raise
    except Exception as error:
        return CrlFacts(problem=f"{type(error).__name__}: {error}"[:300])


@kept(32)
def _response(der: bytes) -> OcspResponse:
    """Kept: every signature of a document is offered all that the document brings."""
    return OcspResponse(der)


@kept(8)
def _list(der: bytes) -> RevocationListRead:
    return RevocationListRead(der)


def _readable(reader: Callable[[bytes], _Read], ders: Iterable[bytes]) -> Iterable[_Read]:
    for der in dict.fromkeys(ders):
        read = _or_none(partial(reader, der))
        if read is not None:
            yield read


def _or_none(act: Callable[[], _Read]) -> _Read | None:
    """What a stranger's answer does to a parser is no reason to look at the others no more."""
    try:
        return act()
    except MemoryError:
        raise
    except Exception:
        return None


def _by_ocsp(
    read: OcspResponse, certificate: Certificate, issuer: Certificate, others: tuple[Certificate, ...]
) -> RevocationAnswer:
    found = read.about(certificate.serial_number, issuer, names=(certificate.issuer,), others=others)
    return replace(found, embedded=True)


def _by_list(read: RevocationListRead, certificate: Certificate, issuer: Certificate) -> RevocationAnswer:
    read.verify(issuer, _addresses(certificate))
    return replace(read.about(certificate.serial_number, issuer), embedded=True)


def _addresses(certificate: Certificate) -> list[str]:
    """Where the certificate says that its list lies; to compare with, never to fetch."""
    try:
        points = list(certificate.crl_distribution_points)[:10]
        return [str(one.url) for one in points if one.url and str(one.url) != ANYWHERE]
    except (ValueError, TypeError):
        return []
