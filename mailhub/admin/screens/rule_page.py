"""One rule explained: when it fits, its stages by agency and day, its exceptions, what it did lately, its letters."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Action, Actor
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.screens.rule_letters import letters
from mailhub.admin.screens.rule_proposals import of_rule
from mailhub.admin.screens.rule_words import (
    KINDS,
    STAGES,
    conditions,
    does,
    plans,
    sentence,
    today_of,
)
from mailhub.admin.screens.rules import DAYS, may_change
from mailhub.policy.wording import because_words
from mailhub.reports.rule_counts import RuleCount, rule_counts
from mailhub.screening.records.lately import Decided, decided_lately
from mailhub.screening.rules import editing, versions
from mailhub.screening.rules.errors import NoSuchRule

screens = Screens()


@screens.get("/rules/{rule}", needs(Action.POLICY_READ))
def show_rule(visit: Visit) -> Response:
    """GET: everything about one rule of those in force."""
    settings, today = visit.site.settings, today_of(visit.at)
    with visit.reading() as (connection, actor):
        rule = versions.book_in_force(connection, actor).rule(visit.path["rule"])
        if rule is None:
            raise NoSuchRule(f"no rule {visit.path['rule'][:80]!r} is in force")
        excepted = editing.list_exceptions(connection, actor, rule=rule.id)
        counted = _counted(connection, actor, rule.id, visit.at)
        proposed = of_rule(visit, connection, actor, rule.id)
    lately = _lately(visit, rule.id)
    regulation, t = settings.hub.regulation, visit.t
    return visit.page(
        "rules/page.html", rule=rule, sentence=sentence(rule, t, regulation, today), plans=plans(rule, today),
        when=conditions(rule.when, t), unless=[conditions(one, t) for one in rule.unless], kinds=KINDS, stages=STAGES,
        does={stage: does(rule, stage, t) for stage in STAGES}, because=because_words(rule, regulation, "vi"),
        exceptions=[(one, one.until < today) for one in excepted], lately=lately, counted=counted, days=DAYS,
        letters=letters(rule, settings, t, visit.at), changes=may_change(visit), proposed=proposed,
        rehearses=visit.actor is not None and needs(Action.USE_READ).admits(visit.actor),
    )  # fmt: skip


def _counted(connection: Connection, actor: Actor, rule: str, at: int) -> RuleCount | None:
    try:
        return rule_counts(connection, actor, days=DAYS, at=at).get(rule, RuleCount())
    except NotAllowed:
        return None


def _lately(visit: Visit, rule: str) -> Sequence[Decided] | None:
    """None for whoever may look into nobody's mail but their own; officials' own mail is on their own pages."""
    if visit.actor is None or not needs(Action.TRACE_READ).admits(visit.actor):
        return None
    with visit.writing() as (connection, actor):
        return decided_lately(connection, actor, rule)
