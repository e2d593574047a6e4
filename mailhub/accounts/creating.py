"""How an account comes to be: the address, the person, the mailbox, in one act."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, insert

from mailhub.accounts.act import act
from mailhub.accounts.addresses import check_free, claim, read_home, read_own
from mailhub.accounts.credentials import store_password
from mailhub.accounts.errors import InvalidAddress, InvalidValue, WrongState
from mailhub.accounts.models import AddressKind, Listing, Mailbox, MailboxKind, MailboxState
from mailhub.accounts.offices import office_by_address, read_office
from mailhub.accounts.organisation.pools import check_room
from mailhub.accounts.people.folded import mailbox_words
from mailhub.accounts.people.names import read_name
from mailhub.accounts.people.naming import Naming, propose
from mailhub.accounts.people.people import enter
from mailhub.accounts.people.person import NewPerson, read_title
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import agency_subject, find_agency, has_ended, mail_domain, path_of
from mailhub.ids import new_id

# The states in which a life may begin; what each needs of whoever begins it.
_BEGINNINGS = (MailboxState.REQUESTED, MailboxState.APPROVED, MailboxState.ACTIVE)


def create_account(
    connection: Connection,
    actor: Actor,
    address: str,
    name: str,
    *,
    agency: str = "",
    kind: MailboxKind = MailboxKind.PERSONAL,
    title: str = "",
    person: NewPerson | None = None,
    office: str = "",
    listing: Listing = Listing.INTERNAL,
    state: MailboxState = MailboxState.ACTIVE,
    naming: Naming | None = None,
    password_hash: str | None = None,
    home: str | None = None,
    quota_mib: int | None = None,
    default_quota_mib: int | None = None,
    may_login: bool = True,
    reason: str = "",
    at: int | None = None,
) -> int:
    """Open a mailbox, usable at once; gives its number. A personal one enters its person as well.

    `address` '' = the best free one that `naming` makes of the name. `agency` is a code ('' = the province itself);
    `person` says more than `title` about whose it is; `office` is what a role mailbox is (`van-thu`).
    `password_hash` is what `passwords.new_hash` gave, or None: nobody logs in until one is set. `home` None = as the
    domain says, '' or 'here', or smtp://host:port. `state` REQUESTED only asks for it, which is a right of its own.
    `quota_mib` None = the setting's, which `default_quota_mib` names where an agency has a quota pool.

    Raises:
        AddressTaken, InvalidAddress, InvalidValue, NoSuchDomain, NoSuchAgency, NotAllowed.
        PersonExists: this person has been entered before. PoolFull. WrongState: the agency has ended.
    """
    address, name = address and read_own(address), read_name(name)
    office, title = read_office(office, kind), read_title(title)
    if quota_mib is not None and quota_mib <= 0:
        raise InvalidValue(f"a quota is a positive number of MiB, not {quota_mib}")
    home = None if home is None else read_home(home)
    known = _whose(kind, title, person)
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        agency_id = find_agency(connection, agency)
        if not address:
            address = _made(connection, name, agency_id, naming)
        subject = agency_subject(connection, "account", address, agency_id)
        # To ask for an account, or to open an office's, is no right to say where its mail goes and what opens it.
        given = {Action.ACCOUNT_HOME: home, Action.ACCOUNT_PASSWORD: password_hash, Action.ACCOUNT_QUOTA: quota_mib}
        for action in (*(one for one, value in given.items() if value is not None), _action(kind, state)):
            acting.check(action, subject)
        if has_ended(connection, agency_id, at=acting.at):
            raise WrongState(f"the agency has ended: {agency}")
        check_room(connection, agency_id, quota_mib, default_quota_mib=default_quota_mib)
        check_free(connection, address)
        number, person_id = new_id(), None
        if known is not None:
            person_id = enter(connection, name, agency_id, known, actor=actor, at=acting.at)
            title = known.title
        mailbox = {"id": number, "address": address, "kind": kind, "name": name, "agency_id": agency_id}
        mailbox |= {"person_id": person_id, "home": home, "quota_mib": quota_mib, "may_login": may_login}
        mailbox |= {"office": office, "listing": listing, "state": state}
        _enter(connection, mailbox, title=title, at=acting.at)
        if password_hash is not None:
            store_password(connection, number, password_hash, at=acting.at)
        acting.after = {"name": name, "kind": kind, "agency": agency, "home": home, "password": bool(password_hash)}
        acting.after = {**acting.after, "state": state, "title": title}
        return number


def add_role_mailbox(
    connection: Connection,
    actor: Actor,
    address: str,
    name: str,
    *,
    agency: str = "",
    office: str | None = None,
    listing: Listing = Listing.INTERNAL,
    at: int | None = None,
) -> int:
    """Open the mailbox of an office (văn thư, a desk). People hold it by `hold_role`; nobody logs in to it.

    `office` None = as the address says (offices.office_by_address), '' = none that has a word.

    Raises:
        as `create_account`.
    """
    kind = MailboxKind.ROLE
    office = office_by_address(address) if office is None else office
    return create_account(
        connection, actor, address, name, agency=agency, kind=kind, office=office, listing=listing, may_login=False,
        at=at,
    )  # fmt: skip


def _action(kind: MailboxKind, state: MailboxState) -> Action:
    if state not in _BEGINNINGS:
        raise WrongState(f"no account begins as {state}")
    if state is MailboxState.REQUESTED:
        return Action.REQUEST_MAKE
    return Action.ROLE_ADD if kind is MailboxKind.ROLE else Action.ACCOUNT_CREATE


def _whose(kind: MailboxKind, title: str, person: NewPerson | None) -> NewPerson | None:
    if kind is not MailboxKind.PERSONAL:
        if person is not None:
            raise InvalidValue("only a personal mailbox has a person")
        return None
    if person is None:
        return NewPerson(title=title)
    if title and person.title and title != person.title:
        raise InvalidValue("two posts were given for one person")
    return person if person.title or not title else replace(person, title=title)


def _made(connection: Connection, name: str, agency_id: int, naming: Naming | None) -> str:
    if naming is None:
        raise InvalidAddress("an account needs an address, or a rule by which to make one")
    code = path_of(connection, agency_id)[0].code if naming.unit_suffix else ""
    return propose(connection, name, mail_domain(connection, agency_id), naming.rule, code, count=1)[0]


def _enter(connection: Connection, mailbox: dict[str, object], *, title: str, at: int) -> None:
    # The registry first asks whether the address is free; its row then needs the mailbox to be there.
    address = str(mailbox["address"])
    words = mailbox_words(str(mailbox["name"]), address, title=title, office=str(mailbox["office"]))
    connection.execute(insert(Mailbox).values(created_at=at, folded=words, **mailbox))
    claim(connection, address, AddressKind.MAILBOX, mailbox_id=int(str(mailbox["id"])))
