"""The domain that joins: it becomes ours when the map is applied, and is let go again when that is undone."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, select

from mailhub.accounts.act import act
from mailhub.accounts.models import Address, Agency, Domain
from mailhub.accounts.organisation.domains import add_domain, domain_picture, find_domain
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.accounts.system import SYSTEM_LOCALS
from mailhub.roster.keeping import ImportRow, move_import

_WHOLE = "added"  # in the import's options: the domain as it was entered


def open_domain(connection: Connection, actor: Actor, one: ImportRow, *, at: int) -> None:
    """Enter the domain, if it is not ours yet: whatever the map does not list is passed on to the old server.

    Raises:
        NotAllowed, InvalidValue. NoSuchAgency: there is no province yet.
    """
    name, home = one.options["domain"], one.options["home"]
    if connection.scalar(select(Domain.name).where(Domain.name == name)) is not None:
        return
    add_domain(connection, actor, name, home=home, relay=bool(home), at=at)
    added = domain_picture(find_domain(connection, name))
    options = json.dumps(one.options | {_WHOLE: added}, ensure_ascii=False, default=str)
    move_import(connection, one.id, options=options)


def close_domain(connection: Connection, actor: Actor, one: ImportRow, *, at: int) -> bool:
    """Let the domain go again; gives whether it did. It stays when it was ours before the map, when somebody changed it
    since, or when an address or an agency is still there.

    Raises:
        NotAllowed
    """
    name, added = one.options["domain"], one.options.get(_WHOLE)
    if added is None or domain_picture(find_domain(connection, name)) != added or _is_used(connection, name):
        return False
    with act(connection, actor, reason=f"Hoàn tác gia nhập {one.code}", at=at) as acting:
        acting.check(Action.DOMAIN_JOIN, Subject(kind="domain", name=name))
        acting.before = added
        connection.execute(delete(Address).where(Address.domain == name))
        connection.execute(delete(Domain).where(Domain.name == name))
    return True


def _is_used(connection: Connection, name: str) -> bool:
    own = [f"{local}@{name}" for local in SYSTEM_LOCALS]
    uses: tuple[Any, ...] = (
        select(Address.address).where(Address.domain == name, Address.address.not_in(own)),
        select(Agency.id).where(Agency.domain == name),
        select(Domain.name).where((Domain.alias_of == name) | (Domain.renamed_to == name)),
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in uses)
