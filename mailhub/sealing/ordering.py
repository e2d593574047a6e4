"""One file sealed: the act is entered, the signer is asked, a timestamp is put in, the outcome is entered.

The signer checks everything for itself; what is decided here is only that it is asked, and what is used of its answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from sqlalchemy import Connection

from mailhub.clock import now_ms
from mailhub.sealing import acts
from mailhub.sealing.acts import SEALED, Outcome, Wanted
from mailhub.sealing.reasons import NotSealed, Refused, by_signer
from mailhub.sealing.timestamping import Stamper
from mailhub.settings import Settings
from mailhub.signer.orders import Sealed, SealKind, SealOrder, SealRefused, assemble
from mailhub.store.database import Database

log = logging.getLogger(__name__)

PAUSES = (0.5, 2.0)  # seconds before a signer that is away, or busy, is asked again
HOLD = "hold"


class Signing(Protocol):
    """The signer, as `signer.client.SignerClient` is."""

    async def seal(self, order: SealOrder) -> Sealed | SealRefused:
        """Its answer; nothing is raised."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """A file with the agency's signature. `act` is the number of its row; `untimed` says why there is no timestamp."""

    content: bytes
    act: int
    certificate: str
    untimed: str = ""


class Sealer:
    """Has files sealed for one process."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        signer: Signing,
        stamper: Stamper,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._settings = settings
        self._database = database
        self._signer = signer
        self._stamper = stamper
        self._pauses = pauses

    async def seal(
        self, wanted: Wanted, original: bytes, *, main: str = "", again: bool = False
    ) -> SealedFile | NotSealed:
        """Seal `original`; `main` is the SHA-256 (hexadecimal) of the document that an attachment goes with, sealed
        just before by the same act. `again`: the caller asks once more when the signer was away, so that its row stays
        `asked`.

        Raises:
            StoreUnavailable: the act cannot be entered; nothing was asked.
        """
        number = await self._enter(lambda connection: acts.begin(connection, wanted, at=now_ms()))
        order = SealOrder(
            agency=wanted.desk.agency,
            desk=wanted.desk.desk,
            clerk=wanted.clerk.address,
            act=wanted.code or str(number),
            kind=SealKind(wanted.kind),
            original=original,
            main=main,
        )
        sealed = await self._ask(order)
        if isinstance(sealed, SealRefused):
            if sealed.temporary and again:
                return by_signer(sealed)
            return await self._refused(number, wanted, by_signer(sealed))
        named = replace(
            wanted, doc_type=sealed.doc_type or wanted.doc_type, number=sealed.number_symbol or wanted.number
        )
        start, end = sealed.contents
        stamped = await self._stamper.stamp(sealed.cms, (end - start) // 2)
        untimed = stamped if isinstance(stamped, str) else ""
        if untimed and self._settings().signer.tsa and self._settings().signer.without_timestamp == HOLD:
            return await self._refused(number, named, NotSealed(Refused.NO_TIMESTAMP.value, untimed, temporary=True))
        try:
            content = assemble(original, sealed, None if isinstance(stamped, str) else stamped)
        except ValueError as error:
            return await self._refused(number, named, NotSealed(Refused.BAD_RESULT.value, str(error)))
        outcome = Outcome(
            word=SEALED, sealed=sha256(content).digest(), certificate=sealed.certificate, timestamped=not untimed
        )
        await self._enter(lambda connection: acts.end(connection, number, named, outcome, at=now_ms()))
        return SealedFile(content=content, act=number, certificate=sealed.certificate, untimed=untimed)

    async def _ask(self, order: SealOrder) -> Sealed | SealRefused:
        answer = await self._signer.seal(order)
        for pause in self._pauses:
            if not (isinstance(answer, SealRefused) and answer.temporary):
                break
            await asyncio.sleep(pause)
            answer = await self._signer.seal(order)
        return answer

    async def _refused(self, number: int, wanted: Wanted, why: NotSealed) -> NotSealed:
        log.warning("%s is not sealed: %s %s", wanted.code or wanted.path, why.word, why.detail)
        outcome = Outcome(word=why.word)
        await self._enter(lambda connection: acts.end(connection, number, wanted, outcome, at=now_ms()))
        return why

    async def _enter(self, write: Callable[[Connection], int | None]) -> int:
        def run() -> int:
            with self._database.write() as connection:
                return write(connection) or 0

        return await asyncio.to_thread(run)


__all__ = ["SealedFile", "Sealer", "Signing"]
