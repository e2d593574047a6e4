"""A timestamp for a fresh signature: asked at the one address that is set, checked by a sandbox child (RFC 3161)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mailhub.files.sealing.requests import CONTENT_TYPE, MOST_ANSWER_BYTES, request_for
from mailhub.files.sealing.values import Stamped, StampPlan
from mailhub.files.signed.trusted import TrustBundle
from mailhub.sandbox.errors import BadAnswer, InspectorBusy, InspectorUnavailable, WorkFailed
from mailhub.sandbox.pool import Inspector
from mailhub.sandbox.works import STAMP
from mailhub.settings import Settings
from mailhub.signatures.revocation.errors import FetchFailed
from mailhub.signatures.revocation.fetching import fetch

log = logging.getLogger(__name__)

CHECK_SECONDS = 5.0


class Stamper(Protocol):
    """Puts a timestamp into a signature."""

    async def stamp(self, cms: bytes, most_octets: int) -> bytes | str:
        """The signature with it, at most `most_octets` long, or why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """The authority at `[signer] tsa`; "no authority is set" when that is empty."""

    settings: Callable[[], Settings]
    inspector: Inspector
    trust: Callable[[], TrustBundle]

    async def stamp(self, cms: bytes, most_octets: int) -> bytes | str:
        """As `Stamper`."""
        address = self.settings().signer.tsa
        if not address:
            return "no authority is set"
        request = request_for(cms)
        try:
            answer = await self._ask(address, request.der)
        except FetchFailed as error:
            log.warning("the timestamp authority %s does not answer: %s", address, error)
            return f"no answer: {error}"
        plan = StampPlan(nonce=request.nonce, most_bytes=most_octets)
        try:
            trust = await asyncio.to_thread(self.trust)
            done = await self.inspector.work(STAMP, plan, [cms, answer], Stamped, timeout=CHECK_SECONDS, trust=trust)
        except (InspectorBusy, InspectorUnavailable, WorkFailed, BadAnswer) as error:
            return f"not checked: {error}"
        stamped = done.answers[0] if done.answers else Stamped(detail="no answer")
        if stamped.problem is not None or not done.octets:
            log.warning("the timestamp of %s is not good: %s %s", address, stamped.problem, stamped.detail)
            return f"{stamped.problem or 'failed'}: {stamped.detail}"[:200]
        return done.octets

    async def _ask(self, address: str, request: bytes) -> bytes:
        settings = self.settings()
        return await fetch(
            address,
            body=request,
            kind=CONTENT_TYPE,
            most=MOST_ANSWER_BYTES,
            seconds=settings.signer.tsa_seconds,
            proxy=settings.signatures.proxy,
        )


__all__ = ["Stamper", "TimestampAuthority"]
