"""Has what authorities answer checked where nothing can be harmed: by a child of the sandbox.

A list of 200,000 lines is checked in seconds; it is the hub that splits the lines, once the child has vouched for them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from mailhub.files.signed.answers import CrlFacts, OcspFacts
from mailhub.files.signed.asked import AnswerAsked, AnswerChecked
from mailhub.sandbox.errors import BadAnswer, InspectorBusy, InspectorUnavailable, WorkFailed
from mailhub.sandbox.pool import Inspector
from mailhub.sandbox.works import ANSWERS
from mailhub.signatures.revocation.errors import NotBelieved

OCSP_SECONDS = 5.0
LIST_SECONDS = 60.0
_MOST_OCTETS = 128 * 2**20  # base64 of the lines of the longest list that is read


class Checker(Protocol):
    """Who checks. Both raise `NotBelieved` when nobody can tell just now."""

    async def ocsp(self, der: bytes, issuer: bytes, serial: str) -> OcspFacts: ...

    async def crl(self, der: bytes, issuer: bytes, address: str) -> CrlFacts: ...


class InspectorChecker:
    """By the inspectors behind a socket."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector

    async def ocsp(self, der: bytes, issuer: bytes, serial: str) -> OcspFacts:
        """What the OCSP response `der` says of the certificate `serial` of `issuer`.

        Raises:
            NotBelieved: it could not be checked.
        """
        found, _ = await self._ask(AnswerAsked(serial=serial), der, issuer, OCSP_SECONDS)
        if found.ocsp is None:
            raise NotBelieved("the child checked something else")
        return found.ocsp

    async def crl(self, der: bytes, issuer: bytes, address: str) -> CrlFacts:
        """What the list `der` of `issuer` says, with its lines; `address` is where it lies.

        Raises:
            NotBelieved: it could not be checked.
        """
        found, lines = await self._ask(AnswerAsked(address=address), der, issuer, LIST_SECONDS)
        if found.crl is None:
            raise NotBelieved("the child checked something else")
        try:
            return replace(found.crl, lines=lines.decode("ascii"))
        except UnicodeDecodeError:
            raise NotBelieved("lines that are not ASCII") from None

    async def _ask(self, asked: AnswerAsked, der: bytes, issuer: bytes, seconds: float) -> tuple[AnswerChecked, bytes]:
        try:
            done = await self._inspector.work(
                ANSWERS, asked, [der, issuer], AnswerChecked, timeout=seconds, most_octets=_MOST_OCTETS
            )
        except (InspectorBusy, InspectorUnavailable, WorkFailed, BadAnswer) as error:
            raise NotBelieved(f"could not be checked: {error}") from error
        if len(done.answers) != 1:
            raise NotBelieved("the child did not answer")
        return done.answers[0], done.octets
