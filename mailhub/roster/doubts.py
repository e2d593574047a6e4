"""Rows that look new and may be somebody who is there already. Pure."""

from __future__ import annotations

from collections import defaultdict

from mailhub.roster.matching import Candidate, Matches
from mailhub.roster.present import Present, Snapshot


class Doubts:
    """Who may be the person of a row that looks new."""

    def __init__(self, now: Snapshot, matches: Matches) -> None:
        self._now, self._taken = now, matches.taken
        self.suspected: set[int] = set()  # mailboxes that somebody was taken for
        self._by_name: dict[str, list[Present]] = defaultdict(list)
        for who in now.people:
            self._by_name[who.folded].append(who)

    def about(self, one: Candidate, agency: int) -> str:
        """Who that may be, as people read it; '' when nobody."""
        found = [who for who in self._by_name.get(one.folded, ()) if self._suspicious(one, who, agency)]
        if not found:
            return ""
        self.suspected |= {who.mailbox_id for who in found}
        told = [self._told(who) for who in found[:3]]
        return "nghi trùng với " + "; ".join(dict.fromkeys(told))

    def _suspicious(self, one: Candidate, who: Present, agency: int) -> bool:
        """The same name and day of birth, whoever's; or the same name nearby, when nothing tells the two apart."""
        if who.mailbox_id in self._taken:
            return False
        if one.entry.birth is not None and who.birth is not None:
            return one.entry.birth == who.birth
        if one.entry.birth_year is not None and who.birth is not None and one.entry.birth_year != who.birth.year:
            return False
        if one.digest is not None and who.digest is not None:
            return False
        return who.agency_id in self._now.scope and self._are_near(who.agency_id, agency)

    def _are_near(self, one: int, other: int) -> bool:
        """Whether both lie in the same agency right below the list's own, or one of them is the list's own."""
        path, beside = self._now.units.path(one), self._now.units.path(other)
        return len(path) == 1 or len(beside) == 1 or path[-2] == beside[-2]

    def _told(self, who: Present) -> str:
        if who.agency_id in self._now.hidden:
            return "một người ở khối khác"
        return f"{who.address} ({self._now.agency_names.get(who.agency_id, '')})"
