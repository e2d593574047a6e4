"""Acts that change what an account is: name, post, size, other names, who works in it, what is known of the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from mailhub.accounts import lists
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.life.changing import Change, change_account
from mailhub.accounts.models import DelegationRight, Employment, Listing, MailboxKind, MailboxState, Rank
from mailhub.accounts.people.identity import identifier_digest
from mailhub.accounts.people.people import PersonFacts, change_person
from mailhub.accounts.reading import AccountReport
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.sharing.delegation import delegate_mailbox, end_delegations, list_delegations
from mailhub.admin.people.acts import (
    ADDRESS,
    BECAUSE,
    DAY,
    NUMBER,
    REASON,
    SELECT,
    TICK,
    WORD,
    AccountAct,
    Doing,
    Field,
    Standing,
)
from mailhub.admin.people.words import ENDED, employments, listings, ranks, rights
from mailhub.clock import DAY as DAY_MS
from mailhub.clock import midnight
from mailhub.store.sealing import open_sealer

MOST_MIB = 10_000_000


def _is_kept(standing: Standing) -> bool:
    return standing.mailbox.state not in ENDED


def _in_use(standing: Standing) -> bool:
    return _is_kept(standing) and standing.mailbox.state is not MailboxState.REQUESTED


def _is_person(standing: Standing) -> bool:
    return standing.person is not None


def _is_role(standing: Standing) -> bool:
    return standing.mailbox.kind is MailboxKind.ROLE


def _change(do: Doing) -> object:
    now, box, typed = do.standing.report, do.standing.mailbox, do.values
    title = do.changed("title", now.title) if "title" in typed else None
    rank = typed.get("rank") or None
    employment = do.changed("employment", now.employment) if "employment" in typed else None
    wanted = Change(
        name=do.changed("name", box.name),
        title=title,
        # The rank is shown as it is: it counts when another one was chosen, or together with a new post only if so.
        rank=None if rank is None or rank == now.rank else Rank(rank),
        employment=None if employment is None else Employment(employment),
        listing=None if do["listing"] == box.listing else Listing(do["listing"]),
        office=do.changed("office", box.office) if "office" in typed else None,
    )
    return change_account(
        do.connection, do.actor, do.address, wanted, reason=do["reason"], because=do["because"],
        default_quota_mib=do.settings.mailboxes.quota_mib, expect=do.expect, at=do.at,
    )  # fmt: skip


def _quota(do: Doing) -> object:
    return change_account(
        do.connection, do.actor, do.address, Change(quota_mib=do["quota_mib"] or 0), reason=do["reason"],
        because=do["because"], default_quota_mib=do.settings.mailboxes.quota_mib, expect=do.expect, at=do.at,
    )  # fmt: skip


def _person(do: Doing) -> None:
    known = do.standing.person
    digest = None
    if do["identifier"]:
        digest = identifier_digest(open_sealer(do.settings.keys_directory), do["identifier"])
    facts = PersonFacts(
        birth_date=do.changed("birth_date", None if known is None else known.birth_date),
        phone=do.changed("phone", "" if known is None else known.phone),
        identifier_digest=digest,
        recovery_address="" if do.values.get("no_recovery") else do["recovery"] or None,
        consent=do["consent"],
    )
    change_person(
        do.connection, do.actor, do.address, facts, reason=do["reason"], expect=do.expect, at=do.at
    )  # fmt: skip


def _add_alias(do: Doing) -> None:
    lists.add_alias(do.connection, do.actor, do["alias"], do.address)


def _remove_alias(do: Doing) -> None:
    if do["alias"] not in do.standing.report.aliases:
        raise InvalidValue(f"{do['alias']} is no other name of {do.address}")
    lists.remove_alias(do.connection, do.actor, do["alias"])


def _delegate(do: Doing) -> object:
    from_at = None if do["from_on"] is None else midnight(do["from_on"])
    until_at = None if do["until_on"] is None else midnight(do["until_on"]) + DAY_MS
    return delegate_mailbox(
        do.connection, do.actor, do.address, do["delegate"], DelegationRight(do["right"]), from_at=from_at,
        until_at=until_at, because=do["because"], at=do.at,
    )  # fmt: skip


def _end_delegation(do: Doing) -> object:
    owner, _, delegate = do["delegation"].partition(" ")
    return end_delegations(do.connection, do.actor, owner, delegate, reason=do["reason"], at=do.at)


def _delegations(
    connection: Connection, actor: Actor, report: AccountReport, at: int
) -> Mapping[str, Sequence[tuple[str, str]]]:
    rows = list_delegations(connection, actor, account=report.mailbox.address, at=at)
    pairs = dict.fromkeys((one.mailbox, one.delegate) for one in rows)
    return {"delegation": [(f"{owner} {delegate}", f"{owner} → {delegate}") for owner, delegate in pairs]}


CHANGE = AccountAct(
    key="change", action=Action.ACCOUNT_CHANGE, icon="pencil", run=_change, fits=_is_kept,
    fields=(
        Field(name="name", required=True, now=lambda now: now.mailbox.name, longest=200),
        Field(name="title", now=lambda now: now.report.title, longest=200, fits=_is_person),
        Field(name="rank", kind=SELECT, options=ranks, now=lambda now: now.report.rank, fits=_is_person,
              help="web.act.help.rank"),
        Field(name="employment", kind=SELECT, options=employments, now=lambda now: now.report.employment,
              fits=_is_person),
        Field(name="office", now=lambda now: now.mailbox.office, fits=_is_role, help="web.act.help.office"),
        Field(name="listing", kind=SELECT, required=True, options=listings, now=lambda now: now.mailbox.listing),
        BECAUSE, WORD,
    ),
)  # fmt: skip
QUOTA = AccountAct(
    key="quota", action=Action.ACCOUNT_QUOTA, icon="database", run=_quota, fits=_is_kept,
    fields=(
        Field(name="quota_mib", kind=NUMBER, required=True, most=MOST_MIB, help="web.act.help.quota",
              now=lambda now: str(now.mailbox.quota_mib or 0)),
        BECAUSE, WORD,
    ),
)  # fmt: skip
PERSON = AccountAct(
    key="person", action=Action.ACCOUNT_CHANGE, icon="person-gear", run=_person,
    fits=lambda now: _is_kept(now) and _is_person(now),
    fields=(
        Field(name="birth_date", kind=DAY,
              now=lambda now: now.person.birth_date.isoformat() if now.person and now.person.birth_date else ""),
        Field(name="phone", longest=40, now=lambda now: now.person.phone if now.person else ""),
        Field(name="identifier", longest=20, help="web.act.help.identifier"),
        Field(name="recovery", longest=320, help="web.act.help.recovery"),
        Field(name="consent", kind=TICK),
        Field(name="no_recovery", kind=TICK, fits=lambda now: bool(now.person and now.person.has_recovery)),
        WORD,
    ),
)  # fmt: skip
ADD_ALIAS = AccountAct(
    key="alias-add", action=Action.ALIAS_ADD, icon="plus-lg", run=_add_alias, fits=_in_use,
    fields=(Field(name="alias", kind=ADDRESS, required=True),),
)  # fmt: skip
REMOVE_ALIAS = AccountAct(
    key="alias-remove", action=Action.ALIAS_REMOVE, icon="x-lg", run=_remove_alias,
    fits=lambda now: bool(now.report.aliases), fields=(Field(name="alias", kind=SELECT, required=True),),
    offers=lambda _c, _a, report, _at: {"alias": [(one, one) for one in report.aliases]},
)  # fmt: skip
DELEGATE = AccountAct(
    key="delegate", action=Action.DELEGATE, icon="person-plus", run=_delegate,
    fits=lambda now: _in_use(now) and now.mailbox.kind is MailboxKind.PERSONAL,
    fields=(
        Field(name="delegate", kind=ADDRESS, required=True),
        Field(name="right", kind=SELECT, required=True, options=rights),
        Field(name="from_on", kind=DAY, help="web.act.help.from"),
        Field(name="until_on", kind=DAY, help="web.act.help.until-open"),
        Field(name="because", required=True, help="web.act.help.because"),
    ),
)  # fmt: skip
END_DELEGATION = AccountAct(
    key="delegation-end", action=Action.DELEGATE, icon="person-x", run=_end_delegation,
    fits=lambda now: bool(now.report.delegates or now.report.delegated),
    fields=(Field(name="delegation", kind=SELECT, required=True), REASON), offers=_delegations,
)  # fmt: skip
CHANGE_ACTS = (CHANGE, PERSON, QUOTA, ADD_ALIAS, REMOVE_ALIAS, DELEGATE, END_DELEGATION)
