"""Agencies that a page lists or offers: those within the right that it is about, and no others."""

from __future__ import annotations

from sqlalchemy import Connection

from mailhub.accounts import service
from mailhub.accounts.organisation import TreeLine
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import scope_of


def agencies_within(
    connection: Connection, actor: Actor, action: Action, *, ended: bool = False, at: int
) -> list[TreeLine]:
    """The agencies over which the actor has the right, each before those below it.

    Raises:
        NotAllowed: the actor has it nowhere.
    """
    scope = scope_of(connection, actor, action)
    lines = service.tree(connection, actor, ended=ended, at=at)
    if scope.everything:
        return list(lines)
    return [line for line in lines if line.id in (scope.agencies or ())]
