"""What people have to be told at once, beside what becomes of the message: a box in strange hands, a stranger under a
leader's name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from mailhub.policy.decision import Decision, Effect
from mailhub.policy.rules.rule import Action, Rule, Stage
from mailhub.screening.consequences.carrying_out import Judged
from mailhub.screening.consequences.imitated import tell_imitated
from mailhub.screening.consequences.stopping import stop_sending
from mailhub.screening.facts.header_words import author
from mailhub.screening.guarding import Write, guarded


def alarms(judged: Judged, *, code: str, officers: Sequence[str], at: int) -> list[Write]:
    """What is written in the message's transaction; `officers` are those of `[secrets] officers`."""
    found = [*_stopping(judged, code, officers, at), *_imitated(judged, code, at)]
    return [guarded(write, f"an alarm about {code}") for write in found]


def stops_sending(decision: Decision) -> Rule | None:
    """The rule by which the account that sent this is to send no more, until a person looked (Chờ duyệt and beyond)."""
    for hit in decision.hits.values():
        if hit.rule.action is Action.STOP_SENDING and hit.stage in (Stage.HOLD, Stage.BLOCK) and not hit.exempted:
            return hit.rule
    return None


def _stopping(judged: Judged, code: str, officers: Sequence[str], at: int) -> list[Write]:
    rule, account = stops_sending(judged.decision), judged.case.account
    if rule is None or account is None:
        return []

    def stop(connection: Connection) -> None:
        stop_sending(connection, account.id, rule, code=code, officers=officers, at=at)

    return [stop]


def _imitated(judged: Judged, code: str, at: int) -> list[Write]:
    """Leaders hear that a stranger wrote under their name, once a rule puts such mail aside."""
    facts, tagged = judged.facts, False
    for hit in judged.decision.hits.values():
        tagged = tagged or (hit.rule.action is Action.TAG and hit.effect is not Effect.NONE and not hit.exempted)
    if facts is None or not tagged or "leader" not in facts.sender.imitates:
        return []
    written_by, address = author(judged.case.fields), facts.sender.address
    shown = "" if written_by is None else written_by.display

    def tell(connection: Connection) -> None:
        tell_imitated(connection, shown, address, code=code, at=at)

    return [tell]
