"""From a verdict to the three levels that people see (reference/wording: never more than three)."""

from __future__ import annotations

from collections.abc import Iterable

from mailhub.signatures.verdict import Caution, Level, Verdict

# Said with the rest, but no reason to take care: a level that most good documents miss is no level.
MINOR = frozenset(
    {
        Caution.NO_TIMESTAMP,
        Caution.NO_ESS,
        Caution.TSA_REVOCATION_UNKNOWN,
        Caution.SUBSCRIBER_UNKNOWN,
    }
)


def level_of(verdict: Verdict, warnings: Iterable[Caution]) -> Level:
    """Hợp lệ; Hợp lệ nhưng cần lưu ý, Chưa xác minh được, Chưa đủ tin cậy; Không hợp lệ."""
    if verdict is Verdict.NOT_SIGNED:
        return Level.NONE
    if verdict is Verdict.INVALID:
        return Level.BAD
    if verdict is Verdict.VALID and all(warning in MINOR for warning in warnings):
        return Level.GOOD
    return Level.CARE
