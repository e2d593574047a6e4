"""Rearranging the tree."""

from __future__ import annotations

from sqlalchemy import Connection, update

from mailhub.accounts.act import act
from mailhub.accounts.errors import InvalidValue, WrongState
from mailhub.accounts.models import Agency
from mailhub.accounts.organisation.agencies import start
from mailhub.accounts.organisation.pools import check_room, held_below
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_subject, find_agency, has_ended, subtree


def move_agency(
    connection: Connection,
    actor: Actor,
    code: str,
    parent: str,
    *,
    reason: str = "",
    default_quota_mib: int | None = None,
    at: int | None = None,
) -> None:
    """Put an agency, with all below it, under another one ('' = the province itself). Addresses stay.

    The actor needs the right at both places: who administers one must not draw agencies out of another.

    Raises:
        NoSuchAgency, NotAllowed. InvalidValue: it is the province, or `parent` lies within it. WrongState: `parent`
        has ended. PoolFull: its mailboxes do not fit in there.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        row = start(connection, acting, Action.AGENCY_CHANGE, code)
        above = find_agency(connection, parent)
        acting.check(Action.AGENCY_ADD, agency_subject(connection, "agency", code, above))
        if row["parent_id"] is None:
            raise InvalidValue("the province itself cannot be moved")
        # Nor may an agency leave, with its mailboxes, whom it stands below: their pool and their administrators.
        acting.check(Action.AGENCY_CHANGE, agency_subject(connection, "agency", code, row["parent_id"]))
        if above in subtree(connection, row["id"]):
            raise InvalidValue(f"{parent} lies within {code}: that would be a circle")
        if has_ended(connection, above, at=acting.at):
            raise WrongState(f"the agency above has ended: {parent}")
        if above != row["parent_id"]:
            held = held_below(connection, row["id"], default_quota_mib)
            check_room(connection, above, held, default_quota_mib=default_quota_mib, within=row["id"])
        connection.execute(update(Agency).where(Agency.id == row["id"]).values(parent_id=above))
        acting.before, acting.after = {"parent_id": row["parent_id"]}, {"parent_id": above}
