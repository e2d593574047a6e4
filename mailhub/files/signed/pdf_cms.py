"""The signature proper of a PDF, by the encoding that its dictionary names (ISO 32000-2 § 12.8.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from mailhub.files.signed import structure
from mailhub.files.signed.ber import Opened
from mailhub.files.signed.cms import CmsFacts, read_cms
from mailhub.files.signed.facts import Form, Problem, SignatureFacts, Weakness
from mailhub.files.signed.pool import Pool
from mailhub.files.signed.structure import Flaw, Place
from mailhub.files.signed.timestamps import Token, read_token
from mailhub.files.signed.trusted import TrustBundle

_DETACHED = frozenset(("/ETSI.CAdES.detached", "/adbe.pkcs7.detached"))
_SHA1 = "/adbe.pkcs7.sha1"
_TIMESTAMP = "/ETSI.RFC3161"
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([-+Z])(?:(\d\d)'?(\d\d)?)?)?", re.ASCII)
_LEAST = (1, 1, 1, 0, 0, 0)
_OURS = timezone(timedelta(hours=7))
_OFF, _APART = 7 * 3_600_000, 120_000  # ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What the signature says once its dictionary was understood."""

    form: Form
    sub_filter: str
    cms: CmsFacts | None = None
    token: Token | None = None
    flaw: Flaw | None = None
    claimed_at: int = 0  # of the dictionary's /M

    @staticmethod
    def unread(kind: str, sub_filter: str, flaw: Flaw | None = None) -> Sealed:
        """A signature of which no more is known than what it calls itself."""
        form = Form.PDF_TIMESTAMP if _is_timestamp(kind, sub_filter) else Form.PDF
        return Sealed(form=form, sub_filter=sub_filter.lstrip("/")[:60], flaw=flaw)

    def onto(self, facts: SignatureFacts) -> SignatureFacts:
        """`facts` with what is known here."""
        facts = replace(facts, form=self.form, sub_filter=self.sub_filter, claimed_at=self.claimed_at)
        if self.cms is not None:
            facts = _of_cms(facts, self.cms)
        if self.token is not None:
            facts = _of_token(facts, self.token)
        if self.flaw is not None:
            facts = replace(facts, problems=(*facts.problems, self.flaw.problem), detail=self.flaw.detail)
        return facts


def read_sealed(
    kind: str, sub_filter: str, dated: object, place: Place, data: memoryview, trust: TrustBundle, pool: Pool
) -> Sealed:
    """The signature at `place`. `kind` and `sub_filter` are names of its dictionary, `dated` its /M."""
    sealed = Sealed.unread(kind, sub_filter)
    try:
        der = _without_padding(place.contents)
        digest_of = structure.digests_of(data, place)
        if sealed.form is Form.PDF_TIMESTAMP:
            if sub_filter != _TIMESTAMP or kind not in ("/DocTimeStamp", ""):
                raise Flaw(Problem.UNSUPPORTED, "a timestamp of another kind")
            return replace(sealed, token=read_token(der, digest_of, trust, pool))
        sealed = replace(sealed, claimed_at=_moment(dated))
        if sub_filter in _DETACHED:
            return replace(sealed, cms=read_cms(der, digest_of=digest_of, detached=True, trust=trust, pool=pool))
        if sub_filter == _SHA1:
            facts = read_cms(der, digest_of=digest_of, detached=False, trust=trust, pool=pool)
            flaw = None if facts.content == digest_of("sha1") else Flaw(Problem.CHANGED, "another digest than signed")
            return replace(sealed, cms=facts, flaw=flaw)
        raise Flaw(Problem.UNSUPPORTED, "an encoding that is not read")
    except Flaw as flaw:
        return replace(sealed, flaw=flaw)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        return replace(sealed, flaw=Flaw(Problem.CRASHED, type(error).__name__))


def _is_timestamp(kind: str, sub_filter: str) -> bool:
    return kind == "/DocTimeStamp" or (sub_filter == _TIMESTAMP)


def _without_padding(contents: bytes) -> bytes:
    """The DER or BER value at the beginning.

    Raises: Flaw: there is none, or more than zeros behind it.
    """
    if not contents.strip(b"\x00"):
        raise Flaw(Problem.EMPTY, "a signature of zeros")
    try:
        length = Opened(memoryview(contents)).length
    except ValueError as error:
        raise Flaw(Problem.MALFORMED, "contents are no CMS") from error
    structure.padding_of(contents, length)
    return contents[:length]


def _of_cms(facts: SignatureFacts, cms: CmsFacts) -> SignatureFacts:
    weaknesses = cms.weaknesses
    if facts.sub_filter == _SHA1.lstrip("/"):
        weaknesses = (*weaknesses, Weakness.SHA1_SUBFILTER)
    return replace(
        facts,
        problems=(*facts.problems, *cms.problems),
        detail=cms.detail,
        ess=cms.ess,
        digest=cms.digest,
        weaknesses=weaknesses,
        chain=cms.chain,
        claimed_at=_claimed(cms.claimed_at, facts.claimed_at),
        timestamp=cms.timestamp,
        answers=cms.answers,
    )


def _claimed(signed: int, dated: int) -> int:
    """The moment of CMS, else the dictionary's. Signing programs in our offices write the clock on the wall into CMS as
    if it were UTC, and the zone into the dictionary: then that one is right."""
    if signed and dated and abs(signed - dated - _OFF) < _APART:
        return dated
    return signed or dated


def _of_token(facts: SignatureFacts, token: Token) -> SignatureFacts:
    problems = () if token.facts.valid else (Problem.FORGED,)
    detail = "" if token.facts.valid else token.facts.problem
    return replace(
        facts,
        problems=(*facts.problems, *problems),
        detail=detail,
        chain=token.facts.chain,
        timestamp=token.facts,
        answers=token.answers,
    )


def _moment(dated: object) -> int:
    """A PDF date (ISO 32000-2 § 7.9.4) in milliseconds since the epoch, 0 when it is none. Without a zone it is ours:
    signing programs that leave it out write the clock on the wall (reference/signatures § 4, time pitfalls)."""
    found = _DATE.match(str(dated))
    if found is None:
        return 0
    parts = zip(found.groups()[:6], _LEAST, strict=True)
    year, month, day, hour, minute, second = (int(part or least) for part, least in parts)
    sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    zone = timezone(offset) if sign else _OURS
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
