"""From a trial into force: at once, or by a second person's agreement where more mail would be kept back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy import Connection

from mailhub.accounts import audit
from mailhub.accounts.control import proposals
from mailhub.accounts.control.proposals import ProposalKind, ProposalRow
from mailhub.accounts.rights import Actor
from mailhub.clock import local_time, now_ms
from mailhub.i18n import texts
from mailhub.ids import read_id
from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook, Stage
from mailhub.screening.rehearsal.errors import RulesMoved
from mailhub.screening.rehearsal.trials import Trial, find_trial, note_activated, trial_of
from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import CannotEdit, NoSuchRule
from mailhub.screening.rules.policy_file import POLICY_FILE
from mailhub.screening.rules.second_person import Agreement, policy_subject
from mailhub.screening.rules.staging import StageChange, same_rule, staged
from mailhub.screening.rules.versions import Activated
from mailhub.text.plain import plain_line


def propose_trial(
    connection: Connection, actor: Actor, number: int, *, reason: str, hours: int, at: int | None = None
) -> str:
    """Ask for the second person; gives the proposal's code, the same one while it waits or is agreed to.

    Raises:
        NotAllowed, NoSuchTrial, ReasonMissing. RulesMoved: other rules are in force than when it was tried.
    """
    versions.check_may_change(actor)
    moment = now_ms() if at is None else at
    trial = find_trial(connection, actor, number)
    text_to_activate(connection, trial, at=moment)
    made = proposal_of(connection, trial)
    if made is not None and made.stands(moment) in ("waiting", "approved"):
        return made.code
    asked = _asked(trial)
    subject = policy_subject(connection, asked.name)
    return proposals.propose(
        connection, actor, ProposalKind.POLICY, subject, asked.payload, reason=reason, hours=hours, at=moment
    )


def proposal_of(connection: Connection, trial: Trial) -> ProposalRow | None:
    """The newest proposal to put it in force."""
    return next(proposals.having(connection, ProposalKind.POLICY, "trial", str(trial.id)), None)


def proposals_of(connection: Connection, rule: str, *, limit: int = 10) -> Sequence[ProposalRow]:
    """The newest proposals to change this rule's stage, whatever became of them."""
    return list(islice(proposals.having(connection, ProposalKind.POLICY, "rule", rule), limit))


def agreement_to(connection: Connection, version: versions.Version) -> ProposalRow | None:
    """The proposal by which a version came into force; None when one person was enough."""
    return proposals.used_at(connection, ProposalKind.POLICY, version.activated_at)


def proposed_trial(connection: Connection, proposal: ProposalRow) -> Trial | None:
    """What a proposal is about, for whoever may see that; None when it is no longer kept."""
    return trial_of(connection, read_id(str(proposal.payload.get("trial", ""))))


def activate_trial(
    connection: Connection,
    actor: Actor,
    number: int,
    *,
    reason: str = "",
    two_people: bool = True,
    at: int | None = None,
) -> Activated:
    """Put what was tried in force: exactly that change, to exactly the rules that it was held against, by a second
    person's agreement where there is one (its reason then serves, when none is given).

    Raises:
        NotAllowed, NoSuchTrial, ReasonMissing, SameRules, BookErrors, NeedsSecondPerson. RulesMoved: other rules are
            in force than when it was tried.
    """
    versions.check_may_change(actor)
    audit.take_turn(connection)
    moment = now_ms() if at is None else at
    trial = find_trial(connection, actor, number)
    text = text_to_activate(connection, trial, at=moment)
    made, agreement = proposal_of(connection, trial), None
    if made is not None and made.stands(moment) == "approved":
        asked = _asked(trial)
        agreement, reason = Agreement(made.code, asked.name, asked.payload), reason.strip() or made.reason
    done = versions.activate(
        connection, actor, text, reason=reason, file=trial.about.get("file", ""), two_people=two_people,
        agreement=agreement, at=moment,
    )  # fmt: skip
    note_activated(connection, number, done.number)
    return done


def text_to_activate(connection: Connection, trial: Trial, *, at: int) -> str:
    """The text that it would put in force now. Where other lines were changed since, such as by an exception, a stage
    is changed in the new text: what was tried, and agreed to, is that one rule's stage.

    Raises:
        RulesMoved: the rule itself has changed, or it was a whole file that was tried.
    """
    now = versions.in_force(connection)
    if now is None or now.number == trial.version:
        return trial.text
    moved, wanted = RulesMoved(trial.version, now.number), _stage_change(trial)
    if wanted is None:
        raise moved
    try:
        was, is_now = _book_of(connection, trial).rule(wanted.rule), read_book(now.text, POLICY_FILE).rule(wanted.rule)
        if was is None or is_now is None or not same_rule(was, is_now):
            raise moved
        made = staged(now.text, wanted, today=local_time(at).date())
        tried, changed = read_book(trial.text, POLICY_FILE).rule(wanted.rule), read_book(made, POLICY_FILE)
    except (NoSuchRule, BookErrors, CannotEdit):
        raise moved from None
    one = changed.rule(wanted.rule)
    if one is None or tried is None or not same_rule(one, tried):
        raise moved
    return made


def _stage_change(trial: Trial) -> StageChange | None:
    told = trial.about
    if not told.get("stage"):
        return None
    return StageChange(
        rule=told.get("rule", ""), stage=Stage(told["stage"]), agency=told.get("agency", ""),
        on=date.fromisoformat(told["on"]) if told.get("on") else None, agreed=told.get("agreed", ""),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the second person agrees to: how it is called, and exactly what."""

    name: str
    payload: dict[str, object]


def _asked(trial: Trial) -> _Asked:
    """Of the trial's own texts alone: the same at any time."""
    payload: dict[str, object] = {key: value for key, value in trial.about.items() if value}
    payload |= {"trial": str(trial.id), "against": trial.version, "sha256": versions.digest(trial.text)}
    wanted = _stage_change(trial)
    if wanted is None:
        older = trial.about.get("back")
        return _Asked(
            f"phiên bản {older}" if older else plain_line(trial.about.get("file") or POLICY_FILE)[:100], payload
        )
    rule = read_book(trial.text, POLICY_FILE).rule(wanted.rule)
    title = plain_line(rule.title if rule else wanted.rule)[:200]
    return _Asked(f"{title}: {texts('vi')(f'policy.stage.{wanted.stage}')}", payload)


def _book_of(connection: Connection, trial: Trial) -> RuleBook:
    """The rules that it was held against."""
    text = versions.text_of(connection, trial.version)
    return RuleBook(()) if text is None else read_book(text, POLICY_FILE)
