"""Stricter rules and their second person, on a trial's page, a rule's, the list of rules and the proposal's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts.control import proposals
from mailhub.accounts.control.proposals import ProposalKind, ProposalRow
from mailhub.accounts.rights import Action, Actor, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.visit import Visit
from mailhub.admin.people.words import who
from mailhub.admin.screens.documents import may_see_codes
from mailhub.admin.screens.trial_words import (
    about,
    change_words,
    everywhere,
    figures,
    stage_words,
    titles_of,
    value_words,
)
from mailhub.i18n import Texts
from mailhub.policy.rules.comparing import differences
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook
from mailhub.screening.rehearsal import proposing
from mailhub.screening.rehearsal.trials import Trial
from mailhub.screening.rules import versions
from mailhub.screening.rules.policy_file import POLICY_FILE
from mailhub.screening.rules.second_person import policy_subject, tightened
from mailhub.screening.rules.tightening import Tightening, Way

BADGES = {"waiting": "wait", "approved": "good", "refused": "bad", "used": "off", "lapsed": "off"}
_SEES = needs(Action.POLICY_CHANGE, Action.PROPOSAL_DECIDE)
_OPEN = ("waiting", "approved")


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Whether a trial is two people's, why, who may be the second one, and how far that has come."""

    why: Sequence[str]
    deciders: Sequence[str]
    proposal: ProposalRow | None
    state: str  # of the proposal; "" without one

    @property
    def needed(self) -> bool:
        return bool(self.why)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal about rules in a line."""

    row: ProposalRow
    words: str
    state: str
    badge: str
    by: str
    decided_by: str
    mine: bool


def second_person(
    visit: Visit, connection: Connection, actor: Actor, trial: Trial, old: RuleBook, new: RuleBook
) -> SecondPerson:
    """For the page of one's own trial, of its two books; nothing is needed once it is in force, or where the setting
    says so."""
    made = proposing.proposal_of(connection, trial)
    state = made.stands(visit.at) if made is not None else ""
    if not visit.site.settings.policy.second_person or trial.activated:
        return SecondPerson((), (), made, state)
    why = [tightening_words(visit.t, one) for one in tightened(connection, old, new, at=visit.at)]
    subject = policy_subject(connection, POLICY_FILE)
    others = proposals.deciders(connection, subject, at=visit.at, but=actor.account_id) if why else ()
    return SecondPerson(why, others, made, state)


def tightening_words(t: Texts, one: Tightening) -> str:
    """`Gửi tệp …, mọi đơn vị: Ghi nhận → Chờ duyệt từ 01/12/2026`."""
    if one.way is not Way.STAGE:
        return t(f"web.rules.tighter.{one.way}", rule=one.title)
    before = t(f"policy.stage.{one.before}") if one.before is not None else t("web.rules.tighter.new")
    stage = t(f"policy.stage.{one.after}")
    then = t("web.rules.from-day", stage=stage, day=f"{one.on:%d/%m/%Y}") if one.on else stage
    return t(
        "web.rules.tighter.stage", rule=one.title, agency=one.agency or everywhere(t), before=before,
        after=then,
    )  # fmt: skip


def of_rule(visit: Visit, connection: Connection, actor: Actor, rule: str) -> list[Proposed]:
    """How the rule's stage came to be what it is: agreements are everybody's to read, as versions are; what still waits
    is for those who take part in it."""
    takes_part = _SEES.admits(actor)
    rows = proposing.proposals_of(connection, rule)
    found = [_proposed(visit, actor, row, stage_words(visit.t, row.payload)) for row in rows]
    return [one for one in found if one.state == "used" or (takes_part and one.state in _OPEN)]


def pending(visit: Visit, connection: Connection, actor: Actor, titles: Mapping[str, str]) -> list[Proposed]:
    """Those that wait for a second person, or for whoever proposed them to put them in force."""
    if not _SEES.admits(actor):
        return []
    rows = proposals.list_proposals(connection, actor, kind=ProposalKind.POLICY, limit=50, at=visit.at)
    found = [_proposed(visit, actor, row, about(visit.t, row.payload, titles)) for row in rows]
    return [one for one in found if one.state in _OPEN]


def _proposed(visit: Visit, actor: Actor, row: ProposalRow, words: str) -> Proposed:
    state = row.stands(visit.at)
    mine = actor.account_id is not None and actor.account_id == row.proposer_id
    decided = who(visit.t, row.decided_by) if row.decided_by else ""
    return Proposed(row, words, state, BADGES[state], who(visit.t, row.proposed_by), decided, mine)


def shown(visit: Visit, connection: Connection, actor: Actor, row: ProposalRow) -> dict[str, Any]:
    """What the proposal's page shows of the rules: what is different, and how much mail that would hold; by rule and by
    agency only to those who may see such figures of the whole province."""
    trial, whole = proposing.proposed_trial(connection, row), policy_subject(connection, POLICY_FILE)
    others = proposals.deciders(connection, whole, at=visit.at, but=row.proposer_id)
    if trial is None:
        return {"trial": None, "about": row.subject, "stage": "", "deciders": others}
    old, new = read_rules(versions.text_of(connection, trial.version)), read_rules(trial.text)
    titles, t = titles_of(old, new), visit.t
    day = trial.about.get("on", "")
    return {
        "trial": trial, "deciders": others, "about": about(t, trial.about, titles), "titles": titles,
        "changes": differences(old, new), "change_words": change_words(t), "value_words": value_words(t),
        "was": t("web.rules.before"), "will": t("web.rules.after"), "on": "/".join(reversed(day.split("-"))),
        "agreed": trial.about.get("agreed", ""), "stage": trial.about.get("stage", ""),
        "by": may(actor, Action.USE_READ, whole), **figures(t, trial.result, traces=may_see_codes(visit.actor)),
    }  # fmt: skip


def read_rules(text: str | None) -> RuleBook:
    """The rules of a stored text; none of what this program cannot read any more."""
    try:
        return RuleBook(()) if text is None else read_book(text, POLICY_FILE)
    except BookErrors:
        return RuleBook(())
