"""A group's rule as people put it together: where, who, and who not. Pure.

Most rules are of this shape; one that is not (rules within rules) stays as the text that somebody wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mailhub.accounts.sharing.rules import InvalidRule, Rule, read_rule

_WHERE = ("unit", "level", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleParts:
    """Each tuple is "any of these", an empty one asks for nothing.

    `unit`, `level` and `kind` say in which agencies; `rank` and `title` which people there, `office` which role
    mailboxes; of both, both. `but_…`: without those who fit all of these.
    """

    unit: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    rank: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    office: tuple[str, ...] = ()
    but_unit: tuple[str, ...] = ()
    but_rank: tuple[str, ...] = ()
    but_title: tuple[str, ...] = ()

    @property
    def names_nobody(self) -> bool:
        """Whether nothing was chosen but exceptions."""
        return not any(getattr(self, one.name) for one in fields(self) if not one.name.startswith("but_"))

    def text(self) -> str:
        """The rule as it is stored.

        Raises:
            InvalidRule: it names nobody, or a word in it cannot be.
        """
        but = Rule(unit=self.but_unit, rank=self.but_rank, title=self.but_title)
        where = Rule(unit=self.unit, level=self.level, kind=self.kind, but=but if but != Rule() else None)
        people = Rule(rank=self.rank, title=self.title)
        if self.office and people != Rule():
            rule = replace(where, any=(Rule(office=self.office), people))
        else:
            rule = replace(where, rank=self.rank, title=self.title, office=self.office)
        return read_rule(rule.text()).text()


def parts_of(text: str) -> RuleParts | None:
    """The parts of a rule that was stored; None when it has another shape."""
    try:
        rule = read_rule(text)
    except InvalidRule:
        return None
    but = rule.but or Rule()
    if but != Rule(unit=but.unit, rank=but.rank, title=but.title):
        return None
    office, people = rule.office, rule
    if rule.any:
        if len(rule.any) != 2 or rule.office or rule.rank or rule.title:
            return None
        office, people = rule.any[0].office, rule.any[1]
        if rule.any != (Rule(office=office), Rule(rank=people.rank, title=people.title)):
            return None
    where = {name: getattr(rule, name) for name in _WHERE}
    shunned = {"but_unit": but.unit, "but_rank": but.rank, "but_title": but.title}
    return RuleParts(**where, rank=people.rank, title=people.title, office=office, **shunned)
