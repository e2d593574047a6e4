"""What changes while the account stays where it is: name, post, rank, size of the mailbox, who finds it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from mailhub.accounts.act import act
from mailhub.accounts.errors import InvalidValue, NotAllowed
from mailhub.accounts.finding import MailboxRow, subject_of
from mailhub.accounts.life.concurrency import change, start
from mailhub.accounts.life.states import LifeAct, next_state
from mailhub.accounts.models import Employment, Listing, Person, Rank
from mailhub.accounts.offices import read_office
from mailhub.accounts.organisation.pools import check_room
from mailhub.accounts.people.folded import mailbox_words, person_words
from mailhub.accounts.people.names import read_name
from mailhub.accounts.people.person import read_title
from mailhub.accounts.people.ranks import rank_of
from mailhub.accounts.rights import Action, Actor
from mailhub.settings.sections.mail import Mailboxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values; None leaves what is there. `quota_mib` 0 = the setting's."""

    name: str | None = None
    title: str | None = None
    rank: Rank | None = None
    employment: Employment | None = None
    quota_mib: int | None = None
    listing: Listing | None = None
    office: str | None = None  # of a role mailbox; '' = none


def change_account(
    connection: Connection,
    actor: Actor,
    address: str,
    wanted: Change,
    *,
    reason: str = "",
    because: str = "",
    default_quota_mib: int | None = None,
    expect: int | None = None,
    at: int | None = None,
) -> MailboxRow:
    """Change what `wanted` names. A new post brings its rank (people/ranks.py) unless one is
    given. Nobody changes their own post or rank, or raises their own quota.

    Raises:
        NoSuchAccount, NotAllowed, ChangedMeanwhile, WrongState. InvalidValue: nothing to change, a name that is none,
        a post or rank without a person, an office of
        another mailbox than an office's. PoolFull: more than an agency's pool has left.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = start(connection, acting, Action.ACCOUNT_CHANGE, address, expect=expect)
        next_state(LifeAct.CHANGE, mailbox.state, mailbox.address)
        if wanted == Change():
            raise InvalidValue(f"nothing to change in {mailbox.address}: name what is new")
        _check_own(actor, mailbox, wanted)
        values: dict[str, object] = {}
        if wanted.quota_mib is not None:
            acting.check(Action.ACCOUNT_QUOTA, subject_of(connection, mailbox))
            acting.check(Action.ACCOUNT_CHANGE, subject_of(connection, mailbox))
            values["quota_mib"] = _quota(connection, mailbox, wanted.quota_mib, default_quota_mib)
        if wanted.listing is not None:
            values["listing"] = wanted.listing
        if wanted.office is not None:
            values["office"] = read_office(wanted.office, mailbox.kind)
        name = mailbox.name if wanted.name is None else read_name(wanted.name)
        before, title = _person(connection, mailbox, wanted, name)
        office = str(values.get("office", mailbox.office))
        values |= {"name": name, "folded": mailbox_words(name, mailbox.address, title=title, office=office)}
        picture = {**acting.before, **before, "name": mailbox.name, "quota_mib": mailbox.quota_mib}
        changed = change(connection, acting, mailbox, **values)
        acting.before = {**picture, "listing": mailbox.listing, "office": mailbox.office}
        told = {key: value for key in before if (value := getattr(wanted, key)) is not None}
        told |= {"name": name, "quota_mib": changed.quota_mib, "listing": changed.listing, "because": because.strip()}
        told |= {"office": changed.office} if wanted.office is not None else {}
        acting.after = {**acting.after, **told}
        return changed


def _person(connection: Connection, mailbox: MailboxRow, wanted: Change, name: str) -> tuple[dict[str, object], str]:
    """Write what is the person's; gives what was there before, and the post as it is now."""
    if mailbox.person_id is None:
        if wanted.title is not None or wanted.rank is not None or wanted.employment is not None:
            raise InvalidValue(f"{mailbox.address} belongs to no person: post and rank are a person's")
        return {}, ""
    query = select(Person.title, Person.rank, Person.employment).where(Person.id == mailbox.person_id)
    row = connection.execute(query).one()
    title = row.title if wanted.title is None else read_title(wanted.title)
    # Another post is another rank, unless the rank is given with it.
    rank = wanted.rank or (row.rank if wanted.title is None else rank_of(title))
    values = {"full_name": name, "folded": person_words(name), "title": title}
    values |= {"rank": rank, "employment": wanted.employment or row.employment}
    connection.execute(update(Person).where(Person.id == mailbox.person_id).values(**values))
    return {"title": row.title, "rank": row.rank, "employment": row.employment}, title


def _quota(connection: Connection, mailbox: MailboxRow, wanted: int, default: int | None) -> int | None:
    """The quota as it is kept, when the pools above have room for it."""
    if wanted < 0:
        raise InvalidValue(f"a quota is a positive number of MiB (or 0: the setting's), not {wanted}")
    usual = int(Mailboxes.model_fields["quota_mib"].default) if default is None else default
    more = (wanted or usual) - (mailbox.quota_mib or usual)
    check_room(connection, mailbox.agency_id, more if wanted or usual else None, default_quota_mib=usual)
    return wanted or None


def _check_own(actor: Actor, mailbox: MailboxRow, wanted: Change) -> None:
    if actor.account_id != mailbox.id:
        return
    raises = wanted.quota_mib is not None and not 0 < wanted.quota_mib <= (mailbox.quota_mib or 0)
    if raises or wanted.rank is not None or wanted.title is not None:
        raise NotAllowed(
            "nobody changes their own post or rank, or raises their own quota: ask whoever administers the agency above"
        )
