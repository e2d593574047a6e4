"""What signatures amount to, as rules ask for it (`policy/facts.py`, `SIGNATURES`)."""

from __future__ import annotations

from mailhub.files.facts import FileFacts
from mailhub.intake.inspection import Inspection
from mailhub.policy.facts import UNKNOWN
from mailhub.signatures.verdict import Caution, Hierarchy, JudgedDocument, Verdict

NONE = "none"
# Where a document without a signature that we read has none: office files may carry kinds that we do not read.
_READ = frozenset(("pdf", "png", "jpeg", "tiff", "gif", "bmp", "webp"))
_WORDS = {
    Verdict.INVALID: "invalid",
    Verdict.UNTRUSTED: "untrusted",
    Verdict.UNKNOWN: "unverified",
    Verdict.NOT_SIGNED: NONE,
}
_COMPLETE = {"both": "valid", "agency": "agency"}


class Signatures:
    """Of one inspected message."""

    def __init__(self, inspection: Inspection) -> None:
        self._verified = inspection.verified
        self._judged = {one.sha256.hex(): one.judged for one in inspection.signatures}
        own = next((one.judged for one in inspection.signatures if not one.path), None)
        self.own = NONE if own is None else _own_word(own)

    def of(self, facts: FileFacts) -> str:
        """What the signatures of a document's file amount to."""
        judged = self._judged.get(facts.sha256)
        if judged is not None:
            return _word(judged)
        return NONE if self._verified and facts.type in _READ else UNKNOWN


def _own_word(judged: JudgedDocument) -> str:
    """Of a message's own signature: a good one by somebody else than From says is not good for the message."""
    differs = Caution.OTHER_SENDER in judged.warnings
    return _WORDS.get(judged.verdict, "other-sender" if differs else "valid")


def _word(judged: JudgedDocument) -> str:
    if judged.verdict is not Verdict.VALID:
        return _WORDS[judged.verdict]
    public = any(one.hierarchy is Hierarchy.PUBLIC for one in judged.signatures if one.verdict is Verdict.VALID)
    return "public" if public else _COMPLETE.get(judged.complete, "person")  # not sure whose: never both
