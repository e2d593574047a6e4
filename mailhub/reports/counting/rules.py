"""What the rules did on a day: from the decisions, of which each message has one (screening/records/record.py)."""

from __future__ import annotations

import json
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
    for agency_id, outcome in connection.execute(query):
        _add(counts, agency_id or NO_AGENCY, outcome)
    return counts


def _add(counts: Counts, agency_id: int, outcome: str) -> None:
    """A message counts once for a rule in each stage and with each effect, whatever the number of its recipients."""
    told = json.loads(outcome)
    rules = told.get("rules", ())
    counts.add(Key(What.JUDGED, agency_id, told.get("effect", "none")))
    found: dict[Key, int] = {}
    for one in rules:
        effect = EXEMPTED if one.get("exempted") else one.get("effect", "none")
        key = Key(What.RULE, agency_id, one.get("rule", ""), one.get("stage", ""), effect)
        found[key] = found.get(key, 0) + one.get("recipients", 0)
    for key, recipients in found.items():
        counts.add(key, more=recipients)
