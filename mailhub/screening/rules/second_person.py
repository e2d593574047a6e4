"""Stricter rules on the web are two people's: one proposes, another agrees (`accounts/control/proposals.py`).

The console acts at once: scripts and an officer in a hurry sit there, and the audit log keeps who it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mailhub.accounts.control import proposals
from mailhub.accounts.control.errors import NeedsSecondPerson
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.errors import NoSuchAgency
from mailhub.accounts.rights import Actor, Subject
from mailhub.accounts.tree import agency_subject, find_agency, path_of, root_agency
from mailhub.clock import local_time, now_ms
from mailhub.policy.rules.rule import RuleBook
from mailhub.screening.rules.tightening import Tightening, Way, tightenings


@dataclass(frozen=True, slots=True)
class Agreement:
    """A second person's: the proposal's code, under which name it was proposed, and to what exactly."""

    code: str
    name: str
    payload: Mapping[str, object]


def tightened(connection: Connection, old: RuleBook, new: RuleBook, *, at: int | None = None) -> Sequence[Tightening]:
    """Where `new` would keep more mail back than `old`, agency by agency."""
    today = local_time(now_ms() if at is None else at).date()
    return tightenings(old, new, today=today, above=lambda code: _and_above(connection, code))


def stands_alone(actor: Actor) -> bool:
    """Whether nobody but the actor's own session says who that is: on the web, not on the server's console."""
    return actor.account_id is not None and not actor.via


def policy_subject(connection: Connection, name: str) -> Subject:
    """The rules as those look at them who may be the second person: the province's own."""
    agency = root_agency(connection)
    if agency is None:
        return Subject(kind="policy", name=name)
    return agency_subject(connection, "policy", name, agency)


def use_up(connection: Connection, agreement: Agreement, *, at: int) -> dict[str, str]:
    """Inside the activation: the agreement serves once; gives what the log says of it.

    Raises:
        NeedsSecondPerson: nobody agreed to exactly this, or it was used.
    """
    subject = policy_subject(connection, agreement.name)
    who = proposals.require(connection, ProposalKind.POLICY, subject, agreement.payload, agreement.code, at=at)
    return {"proposal": agreement.code, "agreed": who}


def check_alone(found: Sequence[Tightening], ways: frozenset[Way]) -> None:
    """Before one person alone puts rules in force that differ so.

    Raises:
        NeedsSecondPerson: they keep more mail back in one of these ways.
    """
    first = next((one for one in found if one.way in ways), None)
    if first is not None:
        raise NeedsSecondPerson(
            f"quy tắc {first.rule}: giữ lại nhiều thư hơn hiện nay, cần người thứ hai đồng ý (more mail would be held "
            "or refused than now: a second person must agree)"
        )


def _and_above(connection: Connection, code: str) -> tuple[str, ...]:
    try:
        path = path_of(connection, find_agency(connection, code))
    except NoSuchAgency:
        path = []
    return code, *(step.code for step in path[1:])
