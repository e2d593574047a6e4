"""What the rules did on a day: from the decisions, of which each message has one (screening/records/record.py)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from mailhub.reports.counting.counts import EXEMPTED, NO_AGENCY, Counts, Key, What, id_range
from mailhub.screening.models import PolicyDecision


def count_rules(connection: Connection, day: date) -> Counts:
    """Messages by the strongest effect, and by each rule that fitted, for the agency that the decision names: the
    sender's, or for mail from outside the first recipient's."""
    first, end = id_range(day)
    query = select(PolicyDecision.agency_id, PolicyDecision.outcome)
    query = query.where(PolicyDecision.message_id >= first, PolicyDecision.message_id < end)
    counts = Counts()
    # Outcomes are much the same all day, and reading one takes longer than fetching its row: each is read once.
    read: dict[str, _Told] = {}
    for (agency_id, outcome), times in Counter(connection.execute(query).all()).items():
        told = read.get(outcome) or read.setdefault(outcome, _told(outcome))
        counts.add(Key(What.JUDGED, agency_id or NO_AGENCY, told.effect), times)
        for (rule, stage, effect), recipients in told.rules:
            counts.add(Key(What.RULE, agency_id or NO_AGENCY, rule, stage, effect), times, times * recipients)
    return counts


@dataclass(frozen=True, slots=True)
class _Told:
    """`rules`: rule, stage and effect with the number of recipients. A message counts once for each, whatever that
    number is."""

    effect: str
    rules: Sequence[tuple[tuple[str, str, str], int]]


def _told(outcome: str) -> _Told:
    told = json.loads(outcome)
    found: dict[tuple[str, str, str], int] = {}
    for one in told.get("rules", ()):
        effect = EXEMPTED if one.get("exempted") else one.get("effect", "none")
        name = one.get("rule", ""), one.get("stage", ""), effect
        found[name] = found.get(name, 0) + one.get("recipients", 0)
    return _Told(told.get("effect", "none"), tuple(found.items()))
