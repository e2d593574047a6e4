"""Quota pools: how much the mailboxes of an agency, and of all below it, may hold together.

Given by the province alone, so that an agency cannot raise its own (peers § 7, ViMbAdmin#181). A mailbox without a
quota of its own counts with the setting's; an ended one counts until it is archived, because its mail still lies here.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from mailhub.accounts.act import act
from mailhub.accounts.errors import AccountError, InvalidValue
from mailhub.accounts.models import Agency, Mailbox, MailboxState
from mailhub.accounts.organisation.agencies import start
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import below, path_of
from mailhub.settings.sections.mail import Mailboxes

_GONE = (MailboxState.ARCHIVED, MailboxState.ERASED)


class PoolFull(AccountError):
    """The mailboxes of an agency would hold more than its pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool on the way up: whose, and how many MiB of how many are given away."""

    agency_id: int
    code: str
    given_mib: int
    pool_mib: int


def set_pool(
    connection: Connection,
    actor: Actor,
    code: str,
    pool_mib: int | None,
    *,
    reason: str = "",
    default_quota_mib: int | None = None,
    at: int | None = None,
) -> None:
    """Say how many MiB the mailboxes of an agency and of those below may hold together; None = no bound of its own.

    Raises:
        NoSuchAgency, NotAllowed. InvalidValue: not positive. PoolFull: they hold more already.
    """
    if pool_mib is not None and pool_mib <= 0:
        raise InvalidValue(f"a pool is a positive number of MiB, not {pool_mib}")
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        row = start(connection, acting, Action.AGENCY_POOL, code)
        if pool_mib is not None:
            held = held_below(connection, row["id"], default_quota_mib)
            if held > pool_mib:
                raise PoolFull(f"the mailboxes of {row['code']} may hold {held} MiB already, more than {pool_mib}")
        connection.execute(update(Agency).where(Agency.id == row["id"]).values(quota_pool_mib=pool_mib))
        acting.before, acting.after = {"pool_mib": row["quota_pool_mib"]}, {"pool_mib": pool_mib}


def check_room(
    connection: Connection,
    agency_id: int,
    more_mib: int | None,
    *,
    default_quota_mib: int | None = None,
    within: int | None = None,
) -> None:
    """Ask whether mailboxes of the agency may hold `more_mib` MiB more (None: one of the setting's size).

    `default_quota_mib` is `[mailboxes] quota_mib`. Pools that `within` (an agency's number) lies in already are left
    out: what moves below them changes nothing there.

    Raises:
        PoolFull: a pool of it, or of one above it, has not that much left, or a mailbox would have no bound.
    """
    already = set() if within is None else {step.id for step in path_of(connection, within)}
    for pool in _pools(connection, agency_id, already, default_quota_mib):
        more = _default(default_quota_mib) if more_mib is None else more_mib
        if more_mib is None and more == 0:
            raise PoolFull(f"{pool.code} has a quota pool: say how large the mailbox may become")
        if more > 0 and pool.given_mib + more > pool.pool_mib:
            left = max(0, pool.pool_mib - pool.given_mib)
            raise PoolFull(f"the quota pool of {pool.code} has {left} of {pool.pool_mib} MiB left; this needs {more}")


def pool_of(connection: Connection, agency_id: int, default_quota_mib: int | None = None) -> Pool | None:
    """The nearest pool that an agency's mailboxes draw from, or None."""
    return next(iter(_pools(connection, agency_id, set(), default_quota_mib)), None)


def held_below(connection: Connection, agency_id: int, default_quota_mib: int | None = None) -> int:
    """MiB that the mailboxes of an agency and of all below it may hold together."""
    size = func.coalesce(Mailbox.quota_mib, _default(default_quota_mib))
    query = select(func.coalesce(func.sum(size), 0)).where(Mailbox.state.not_in(_GONE))
    query = query.where(Mailbox.agency_id.in_(below(agency_id)))
    return int(connection.execute(query).scalar_one())


def _pools(connection: Connection, agency_id: int, without: set[int], default: int | None) -> list[Pool]:
    found = []
    for step in path_of(connection, agency_id):
        if step.quota_pool_mib is not None and step.id not in without:
            held = held_below(connection, step.id, default)
            found.append(Pool(agency_id=step.id, code=step.code, given_mib=held, pool_mib=step.quota_pool_mib))
    return found


def _default(given: int | None) -> int:
    """The setting; its own default when the caller has none at hand."""
    return int(Mailboxes.model_fields["quota_mib"].default) if given is None else given
