"""Checks what authorities answered when they were asked (RFC 6960, RFC 5280 § 5): a piece of work of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from mailhub.files.signed.asked import AnswerAsked, AnswerChecked
from mailhub.files.signed.evidence import check_crl, check_ocsp
from mailhub.files.signed.trusted import TrustBundle


def work(
    argument: AnswerAsked,
    octets: Sequence[memoryview],
    trust: Callable[[], TrustBundle],  # noqa: ARG001
) -> Iterator[object]:
    """An `AnswerChecked`; for a list also its lines, which are too many for JSON."""
    answer, issuer = bytes(octets[0]), bytes(octets[1])
    if argument.serial:
        yield AnswerChecked(ocsp=check_ocsp(answer, issuer, argument.serial))
        return
    facts = check_crl(answer, issuer, argument.address)
    yield AnswerChecked(crl=replace(facts, lines=""))
    if facts.lines:
        yield facts.lines.encode("ascii")
