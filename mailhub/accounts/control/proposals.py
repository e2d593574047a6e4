"""Acts that need two people: mass ends, trust, opening somebody's mailbox or a sealed secret, stricter rules on the
web (and nothing else).

One proposes, another agrees, and the act itself then uses the agreement up. Whoever types on the server's console
is one person, whatever account is named: a second one proves to be that by a secret (cli/acting.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.control.errors import NeedsSecondPerson, NoSuchProposal, SamePerson
from mailhub.accounts.control.grants import holders_over
from mailhub.accounts.control.models import Proposal
from mailhub.accounts.errors import WrongState
from mailhub.accounts.life.letters import LetterKind, tell
from mailhub.accounts.models import Mailbox
from mailhub.accounts.rights import Action, Actor, Role, Subject, may
from mailhub.clock import HOUR, now_ms
from mailhub.ids import new_code, new_id, read_code


class ProposalKind(StrEnum):
    """What two people decide together."""

    MASS_END = "mass-end"  # a staff list that ends more accounts than the limit
    TRUST = "trust"  # a root of signatures that is believed or no longer
    OPEN_MAILBOX = "open-mailbox"  # somebody reads another's mail, by an order
    OPEN_SECRET = "open-secret"  # noqa: S105  what an incident has sealed
    MISTAKEN_SECRET = "mistaken-secret"  # noqa: S105  an incident that was none: the same may be sent
    POLICY = "policy"  # rules that keep more mail back than those in force


_PROPOSES = {
    ProposalKind.MASS_END: Action.ROSTER_APPLY,
    ProposalKind.TRUST: Action.TRUST_CHANGE,
    ProposalKind.OPEN_MAILBOX: Action.ACCOUNT_OPEN,
    ProposalKind.OPEN_SECRET: Action.INCIDENT_OPEN,
    ProposalKind.MISTAKEN_SECRET: Action.INCIDENT_OPEN,
    ProposalKind.POLICY: Action.POLICY_CHANGE,
}
_DECIDERS = (Role.SYSTEM_ADMIN, Role.APPROVER, Role.SECURITY_OFFICER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """A proposal as people read it. `decision` is '', `approved` or `refused`."""

    id: int
    code: str
    kind: ProposalKind
    subject: str
    payload: dict[str, Any]
    reason: str
    proposed_by: str
    proposer_id: int | None
    proposed_at: int
    expires_at: int
    decided_by: str | None
    decided_at: int | None
    decision: str
    used_at: int | None

    def stands(self, at: int) -> str:
        """Where it stands, in one word: `waiting`, `approved`, `refused`, `used`, `lapsed`."""
        if self.used_at is not None:
            return "used"
        if self.decision == "refused":
            return "refused"
        if at >= self.expires_at:
            return "lapsed"
        return "approved" if self.decision else "waiting"


def propose(
    connection: Connection,
    actor: Actor,
    kind: ProposalKind,
    subject: Subject,
    payload: Mapping[str, Any],
    *,
    reason: str,
    hours: int = 72,
    at: int | None = None,
) -> str:
    """Ask for a second person; gives the code to agree with. `payload` is what exactly is agreed to.

    Raises:
        NotAllowed: the actor could not do the act itself. ReasonMissing.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        acting.check(_PROPOSES[kind], subject)
        code = new_code()
        row = {"id": new_id(), "code": code, "kind": kind.value, "subject": subject.name, "reason": reason.strip()}
        row |= {"payload": json.dumps({"subject": _plain(subject), **payload}, ensure_ascii=False, sort_keys=True)}
        row |= {"proposed_by": actor.name, "proposer_id": actor.account_id, "proposed_at": acting.at}
        connection.execute(insert(Proposal).values(**row, expires_at=acting.at + hours * HOUR))
        for address in deciders(connection, subject, at=acting.at, but=actor.account_id):
            facts: dict[str, object] = {
                "code": code,
                "what": kind.value,
                "subject": subject.name,
                "by": actor.name,
                "because": reason,
            }
            facts["until"] = acting.at + hours * HOUR
            tell(connection, LetterKind.PROPOSAL, address, facts | {"address": address}, at=acting.at)
        acting.after = {"proposal": code, "kind": kind.value}
        return code


def decide(
    connection: Connection, actor: Actor, code: str, *, agree: bool, reason: str = "", at: int | None = None
) -> None:
    """The second person's word.

    Raises:
        NoSuchProposal, NotAllowed. SamePerson: whoever proposed it. WrongState: it was decided, or has lapsed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        found = find(connection, code)
        acting.check(Action.PROPOSAL_DECIDE, _subject(found))
        if _same_person(actor, found):
            raise SamePerson(
                f"{found.code} was proposed by {found.proposed_by}: another person must decide, with a secret of "
                "their own (--as ADDRESS --prove)"
            )
        if (stands := found.stands(acting.at)) != "waiting":
            raise WrongState(f"{found.code} is {stands}: propose it again")
        values = {"decision": "approved" if agree else "refused", "decided_by": actor.name, "decided_at": acting.at}
        connection.execute(update(Proposal).where(Proposal.id == found.id).values(**values))
        _tell_first(connection, found, values, reason.strip(), at=acting.at)
        acting.before = {"proposed_by": found.proposed_by}
        acting.after = {"proposal": found.code, **values}


def _tell_first(
    connection: Connection, found: ProposalRow, decided: Mapping[str, Any], answer: str, *, at: int
) -> None:
    """Whoever proposed it may go on now, or has to think again; the console has no mailbox."""
    query = select(Mailbox.address).where(Mailbox.id == found.proposer_id)
    address = None if found.proposer_id is None else connection.scalar(query)
    if address is not None:
        facts: dict[str, object] = {"code": found.code, "what": found.kind.value, "subject": found.subject}
        facts |= {"by": decided["decided_by"], "decided": decided["decision"], "answer": answer}
        facts["until"] = found.expires_at
        tell(connection, LetterKind.PROPOSAL_DECIDED, address, facts, at=at)


def require(
    connection: Connection, kind: ProposalKind, subject: Subject, payload: Mapping[str, Any], code: str, *, at: int
) -> str:
    """Inside the act itself: use up the agreement to exactly this; gives who agreed.

    Raises:
        NeedsSecondPerson: there is none, or it is for something else, not agreed to, used, or lapsed.
    """
    found = find(connection, code)
    wanted = {"subject": _plain(subject), **payload}
    if found.kind is not kind or found.payload != json.loads(json.dumps(wanted)):
        raise NeedsSecondPerson(f"{code} agrees to something else")
    if (stands := found.stands(at)) != "approved":
        raise NeedsSecondPerson(f"{code} is {stands}: this needs a second person's agreement")
    connection.execute(update(Proposal).where(Proposal.id == found.id).values(used_at=at))
    return found.decided_by or ""


def find(connection: Connection, code: str) -> ProposalRow:
    """The proposal with this code.

    Raises:
        NoSuchProposal
    """
    query = select(Proposal.__table__).where(Proposal.code == (read_code(code) or code))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NoSuchProposal(f"no proposal has the code {code}")
    return _read(dict(row))


def having(connection: Connection, kind: ProposalKind, key: str, value: str) -> Iterator[ProposalRow]:
    """Those of this kind whose payload has this text under this key, the newest first."""
    said = f'"{key}": {json.dumps(value, ensure_ascii=False)}'
    query = select(Proposal.__table__).where(Proposal.kind == kind.value)
    query = query.where(Proposal.payload.contains(said, autoescape=True)).order_by(Proposal.id.desc())
    for row in connection.execute(query).mappings():
        found = _read(dict(row))
        if found.payload.get(key) == value:
            yield found


def used_at(connection: Connection, kind: ProposalKind, at: int) -> ProposalRow | None:
    """The one of this kind that the act of this moment (ms) used up."""
    query = select(Proposal.__table__).where(Proposal.kind == kind.value, Proposal.used_at == at).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _read(dict(row))


def deciders(connection: Connection, subject: Subject, *, at: int, but: int | None) -> Sequence[str]:
    """Who may be the second person, by address; without the account `but`, which is the first one."""
    return holders_over(connection, _DECIDERS, subject, at=at, but=but)


def show(connection: Connection, actor: Actor, code: str) -> ProposalRow:
    """One proposal, to whoever made it or may decide it; to others there is none.

    Raises:
        NoSuchProposal
    """
    found = find(connection, code)
    if not (_mine(actor, found) or may(actor, Action.PROPOSAL_DECIDE, _subject(found))):
        raise NoSuchProposal(f"no proposal has the code {code}")
    return found


def list_proposals(
    connection: Connection,
    actor: Actor,
    *,
    waiting: bool = False,
    agreed: bool = False,
    kind: ProposalKind | None = None,
    limit: int = 200,
    at: int | None = None,
) -> Sequence[ProposalRow]:
    """Those that the actor may decide or has made, newest first. `agreed`: made, agreed to, and not done yet."""
    moment = now_ms() if at is None else at
    query = select(Proposal.__table__).order_by(Proposal.id.desc()).limit(limit)
    if kind is not None:
        query = query.where(Proposal.kind == kind.value)
    if waiting:
        query = query.where(Proposal.decision == "", Proposal.expires_at > moment)
    if agreed:
        own = Proposal.proposer_id == actor.account_id  # the console has no home page
        open_ = (Proposal.used_at.is_(None), Proposal.expires_at > moment)
        query = query.where(own, Proposal.decision == "approved", *open_)
    found = [_read(dict(row)) for row in connection.execute(query).mappings()]
    return [one for one in found if _mine(actor, one) or may(actor, Action.PROPOSAL_DECIDE, _subject(one))]


def _read(row: dict[str, Any]) -> ProposalRow:
    return ProposalRow(**{**row, "kind": ProposalKind(row["kind"]), "payload": json.loads(row["payload"])})


def _plain(subject: Subject) -> dict[str, Any]:
    return {"kind": subject.kind, "name": subject.name, "agencies": list(subject.agencies), "block": subject.in_block}


def _subject(row: ProposalRow) -> Subject:
    kept = row.payload["subject"]
    return Subject(kind=kept["kind"], name=kept["name"], agencies=tuple(kept["agencies"]), in_block=kept["block"])


def _mine(actor: Actor, row: ProposalRow) -> bool:
    return row.proposed_by == actor.name or (actor.account_id is not None and row.proposer_id == actor.account_id)


def _same_person(actor: Actor, row: ProposalRow) -> bool:
    """One console user is one person unless an account's secret was given there, and an account is always one."""
    if _mine(actor, row):
        return True
    if actor.proved and actor.account_id is not None:
        return False
    return bool(actor.via) and actor.via in row.proposed_by
