"""The end of a round of review: it is closed, and whom nobody answered for is suspended, each by an act of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from mailhub.accounts.control.grants import administrators, roles_by_address
from mailhub.accounts.errors import AccountError
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life import review
from mailhub.accounts.life.letters import LetterKind
from mailhub.accounts.life.models import Review
from mailhub.accounts.life.telling import tell_unit
from mailhub.accounts.mailboxes import suspend_account
from mailhub.accounts.rights import Actor, Role, schedule
from mailhub.settings import Settings
from mailhub.store.database import Database


@dataclass(slots=True)
class Closed:
    """What closing a round did: the accounts that were suspended, and those that could not be, with why."""

    suspended: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An account that the rule would suspend, and what it administers. `kept`: as the last administrator it is not."""

    address: str
    roles: tuple[Role, ...]
    kept: bool


def foresee(connection: Connection, settings: Settings, name: str, *, at: int) -> list[Foreseen]:
    """What `close_round` would do now, in its order.

    Raises:
        NoSuchReview. WrongState: it is closed.
    """
    if not settings.accounts.review_suspends:
        return []
    left = list(review.unanswered(connection, review.open_round(connection, name).id))
    admins = set(administrators(connection, at=at).values())
    # One after the other: the last of them is kept when no other was answered for.
    last = max((one for one in left if one in admins), default="") if admins <= set(left) else ""
    held = roles_by_address(connection, at=at)
    return [Foreseen(one, held.get(one, ()), one == last) for one in left]


def close_round(database: Database, settings: Settings, actor: Actor, name: str, *, reason: str, at: int) -> Closed:
    """Close the round, and suspend by rule whom nobody answered for (`[accounts] review_suspends`).

    Suspended first and closed last: after a crash in between the next run goes on where this one stopped.

    Raises:
        NoSuchReview, ReasonMissing, NotAllowed. WrongState: it is closed.
    """
    done = Closed()
    with database.read() as connection:
        review.check_may_close(connection, actor, name)
        number = connection.execute(select(Review.id).where(Review.name == name)).scalar_one()
        left = review.unanswered(connection, number) if settings.accounts.review_suspends else ()
    why = f"rà soát {name}: đơn vị không xác nhận"
    if actor.name != schedule().name:  # the rule suspends, and somebody let it begin before its day
        why += f"; {actor.name} đóng đợt rà soát: {reason.strip()}"
    for address in left:
        try:
            with database.write() as connection:
                suspend_account(connection, schedule(), address, reason=why, at=at)
                review.mark_suspended(connection, number, address, at=at)
                mailbox = find_mailbox(connection, address)
                tell_unit(connection, LetterKind.REVIEW_SUSPENDED, mailbox, at, review=name)
            done.suspended.append(address)
        except AccountError as error:  # postmaster's mailbox, the last administrator
            done.faults.append(f"{address}: {error}")
    with database.write() as connection:
        review.close_review(connection, actor, name, reason=reason, at=at)
    return done
