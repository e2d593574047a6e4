"""Has a document made ready for its signature, by a child of the signer's own inspector, and the result looked at by
another child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mailhub.clock import iso_time, local_time
from mailhub.files.sealing.values import (
    CannotReason,
    Compared,
    ComparePlan,
    Prepared,
    SealKind,
    SealOutcome,
    SealPlan,
)
from mailhub.files.signed.trusted import TrustBundle
from mailhub.sandbox.errors import BadAnswer, InspectorBusy, InspectorUnavailable, WorkFailed
from mailhub.sandbox.pool import Done, Inspector
from mailhub.sandbox.wire import End
from mailhub.sandbox.works import COMPARE, PREPARE
from mailhub.signer.errors import SignerError
from mailhub.signer.mandate import Mandate
from mailhub.signer.orders import Refusal, SealOrder

T = TypeVar("T")
STRICT = "iso"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be prepared: `number` is an attachment's, of the document it belongs to."""

    order: SealOrder
    mandate: Mandate
    certificate: bytes
    own: tuple[str, ...]
    number: str
    at: int


class Preparer(Protocol):
    """What does it; raises SignerError BUSY, UNAVAILABLE, NOT_PREPARED, NOT_DERIVED."""

    async def prepare(self, wanted: Wanted, trust: TrustBundle) -> tuple[Prepared, bytes]: ...


class InspectorPreparer:
    """Asks the inspector behind a socket. `seconds`: for one document, waiting included; `time_style`: iso, or as
    people write it."""

    def __init__(self, inspector: Inspector, *, seconds: float, time_style: str) -> None:
        self._inspector = inspector
        self._seconds = seconds
        self._time_style = time_style

    async def prepare(self, wanted: Wanted, trust: TrustBundle) -> tuple[Prepared, bytes]:
        """What the update is, and its octets.

        Raises:
            SignerError: BUSY, UNAVAILABLE, NOT_PREPARED, NOT_DERIVED
        """
        original = wanted.order.original
        given = [original, wanted.mandate.seal_png, wanted.certificate]
        done = await self._asked(PREPARE, self._plan(wanted), given, SealOutcome, trust)
        outcome = done.answers[0] if done.answers else SealOutcome()
        if outcome.prepared is None:
            raise SignerError(Refusal.NOT_PREPARED, outcome.cannot.reason if outcome.cannot else CannotReason.FAILED)
        update = bytes(done.octets)
        compared = await self._asked(COMPARE, ComparePlan(seconds=self._seconds), [original, update], Compared, None)
        problem = compared.answers[0].problem if compared.answers else "no answer"
        if problem:
            raise SignerError(Refusal.NOT_DERIVED, problem[:200])
        return outcome.prepared, update

    async def _asked(
        self,
        name: str,
        plan: object,
        octets: Sequence[bytes | memoryview],
        answer: type[T],
        trust: TrustBundle | None,
    ) -> Done[T]:
        try:
            return await self._inspector.work(name, plan, octets, answer, timeout=self._seconds, trust=trust)
        except InspectorBusy as error:
            raise SignerError(Refusal.BUSY, str(error)) from error
        except InspectorUnavailable as error:
            raise SignerError(Refusal.UNAVAILABLE, str(error)) from error
        except WorkFailed as error:
            reason = CannotReason.TIME if error.end is End.TIME else CannotReason.FAILED
            raise SignerError(Refusal.NOT_PREPARED, reason) from error
        except BadAnswer as error:
            raise SignerError(Refusal.NOT_DERIVED, str(error)) from error

    def _plan(self, wanted: Wanted) -> SealPlan:
        return SealPlan(
            kind=wanted.order.kind,
            own=wanted.own,
            diameter_mm=wanted.mandate.diameter_mm,
            number=wanted.number,
            time=time_text(wanted.at, self._time_style) if wanted.order.kind is SealKind.ATTACHMENT else "",
            signed_at=wanted.at,
            field_name=f"DauCoQuan{wanted.at}",
            seconds=self._seconds,
        )


def time_text(at: int, style: str) -> str:
    """The moment of signing as Nghị định 30/2020/NĐ-CP (Phụ lục I, II.8b) wants it: day and time, Vietnam's zone by
    ISO 8601."""
    if style == STRICT:
        return iso_time(at - at % 1000).replace(".000", "")
    return local_time(at).strftime("%d/%m/%Y %H:%M:%S +07:00")
