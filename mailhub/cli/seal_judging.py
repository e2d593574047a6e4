"""Before a file gets the agency's signature by command: it is read and judged as if a desk had sent it.

The signer knows neither what authorities say of a certificate today nor whose document it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Actor
from mailhub.files.facts import Limits, Mode
from mailhub.files.signed.facts import Signed
from mailhub.i18n import texts
from mailhub.ops.knowledge import Knowledge
from mailhub.ops.verifying import signed_of
from mailhub.registry.matching import Agencies
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.sealing.choosing import choose
from mailhub.sealing.holding import why_words
from mailhub.sealing.papers import paper_of
from mailhub.sealing.switching import SealingDesk
from mailhub.signatures.judging import judge
from mailhub.signatures.verdict import NOT_SIGNED

_SECONDS = 120.0  # scanned pages are read, too


@dataclass(frozen=True, slots=True)
class Judge:
    """What it takes to judge one file."""

    inspector: Inspector
    known: Knowledge
    agencies: Agencies

    async def why_not(self, file: FileBytes, desk: SealingDesk) -> str:
        """Why this is nothing that `desk` may seal, in words; "" when it is, or only the signer can tell.

        Raises:
            InspectorBusy, InspectorUnavailable, StoreUnavailable
        """
        limits = Limits(mode=Mode.FULL)
        (facts,) = await self.inspector.read([file], limits, timeout=_SECONDS, trust=self.known.trust.bundle)
        signed = signed_of(facts, file)
        judged = NOT_SIGNED
        if isinstance(signed, Signed):
            context = self.known.context(signed, facts.recognition, "")
            judged = judge(signed, await self.known.answers(signed, context), context)
        choice = choose([paper_of(facts, judged, desk, self.agencies)])
        if choice.refused:
            return why_words(choice.refused[0][1].value, "vi")
        if choice.passed:
            return texts("vi")(f"seal.passed.{choice.passed[0][1].value.replace(' ', '-')}")
        return ""


def check_clerk(actor: Actor) -> None:
    """Every seal names the clerk who has it put on, and whoever types for another may not say that for him.

    Raises:
        NotAllowed
    """
    if actor.account_id is None or not actor.proved:
        raise NotAllowed("ký số của cơ quan phải do văn thư tự yêu cầu: --as ĐỊA-CHỈ --prove (nhập mật khẩu)")
