"""An agency ends: abolished, or taken over by its successor (reference/organisation § 6, cases 9 and 10).

Ending is not deleting: code, identifiers and name stay resolvable. Nothing living may be left behind in an agency that
is no more. Without a successor whatever still lives there is listed and the act refused; with one, everything goes
over to it in one act: units below, people, mailboxes, lists. Addresses stay, offices are held on, and senders to
mailboxes that had ended before are sent to the successor (tree.unit_address).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, RowMapping, select, update

from mailhub.accounts import audit
from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.errors import AccountError, InvalidValue, WrongState
from mailhub.accounts.models import ENDED_STATES, Agency, Grant, Mailbox, MailGroup, Person
from mailhub.accounts.organisation.agencies import start
from mailhub.accounts.organisation.pools import check_room, held_below
from mailhub.accounts.periods import not_over
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_subject, find_agency, has_ended, subtree
from mailhub.clock import local_time

_NAMED = 10  # in a refusal


class StillInUse(AccountError):
    """Something lives in the agency that is to end.

    Attributes:
        agencies, accounts: the codes and the addresses of all of it.
    """

    def __init__(self, code: str, agencies: Sequence[str], accounts: Sequence[str]) -> None:
        held = [*agencies, *accounts]
        shown = ", ".join(held[:_NAMED]) + (f" and {len(held) - _NAMED} more" if len(held) > _NAMED else "")
        super().__init__(
            f"{code} still has {len(agencies)} units and {len(accounts)} mailboxes: {shown}; "
            "move or end them first, or name a successor that takes them over"
        )
        self.agencies, self.accounts = tuple(agencies), tuple(accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """What went over to the successor: codes, addresses, and how many people; empty while the day has not come."""

    agencies: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    people: int = 0


def end_agency(
    connection: Connection,
    actor: Actor,
    code: str,
    *,
    reason: str,
    ends_on: date | None = None,
    successor: str = "",
    default_quota_mib: int | None = None,
    at: int | None = None,
) -> TakenOver:
    """Say that from `ends_on` on (today when left out) the agency is no more, and who succeeds it (a code).

    A day to come is only written down; `take_over_due` does the rest on that day.

    Raises:
        NoSuchAgency, ReasonMissing, NotAllowed (over either agency). StillInUse. PoolFull: of the successor.
        WrongState: it has ended already, or the successor has. InvalidValue: the province itself, or a successor
        within it.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        row = start(connection, acting, Action.AGENCY_END, code)
        today = local_time(acting.at).date()
        day = ends_on or today
        if row["parent_id"] is None:
            raise InvalidValue("the province itself cannot end")
        if row["ends_on"] is not None and row["ends_on"] <= today:
            raise WrongState(f"{row['code']} has ended already")
        heir = _heir(connection, acting, row, successor)
        if heir is None and day <= today:
            _check_empty(connection, row)
        values = {"ends_on": day, "successor_id": heir}
        connection.execute(update(Agency).where(Agency.id == row["id"]).values(**values))
        done = TakenOver()
        if heir is not None and day <= today:
            done = _take_over(connection, acting, row, heir, reason, default_quota_mib)
        acting.before = {"ends_on": row["ends_on"] and row["ends_on"].isoformat()}
        acting.after = {"ends_on": day.isoformat(), "successor": successor, "agencies": list(done.agencies)}
        acting.after = {**acting.after, "accounts": len(done.accounts), "people": done.people}
        return done


def take_over_due(connection: Connection, actor: Actor, *, at: int) -> dict[str, TakenOver | StillInUse]:
    """Do what was written down for agencies whose day has come, by code; the daily schedule calls it.

    One without a successor in which something still lives stays as it is, and says so each day.
    """
    today = local_time(at).date()
    query = select(Agency.__table__).where(Agency.ends_on <= today).order_by(Agency.code)
    found: dict[str, TakenOver | StillInUse] = {}
    for row in connection.execute(query).mappings().all():
        agencies, accounts = _living(connection, row["id"])
        if not agencies and not accounts:
            continue
        if row["successor_id"] is None:
            found[row["code"]] = StillInUse(row["code"], agencies, accounts)
            continue
        with act(connection, actor, at=at) as acting:
            acting.check(Action.AGENCY_END, agency_subject(connection, "agency", row["code"], row["id"]))
            done = _take_over(connection, acting, row, row["successor_id"], "", None)
            acting.after = {"agencies": list(done.agencies), "accounts": len(done.accounts), "people": done.people}
        found[row["code"]] = done
    return found


def reopen_agency(connection: Connection, actor: Actor, code: str, *, reason: str, at: int | None = None) -> None:
    """The agency goes on: its end was a mistake, or is called off. What a successor took over stays there.

    Raises:
        NoSuchAgency, ReasonMissing, NotAllowed. WrongState: it has no end, or the agency above it has ended.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        row = start(connection, acting, Action.AGENCY_END, code)
        if row["ends_on"] is None:
            raise WrongState(f"{row['code']} has not ended")
        if row["parent_id"] is not None and has_ended(connection, row["parent_id"], at=acting.at):
            raise WrongState(f"the agency above {row['code']} has ended")
        connection.execute(update(Agency).where(Agency.id == row["id"]).values(ends_on=None, successor_id=None))
        acting.before, acting.after = {"ends_on": row["ends_on"].isoformat()}, {"ends_on": None}


def _heir(connection: Connection, acting: Act, row: RowMapping, successor: str) -> int | None:
    if not successor:
        return None
    heir = find_agency(connection, successor)
    # Taking over is what entering a unit and moving its people there would be.
    for action in (Action.AGENCY_ADD, Action.ACCOUNT_MOVE):
        acting.check(action, agency_subject(connection, "agency", successor, heir))
    acting.check(Action.AGENCY_END, agency_subject(connection, "agency", row["code"], row["id"]))
    if heir in subtree(connection, row["id"]):
        raise InvalidValue(f"{successor} lies within {row['code']}, and cannot succeed it: move it out first")
    if has_ended(connection, heir, at=acting.at):
        raise WrongState(f"{successor} has ended itself")
    return heir


def _living(connection: Connection, agency_id: int) -> tuple[list[str], list[str]]:
    """Units directly below without an end, and mailboxes in use."""
    units = select(Agency.code).where(Agency.parent_id == agency_id, Agency.ends_on.is_(None)).order_by(Agency.code)
    boxes = select(Mailbox.address).where(Mailbox.agency_id == agency_id, Mailbox.state.not_in(ENDED_STATES))
    return (
        list(connection.execute(units).scalars()),
        list(connection.execute(boxes.order_by(Mailbox.address)).scalars()),
    )


def _check_empty(connection: Connection, row: RowMapping) -> None:
    agencies, accounts = _living(connection, row["id"])
    if agencies or accounts:
        raise StillInUse(row["code"], agencies, accounts)


def _take_over(
    connection: Connection, acting: Act, row: RowMapping, heir: int, reason: str, default_quota_mib: int | None
) -> TakenOver:
    """Move what lives in the agency to its successor; each account's story says so."""
    number = row["id"]
    agencies, accounts = _living(connection, number)
    held = held_below(connection, number, default_quota_mib)
    check_room(connection, heir, held, default_quota_mib=default_quota_mib, within=number)
    groups = list(
        connection.execute(
            select(MailGroup.address).where(MailGroup.agency_id == number).order_by(MailGroup.address)
        ).scalars()
    )
    living = Mailbox.agency_id == number, Mailbox.state.not_in(ENDED_STATES)
    leaving = select(Mailbox.person_id).where(Mailbox.agency_id == number, Mailbox.state.in_(ENDED_STATES))
    stays = Person.id.in_(leaving.where(Mailbox.person_id.is_not(None)))
    people = connection.execute(
        update(Person)
        .where(Person.agency_id == number, ~stays)
        .values(agency_id=heir)
        .execution_options(synchronize_session=False)
    )
    for address in accounts:
        subject = agency_subject(connection, "account", address, number)
        before, after = {"agency": number}, {"agency": heir}
        audit.record(
            connection, acting.actor, Action.ACCOUNT_MOVE, subject, before=before, after=after, reason=reason,
            at=acting.at,
        )  # fmt: skip
    moved = {"agency_id": heir, "revision": Mailbox.__table__.c.revision + 1}
    connection.execute(update(Mailbox).where(*living).values(moved))
    connection.execute(update(MailGroup).where(MailGroup.agency_id == number).values(agency_id=heir))
    open_below = Agency.parent_id == number, Agency.ends_on.is_(None)
    connection.execute(update(Agency).where(*open_below).values(parent_id=heir))
    # Whoever administered the old agency does not thereby administer the new one.
    running = not_over(Grant, acting.at)
    connection.execute(update(Grant).where(Grant.agency_id == number, running).values(until_at=acting.at))
    return TakenOver(agencies=tuple(agencies), accounts=tuple(accounts), groups=tuple(groups), people=people.rowcount)
