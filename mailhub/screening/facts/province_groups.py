"""Whether a group is everybody in the province: by its rule, or by that of a group within it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailhub.accounts.models import Agency, MailGroup
from mailhub.accounts.sharing.expansion import GroupTree
from mailhub.accounts.sharing.rules import InvalidRule, Rule, read_rule
from mailhub.store.chunks import chunks


def is_province_group(connection: Connection, group: GroupTree) -> bool:
    """Whether a rule in it asks for nothing but the whole tree. A list made by hand is never one: the number of its
    members is a fact of its own."""
    roots = connection.execute(select(Agency.code, Agency.kind).where(Agency.parent_id.is_(None))).all()
    codes, kinds = {row.code for row in roots}, {row.kind for row in roots}
    for chunk in chunks(sorted(group.gates)):
        query = select(MailGroup.rule).where(MailGroup.id.in_(chunk), MailGroup.rule.is_not(None))
        for text in connection.execute(query).scalars():
            try:
                rule = read_rule(text or "")
            except InvalidRule:
                continue
            if _is_everybody(rule, codes, kinds):
                return True
    return False


def _is_everybody(rule: Rule, codes: set[str], kinds: set[str]) -> bool:
    """Some may be left out (`except`); the rest is still the province."""
    if rule.level or rule.rank or rule.title or rule.office or rule.any:
        return False
    return (not rule.unit or not codes.isdisjoint(rule.unit)) and (not rule.kind or not kinds.isdisjoint(rule.kind))
