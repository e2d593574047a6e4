"""What the rules did, how the mail went, what was held: sums of `counting/rules.py` and `counting/mail.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from mailhub.accounts.models import Mailbox
from mailhub.clock import midnight
from mailhub.incidents.models import Incident, IncidentState
from mailhub.policy.facts import MailClass, Origin, Relation
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.rule import Exemption, Rule
from mailhub.reports.counting.counts import What, longest_in
from mailhub.reports.figures.documents import by_lines
from mailhub.reports.figures.scene import Scene
from mailhub.reports.ledger import Sums
from mailhub.screening.rules import exceptions
from mailhub.screening.rules.book import rules_of
from mailhub.screening.rules.versions import in_force

MOST_EXCEPTIONS = 500  # lines
_PRIVATE = {MailClass.PRIVATE, Relation.OWN_PRIVATE, Relation.OFFICIAL_PRIVATE}


@dataclass(frozen=True, slots=True)
class Delay:
    """How long half, and 95 of 100 deliveries took at most (ms, to a tenth); None: there were none."""

    number: int
    p50: int | None
    p95: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """`rules` by a (rule), b (stage), c (effect); `judged` by agency (a line), a (effect); `months` by month, a;
    `mail` by month, a (kind), b (door), c (held for)."""

    rules: Sums
    judged: Sums
    months: Sums
    mail: Sums
    delay: Delay
    delays: Sequence[Delay]  # a month
    ending: Sequence[Exemption]
    incidents: Mapping[str, int]  # by level, of the period
    open_incidents: int
    titles: Mapping[str, Rule]


def rule_figures(scene: Scene) -> RuleFigures:
    """Everything that the report on rules and operations says."""
    first, last, ledger = scene.period.first, scene.period.last, scene.ledger
    judged = ledger.sums(What.JUDGED, first, last, by=("agency", "a"))
    delays = ledger.sums(What.DELAY, first, last, by=("month", "a", "b"), months=scene.month_days)
    return RuleFigures(
        rules=ledger.sums(What.RULE, first, last, by=("a", "b", "c")),
        judged=by_lines(scene, judged),
        months=ledger.sums(What.JUDGED, first, last, by=("month", "a"), months=scene.month_days),
        mail=ledger.sums(What.MAIL, first, last, by=("month", "a", "b", "c"), months=scene.month_days),
        delay=delay_of(delays),
        delays=[delay_of(delays, month=place) for place in range(len(scene.months))],
        ending=ending_soon(scene),
        incidents=incidents(scene),
        open_incidents=open_incidents(scene),
        titles=rules_by_id(scene),
    )


def delay_of(sums: Sums, **wanted: object) -> Delay:
    """From taking a message over to handing it on, of what was held for nobody."""
    buckets: dict[int, int] = {}
    place = sums.by.index("a")
    for key, amount in sums.items(b="direct", **wanted):
        bucket = int(key[place])
        buckets[bucket] = buckets.get(bucket, 0) + amount[0]
    return Delay(sum(buckets.values()), percentile(buckets, 50), percentile(buckets, 95))


def percentile(buckets: Mapping[int, int], percent: int) -> int | None:
    """The upper end of the bucket that holds it (ms)."""
    rest = -(-sum(buckets.values()) * percent // 100)
    for bucket in sorted(buckets):
        rest -= buckets[bucket]
        if rest <= 0:
            return longest_in(bucket)
    return None


def ending_soon(scene: Scene) -> list[Exemption]:
    """Exceptions that end within `[reports] ends_soon_days` of the day the report is made, of agencies in reach."""
    last = scene.today + timedelta(days=scene.section.ends_soon_days)
    found = exceptions.ending(scene.connection, scene.today, last)
    if scene.units.agencies is None:
        return list(found)
    codes = {one.code for one in scene.units.inside.values()}
    addresses = _agencies_of_people(scene, (one.who for one in found if "@" in one.who))
    return [one for one in found if one.who in codes or addresses.get(one.who) in scene.units.inside]


def incidents(scene: Scene) -> dict[str, int]:
    """Incidents that were opened in the period, by level; without those that two people said were none."""
    first, end = midnight(scene.period.first), midnight(scene.period.last + timedelta(days=1))
    query = select(Incident.level, func.count()).where(Incident.opened_at >= first, Incident.opened_at < end)
    query = query.where(Incident.mistaken.is_(False)).group_by(Incident.level)
    if scene.units.agencies is not None:
        query = query.where(Incident.agency_id.in_(scene.units.agencies))
    return {row[0]: row[1] for row in scene.connection.execute(query)}


def open_incidents(scene: Scene) -> int:
    """Those not closed yet, whenever they were opened."""
    query = select(func.count()).select_from(Incident).where(Incident.state != IncidentState.CLOSED)
    if scene.units.agencies is not None:
        query = query.where(Incident.agency_id.in_(scene.units.agencies))
    return scene.connection.scalar(query) or 0


def rules_by_id(scene: Scene) -> Mapping[str, Rule]:
    """The rules in force; none when this program cannot read them."""
    version = in_force(scene.connection)
    if version is None:
        return {}
    try:
        return {rule.id: rule for rule in rules_of(version.text, version.number).rules}
    except BookErrors:
        return {}


def is_about_private_mail(rule: Rule) -> bool:
    """Whether what the rule asks has to do with private mailboxes, with leading mail there, or with file sharing."""
    for test in rule.when.tests:
        if test.operator == "is" and _PRIVATE & {value for value in test.values if isinstance(value, str)}:
            return True
        if test.fact == "message.links" or (test.fact == "message.origin" and test.values == (Origin.REDIRECT,)):
            return True
    return False


def _agencies_of_people(scene: Scene, addresses: Iterable[str]) -> dict[str, int]:
    query = select(Mailbox.address, Mailbox.agency_id).where(Mailbox.address.in_(list(addresses)))
    return {row[0]: row[1] for row in scene.connection.execute(query)}
