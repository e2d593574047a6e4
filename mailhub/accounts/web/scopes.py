"""What a program's token is good for: some areas, to read or to write, and never more than its owner may.

A token opens no way in: whoever has one sets no password, hands out no slip, grants no right, is nobody's second
person, and makes no other token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from enum import StrEnum

from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.rights import Action, Actor


class TokenScope(StrEnum):
    """An area, and whether what is there may be changed."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    TRACE_READ = "trace:read"
    TRACE_WRITE = "trace:write"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    REPORTS_READ = "reports:read"


_A = Action
ACTIONS: dict[TokenScope, frozenset[Action]] = {
    TokenScope.ACCOUNTS_READ: frozenset(
        (_A.ACCOUNT_READ, _A.ACCOUNT_WHY, _A.REQUEST_READ, _A.REVIEW_READ, _A.RIGHT_READ, _A.DIRECTORY_READ)
    ),
    TokenScope.ACCOUNTS_WRITE: frozenset(
        (
            _A.AGENCY_ADD,
            _A.AGENCY_CHANGE,
            _A.ACCOUNT_CREATE,
            _A.ACCOUNT_CHANGE,
            _A.ACCOUNT_QUOTA,
            _A.ACCOUNT_MOVE,
            _A.ACCOUNT_LEAVE,
            _A.ACCOUNT_SUSPEND,
            _A.ACCOUNT_RESTORE,
            _A.ACCOUNT_END,
            _A.ACCOUNT_UNLOCK,
            _A.REQUEST_MAKE,
            _A.REVIEW_ANSWER,
            _A.ROSTER_PLAN,
            _A.ALIAS_ADD,
            _A.ALIAS_REMOVE,
            _A.GROUP_ADD,
            _A.GROUP_CHANGE,
            _A.GROUP_MEMBER,
        )
    ),
    TokenScope.TRACE_READ: frozenset((_A.TRACE_READ, _A.QUEUE_READ, _A.WORD_READ, _A.VERDICT_READ)),
    TokenScope.TRACE_WRITE: frozenset((_A.QUEUE_CHANGE,)),
    TokenScope.DOCUMENTS_READ: frozenset((_A.DOCUMENT_READ, _A.DOCUMENT_TEXT, _A.DOCUMENT_EXPORT, _A.VERDICT_READ)),
    TokenScope.DOCUMENTS_WRITE: frozenset((_A.DOCUMENT_CORRECT,)),
    TokenScope.REPORTS_READ: frozenset((_A.REPORT_READ, _A.USE_READ, _A.USE_PEOPLE)),
}


def read_scopes(words: Iterable[str]) -> frozenset[TokenScope]:
    """The scopes that were asked for.

    Raises:
        InvalidValue: none, or one that there is not.
    """
    try:
        found = frozenset(TokenScope(word) for word in words)
    except ValueError:
        raise InvalidValue(f"a token's scope is one of {', '.join(TokenScope)}") from None
    if not found:
        raise InvalidValue("a token needs at least one scope")
    return found


def narrowed(actor: Actor, scopes: Collection[TokenScope]) -> Actor:
    """The same person, able to do what these scopes name and no more (`rights.may` and `tree.scope_of` look)."""
    only = frozenset[Action]().union(*(ACTIONS[scope] for scope in scopes))
    return replace(actor, only=only, proved=False)
