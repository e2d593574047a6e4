"""Who of the list is who of the directory: by identifier, then address, then name and birth date, then name and unit.

Each of the directory's people is at most one of the list's. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from mailhub.accounts.people.folded import person_words
from mailhub.roster.entries import Entry
from mailhub.roster.findings import Finding
from mailhub.roster.present import Present
from mailhub.text.folding import fold

_SAME_PERSON = "mỗi người chỉ có một hộp thư"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that can be applied, with its unit (None: the list doesn't say) and its identifier's digest."""

    entry: Entry
    agency_id: int | None
    digest: bytes | None = field(default=None, repr=False)

    @property
    def folded(self) -> str:
        return person_words(self.entry.name)


@dataclass(slots=True)
class Matches:
    """By place of the candidate: who it is, or what stands in the way. Those in neither are new."""

    found: dict[int, Present] = field(default_factory=dict)
    faults: dict[int, Finding] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)  # mailboxes

    def settle(self, place: int, who: Present) -> None:
        """This candidate is `who`, unless another one was before."""
        if who.mailbox_id in self.taken:
            self.faults[place] = Finding(f"{who.address} đã được một dòng khác nhận", _SAME_PERSON)
        else:
            self.found[place] = who
            self.taken.add(who.mailbox_id)

    def open(self, candidates: Sequence[Candidate]) -> list[tuple[int, Candidate]]:
        """Those about whom nothing is known yet."""
        return [(n, one) for n, one in enumerate(candidates) if n not in self.found and n not in self.faults]


def match(
    candidates: Sequence[Candidate], people: Iterable[Present], addresses: dict[str, int], scope: frozenset[int]
) -> Matches:
    """Find everybody."""
    everyone = {one.mailbox_id: one for one in people}
    found = Matches()
    _by_identifier(candidates, everyone, addresses, found)
    _by_address(candidates, everyone, addresses, found)
    near = [one for one in everyone.values() if one.agency_id in scope]
    for key, key_of in _KEYS:
        _by_group(candidates, near, found, key, key_of)
    return found


KeyOfCandidate = Callable[[Candidate], Hashable]
KeyOfPresent = Callable[[Present], Hashable]
# What makes two one, the surest first: name and day of birth; name and unit; the name, where the list names no unit.
_KEYS: tuple[tuple[KeyOfCandidate, KeyOfPresent], ...] = (
    (lambda one: one.entry.birth and (one.folded, one.entry.birth), lambda who: (who.folded, who.birth)),
    (lambda one: one.agency_id and (one.folded, one.agency_id), lambda who: (who.folded, who.agency_id)),
    (lambda one: one.agency_id is None and one.folded, lambda who: who.folded),
)


def _by_identifier(
    candidates: Sequence[Candidate], everyone: dict[int, Present], addresses: dict[str, int], found: Matches
) -> None:
    by_digest = {one.digest: one for one in everyone.values() if one.digest is not None}
    for place, one in enumerate(candidates):
        who = by_digest.get(one.digest) if one.digest is not None else None
        if who is None:
            continue
        other = addresses.get(one.entry.address) if one.entry.address else None
        if other is not None and other != who.mailbox_id:
            what = f"số định danh là của {who.address}, còn địa chỉ trong tệp là của người khác"
            found.faults[place] = Finding(what, "kiểm tra số định danh và địa chỉ")
        else:
            found.settle(place, who)


def _by_address(
    candidates: Sequence[Candidate], everyone: dict[int, Present], addresses: dict[str, int], found: Matches
) -> None:
    for place, one in found.open(candidates):
        number = addresses.get(one.entry.address) if one.entry.address else None
        if number is None:
            continue
        who = everyone.get(number)
        if who is None:
            found.faults[place] = Finding(
                f"{one.entry.address} là hộp thư đơn vị hoặc nhóm", "ghi địa chỉ của người này"
            )
        elif not _may_be(one, who) or not _alike(one.folded, who.folded):
            found.faults[place] = Finding(f"{one.entry.address} là của {who.name}", "kiểm tra họ tên và địa chỉ")
        else:
            found.settle(place, who)


def _by_group(
    candidates: Sequence[Candidate],
    near: Iterable[Present],
    found: Matches,
    key: KeyOfCandidate,
    key_of: KeyOfPresent,
) -> None:
    """Pair those whose keys are equal; None as a key is nobody's."""
    there: dict[Hashable, list[Present]] = defaultdict(list)
    for who in near:
        if who.mailbox_id not in found.taken:
            there[key_of(who)].append(who)
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for place, one in found.open(candidates):
        wanted = key(one)
        if wanted and there.get(wanted):
            groups[wanted].append(place)
    for wanted, places in groups.items():
        _pair(candidates, places, there[wanted], found)


def _pair(candidates: Sequence[Candidate], places: list[int], people: list[Present], found: Matches) -> None:
    """Equal posts first, then in order when there are as many of one as of the other."""
    left = [one for one in people if any(_may_be(candidates[place], one) for place in places)]
    waiting = [place for place in places if any(_may_be(candidates[place], one) for one in left)]
    if len(left) > 1 or len(waiting) > 1:
        for place in list(waiting):
            title = fold(candidates[place].entry.title)
            same = [one for one in left if fold(one.title) == title and _may_be(candidates[place], one)]
            rivals = [other for other in waiting if fold(candidates[other].entry.title) == title]
            if title and len(same) == 1 and len(rivals) == 1:
                found.settle(place, same[0])
                left.remove(same[0])
                waiting.remove(place)
    if not left or not waiting:
        return
    if len(left) == len(waiting):
        for place, who in zip(waiting, left, strict=True):
            if _may_be(candidates[place], who):
                found.settle(place, who)
        return
    names = ", ".join(one.address for one in left[:4])
    for place in waiting:
        todo = "thêm số định danh, ngày sinh hoặc địa chỉ thư vào tệp"
        found.faults[place] = Finding(f"có nhiều người cùng họ tên ({names}), chưa rõ là ai", todo)


def _may_be(one: Candidate, who: Present) -> bool:
    """Whether nothing that is known of both differs."""
    if one.digest is not None and who.digest is not None and one.digest != who.digest:
        return False
    born, year = one.entry.birth, one.entry.birth_year
    if who.birth is None:
        return True
    return born == who.birth if born is not None else year is None or year == who.birth.year


def _alike(name: str, other: str) -> bool:
    """Whether two folded names can be one person's: most words the same, as after a correction or a marriage."""
    words, others = set(name.split()), set(other.split())
    return 2 * len(words & others) >= min(len(words), len(others))
