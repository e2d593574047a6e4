"""Agencies: entered, looked up, changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from mailhub.accounts.act import Act, act
from mailhub.accounts.addresses import read_domain, read_own
from mailhub.accounts.errors import InvalidValue, NameTaken, NoSuchDomain, WrongState
from mailhub.accounts.models import Agency, Domain
from mailhub.accounts.organisation.identifiers import read_former_identifier, read_identifier
from mailhub.accounts.people.folded import agency_words
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.tree import agency_subject, find_agency, has_ended, hidden_agencies, root_agency
from mailhub.ids import new_id
from mailhub.text.folding import word_of
from mailhub.text.plain import plain_line

# A code stands in commands, in addresses (annv.snv@) and in files: no blanks, no `/`, no leading dash.
_CODE = re.compile(r"[^\W_](?:[\w.-]{0,62}[^\W_])?")
_MOST_STAFF = 1_000_000  # posts of one agency


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyChanges:
    """What is to become of an agency; None leaves a field as it is, '' empties one."""

    name: str | None = None
    kind: str | None = None
    level: str | None = None
    identifier: str | None = None
    former_identifier: str | None = None
    block: bool | None = None
    domain: str | None = None
    unit_address: str | None = None
    starts_on: date | None = None
    staff: int | None = None  # 0 = not known


def add_agency(
    connection: Connection,
    actor: Actor,
    code: str,
    name: str,
    *,
    parent: str = "",
    kind: str = "",
    level: str = "",
    identifier: str = "",
    former_identifier: str = "",
    block: bool = False,
    domain: str = "",
    unit_address: str = "",
    starts_on: date | None = None,
    at: int | None = None,
) -> int:
    """Enter an agency below `parent` (a code); gives its number. The first one is the root, the province itself.

    Without `parent` it stands directly below the root. `unit_address` is where senders are sent when one of
    its mailboxes has ended; `domain` where new addresses are made ('' = as above); `identifier` and
    `former_identifier` as in `identifiers`.

    Raises:
        NameTaken: the code or an identifier is in use. NoSuchAgency: there is no such parent. NoSuchDomain.
        InvalidValue, InvalidAddress, NotAllowed. WrongState: the parent has ended.
    """
    code = code.strip()
    if _CODE.fullmatch(code) is None:
        raise InvalidValue(f"an agency's code is made of letters, digits, '.', '-' and '_', not {code[:40]!r}")
    wanted = AgencyChanges(
        name=name,
        kind=kind,
        level=level,
        identifier=identifier,
        former_identifier=former_identifier,
        block=block,
        domain=domain,
        unit_address=unit_address,
        starts_on=starts_on,
    )
    with act(connection, actor, at=at) as acting:
        above = None if not parent and root_agency(connection) is None else find_agency(connection, parent)
        subject = Subject(kind="agency", name=code)
        if above is not None:
            subject = agency_subject(connection, "agency", code, above)
        if block:
            acting.check(Action.AGENCY_BLOCK, subject)
        acting.check(Action.AGENCY_ADD, subject)
        if above is not None and has_ended(connection, above, at=acting.at):
            raise WrongState(f"the agency above has ended: {parent}")
        if connection.execute(select(Agency.id).where(Agency.code == code)).one_or_none() is not None:
            raise NameTaken(f"the agency code is taken: {code}")
        row = _read(connection, wanted, None)
        number = new_id()
        connection.execute(insert(Agency).values(id=number, code=code, parent_id=above, **row))
        shown = {"code": code, "parent_id": above} | row
        acting.after = {key: str(value) for key, value in shown.items() if value and key != "folded"}
        return number


def change_agency(
    connection: Connection,
    actor: Actor,
    code: str,
    changes: AgencyChanges,
    *,
    reason: str = "",
    at: int | None = None,
) -> None:
    """Rename an agency, or change what is known of it. Its code stays: files and addresses refer to it.

    Making it a block, or no block any more, is a right of its own: whoever is above a block loses sight of it.

    Raises:
        NoSuchAgency, NameTaken (an identifier), NoSuchDomain, InvalidValue, InvalidAddress, NotAllowed.
    """
    with act(connection, actor, reason=reason.strip(), at=at) as acting:
        row = start(connection, acting, Action.AGENCY_CHANGE, code)
        if changes.block is not None and changes.block != row["block"]:
            # Neither whoever lies above a block may open it, nor may it close itself off.
            acting.check(Action.AGENCY_BLOCK, agency_subject(connection, "agency", code, row["id"]))
            if row["parent_id"] is None:
                raise InvalidValue("the province itself is no block")
        values = _read(connection, changes, row["id"])
        if not values:
            raise InvalidValue("nothing is to be changed")
        connection.execute(update(Agency).where(Agency.id == row["id"]).values(**values))
        acting.before = {key: _plain(row[key]) for key in values if key != "folded"}
        acting.after = {key: _plain(value) for key, value in values.items() if key != "folded"}


def find_agency_row(connection: Connection, code: str) -> RowMapping:
    """The agency's row.

    Raises:
        NoSuchAgency: no agency has this code.
    """
    number = find_agency(connection, code)
    return connection.execute(select(Agency.__table__).where(Agency.id == number)).mappings().one()


def list_agencies(
    connection: Connection, actor: Actor | None = None, *, after: str = "", limit: int = 1000
) -> Sequence[RowMapping]:
    """Agencies in the order of their codes, from behind `after` on; without blocks that `actor` is not part of."""
    table = Agency.__table__
    query = select(table).where(table.c.code > after).order_by(table.c.code).limit(limit)
    hidden = hidden_agencies(connection, actor)
    if hidden:
        query = query.where(table.c.id.not_in(hidden))
    return connection.execute(query).mappings().all()


def start(connection: Connection, acting: Act, action: Action, code: str) -> RowMapping:
    """Inside an act: the agency's row, once the actor's right to do `action` to it is checked.

    Raises:
        NoSuchAgency, NotAllowed.
    """
    row = find_agency_row(connection, code)
    acting.check(action, agency_subject(connection, "agency", row["code"], row["id"]))
    return row


def _read(connection: Connection, wanted: AgencyChanges, number: int | None) -> dict[str, Any]:
    """The columns as they are to be written."""
    given = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    values: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if "name" in values:
        values["name"] = _read_name(values["name"])
        values["folded"] = agency_words(values["name"])
    for key, length in (("kind", 40), ("level", 20)):
        if key in values:
            values[key] = word_of(values[key])  # `xã` and `xa` are one: groups by rule go by the word
        if len(values.get(key, "")) > length:
            raise InvalidValue(f"the {key} of an agency has at most {length} characters")
    for key, read in (("identifier", read_identifier), ("former_identifier", read_former_identifier)):
        if key in values:
            values[key] = _free(connection, key, read(values[key]), number)
    if "staff" in values:
        values["staff"] = _read_staff(values["staff"])
    if "unit_address" in values:
        values["unit_address"] = read_own(values["unit_address"]) if values["unit_address"] else ""
    if "domain" in values:
        values["domain"] = _own_domain(connection, values["domain"])
    return values


def _read_staff(number: int) -> int | None:
    if not 0 <= number <= _MOST_STAFF:
        raise InvalidValue(f"the number of posts lies between 0 (not known) and {_MOST_STAFF}, not {number}")
    return number or None


def _read_name(text: str) -> str:
    name = plain_line(" ".join(text.split()))
    if not name or len(name) > 300:
        raise InvalidValue("an agency needs a name, of at most 300 characters")
    return name


def _free(connection: Connection, column: str, code: str | None, number: int | None) -> str | None:
    if code is not None:
        held = select(Agency.code, Agency.id).where(getattr(Agency, column) == code)
        row = connection.execute(held).one_or_none()
        if row is not None and row.id != number:
            raise NameTaken(f"the identifier {code} is {row.code}'s")
    return code


def _own_domain(connection: Connection, text: str) -> str | None:
    if not text:
        return None
    name = read_domain(text)
    row = connection.execute(select(Domain.alias_of, Domain.relay).where(Domain.name == name)).one_or_none()
    if row is None:
        raise NoSuchDomain(f"not a domain of ours: {name}")
    if row.alias_of is not None or row.relay:
        raise InvalidValue(f"no addresses are made in {name}: its mailboxes are not listed here")
    return name


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
