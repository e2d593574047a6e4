"""What holds for a time: roles given, offices held, delegations. No `until_at` means that no end is set."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from mailhub.accounts.models import Delegation, Grant, RoleHolder

Period = type[Grant] | type[RoleHolder] | type[Delegation]


def in_force(period: Period, at: int) -> ColumnElement[bool]:
    """What holds at that moment (ms)."""
    return and_(period.from_at <= at, not_over(period, at))


def not_over(period: Period, at: int) -> ColumnElement[bool]:
    """What holds at that moment (ms) or will later."""
    return or_(period.until_at.is_(None), period.until_at > at)
