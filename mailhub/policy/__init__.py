"""Decides what may pass. Plain values in, verdicts out: no SMTP, no HTTP, no database, no look-ups.

One module a rule. A rule returns None or a `Refusal`; the doors import this package, never the other way round.
"""

from mailhub.policy.errors import Refused
from mailhub.policy.identity import judge_incoming, judge_sender, judge_submission
from mailhub.policy.verdict import Refusal

__all__ = ["Refusal", "Refused", "judge_incoming", "judge_sender", "judge_submission"]
