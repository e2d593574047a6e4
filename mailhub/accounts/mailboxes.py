"""The life of a mailbox: created, suspended, restored, ended; and where it lives."""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from mailhub.accounts.act import Act, act, need_reason
from mailhub.accounts.addresses import check_free, claim, read_home, read_own
from mailhub.accounts.credentials import store_password
from mailhub.accounts.errors import InvalidValue, WrongState
from mailhub.accounts.finding import MailboxRow, find_mailbox, load_mailbox, subject_of
from mailhub.accounts.models import ENDED_STATES, AddressKind, Mailbox, MailboxKind, MailboxState, Person
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.system import guard
from mailhub.accounts.tree import agency_subject, find_agency
from mailhub.ids import new_id


def create_account(
    connection: Connection,
    actor: Actor,
    address: str,
    name: str,
    *,
    agency: str = "",
    kind: MailboxKind = MailboxKind.PERSONAL,
    title: str = "",
    password_hash: str | None = None,
    home: str | None = None,
    quota_mib: int | None = None,
    may_login: bool = True,
    at: int | None = None,
) -> int:
    """Open a mailbox, usable at once; gives its number. A personal one enters its person as well.

    `agency` is a code ('' = the province itself); `password_hash` is what `passwords.new_hash` gave, or None:
    nobody logs in until one is set. `home` None = as the domain says, '' or 'here', or smtp://host:port.

    Raises:
        AddressTaken, InvalidAddress, InvalidValue, NoSuchDomain, NoSuchAgency, NotAllowed.
    """
    address, name = read_own(address), " ".join(name.split())
    if not name:
        raise InvalidValue("an account needs a name")
    if quota_mib is not None and quota_mib <= 0:
        raise InvalidValue(f"a quota is a positive number of MiB, not {quota_mib}")
    home = None if home is None else read_home(home)
    with act(connection, actor, at=at) as acting:
        agency_id = find_agency(connection, agency)
        action = Action.ROLE_ADD if kind is MailboxKind.ROLE else Action.ACCOUNT_CREATE
        acting.check(action, agency_subject(connection, "account", address, agency_id))
        person_id = None
        if kind is MailboxKind.PERSONAL:
            person_id = new_id()
            connection.execute(insert(Person).values(id=person_id, full_name=name, title=title, agency_id=agency_id))
        number = new_id()
        mailbox = {"id": number, "address": address, "kind": kind, "name": name, "agency_id": agency_id}
        mailbox |= {"person_id": person_id, "home": home, "quota_mib": quota_mib, "may_login": may_login}
        _enter(connection, mailbox, at=acting.at)
        if password_hash is not None:
            store_password(connection, number, password_hash, at=acting.at)
        acting.after = {"name": name, "kind": kind, "agency": agency, "home": home, "password": bool(password_hash)}
        return number


def add_role_mailbox(
    connection: Connection, actor: Actor, address: str, name: str, *, agency: str = "", at: int | None = None
) -> int:
    """Open the mailbox of an office (văn thư, a desk). People hold it by `hold_role`; nobody logs in to it."""
    kind = MailboxKind.ROLE
    return create_account(connection, actor, address, name, agency=agency, kind=kind, may_login=False, at=at)


def suspend_account(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str,
    refuse_mail: bool = False,
    at: int | None = None,
) -> MailboxRow:
    """Close login and sending; mail still arrives unless `refuse_mail`. Doing it again changes the reason only.

    The doors read the state again at every step; Dovecot's sessions are ended by whoever watches the verifier.

    Raises:
        NoSuchAccount, ReasonMissing, NotAllowed. WrongState: it has ended. Protected: postmaster@ leads to it.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = _start(connection, acting, Action.ACCOUNT_SUSPEND, address)
        if mailbox.state in ENDED_STATES:
            raise WrongState(f"{mailbox.address} has ended")
        if refuse_mail:
            guard(connection, mailbox.id)
        return _change(connection, acting, mailbox, state=MailboxState.SUSPENDED, refuses_while_suspended=refuse_mail)


def restore_account(
    connection: Connection, actor: Actor, address: str, *, reason: str = "", at: int | None = None
) -> MailboxRow:
    """Give back what a suspension or an end took, and no more.

    Raises:
        NoSuchAccount, NotAllowed. WrongState: it is in use.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        mailbox = _start(connection, acting, Action.ACCOUNT_RESTORE, address)
        if mailbox.state is MailboxState.ACTIVE:
            raise WrongState(f"{mailbox.address} is in use already")
        return _change(
            connection, acting, mailbox, state=MailboxState.ACTIVE, refuses_while_suspended=False, ended_at=None
        )


def end_account(
    connection: Connection,
    actor: Actor,
    address: str,
    *,
    reason: str,
    unit_address: str = "",
    at: int | None = None,
) -> MailboxRow:
    """Revoke: login and sending close, mail is refused with the unit's address. The address is never given again.

    Raises:
        NoSuchAccount, InvalidAddress, ReasonMissing, NotAllowed. WrongState: it has ended already.
        Protected: postmaster@ or abuse@ leads to it.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        mailbox = _start(connection, acting, Action.ACCOUNT_END, address)
        if mailbox.state in ENDED_STATES:
            raise WrongState(f"{mailbox.address} has ended already")
        guard(connection, mailbox.id)
        unit = read_own(unit_address) if unit_address else mailbox.unit_address
        return _change(connection, acting, mailbox, state=MailboxState.RETAINED, ended_at=acting.at, unit_address=unit)


def set_home(
    connection: Connection, actor: Actor, address: str, home: str | None, *, at: int | None = None
) -> MailboxRow:
    """Say where one mailbox lives: None = as its domain says, 'here', or smtp://host:port.

    Raises:
        NoSuchAccount, InvalidValue, NotAllowed.
    """
    home = None if home is None else read_home(home)
    with act(connection, actor, at=at) as acting:
        mailbox = _start(connection, acting, Action.ACCOUNT_HOME, address)
        return _change(connection, acting, mailbox, home=home)


def _enter(connection: Connection, mailbox: dict[str, object], *, at: int) -> None:
    # The registry first asks whether the address is free; its row then needs the mailbox to be there.
    address = str(mailbox["address"])
    check_free(connection, address)
    connection.execute(insert(Mailbox).values(created_at=at, **mailbox))
    claim(connection, address, AddressKind.MAILBOX, mailbox_id=int(str(mailbox["id"])))


def _start(connection: Connection, acting: Act, action: Action, address: str) -> MailboxRow:
    mailbox = find_mailbox(connection, address)
    acting.check(action, subject_of(connection, mailbox))
    acting.before = mailbox.picture()
    return mailbox


def _change(connection: Connection, acting: Act, mailbox: MailboxRow, **values: object) -> MailboxRow:
    values["revision"] = mailbox.revision + 1
    connection.execute(update(Mailbox).where(Mailbox.id == mailbox.id).values(**values))
    changed = load_mailbox(connection, mailbox.id)
    assert changed is not None
    acting.after = changed.picture()
    return changed
