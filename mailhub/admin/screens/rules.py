"""Quy tắc gửi, nhận: each rule as a sentence with its article, its stage, and what it did in the last month."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import Response

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Action
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.screens.rule_proposals import pending
from mailhub.admin.screens.rule_words import KINDS, STAGES, Plan, plans, sentence, today_of
from mailhub.policy.rules.rule import Action as RuleAction
from mailhub.policy.rules.rule import Rule, Stage
from mailhub.reports.rule_counts import RuleCount, rule_counts
from mailhub.screening.rules import putting, versions
from mailhub.screening.rules.errors import FileNotWritten
from mailhub.screening.rules.versions import Activated
from mailhub.text.folding import fold

screens = Screens()
DAYS = 30


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule in the list. `count` None: figures are not for this person."""

    rule: Rule
    sentence: str
    plans: list[Plan]
    count: RuleCount | None

    @property
    def stage(self) -> Stage:
        """What holds today for all that have none of their own."""
        return self.plans[0].today

    @property
    def allows(self) -> bool:
        """Whether it lets mail pass: above Ghi nhận all stages are the same to it."""
        return self.rule.action is RuleAction.ALLOW and self.stage is not Stage.SHADOW


@screens.get("/rules", needs(Action.POLICY_READ))
def list_rules(visit: Visit) -> Response:
    """GET q, stage: the rules in force, in their order."""
    today, regulation = today_of(visit.at), visit.site.settings.hub.regulation
    with visit.reading() as (connection, actor):
        version = versions.find_version(connection, actor)
        book = versions.book_in_force(connection, actor)
        counts = None
        with suppress(NotAllowed):  # the rules are everybody's, figures are not
            counts = rule_counts(connection, actor, days=DAYS, at=visit.at)
        waiting = pending(visit, connection, actor, {rule.id: rule.title for rule in book.rules})
    shown = [
        RuleShown(
            rule,
            sentence(rule, visit.t, regulation, today),
            plans(rule, today),
            None if counts is None else counts.get(rule.id, RuleCount()),
        )
        for rule in book.rules
    ]
    words = visit.query.get("q", "").strip()[:200]
    stage = visit.query.get("stage", "")
    fits = [one for one in shown if _fits(one, fold(words)) and (stage not in list(Stage) or one.stage == stage)]
    tally = {one: sum(each.stage is one for each in shown) for one in STAGES}
    return visit.page(
        "rules/list.html", rules=fits, version=version, q=words, stage=stage, tally=tally, counted=counts is not None,
        days=DAYS, kinds=KINDS, stages=STAGES, changes=may_change(visit), waiting=waiting,
    )  # fmt: skip


def may_change(visit: Visit) -> bool:
    """Whether the buttons of change are shown; the services ask again."""
    return visit.actor is not None and needs(Action.POLICY_CHANGE).admits(visit.actor)


def _fits(one: RuleShown, words: str) -> bool:
    if not words:
        return True
    text = fold(f"{one.rule.id} {one.rule.title} {one.sentence}")
    return all(word in text for word in words.split())


def put_and_go(visit: Visit, done: Activated, to: str, said: str) -> Response:
    """After rules were changed: policy.toml says the same, and the visitor is led on. What could not be written to the
    file is in force all the same, and the page says what to do."""
    try:
        putting.put_file(visit.site.database, visit.site.settings.directory, done.text)
    except FileNotWritten:
        return visit.go(to, "web.rules.file-not-written", number=done.number)
    return visit.go(to, said, number=done.number)
