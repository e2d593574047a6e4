"""Whether somebody's mail passes into a group, and what of it waits for a moderator. Pure: no database.

What people expect of groups within groups, and so the rules:

- A group is as strict as the strictest group within it. Who writes to the outer one and may not write to an inner one
  is refused at once and told which it is; nobody is left out in silence, and no restriction can be got round by
  putting the group into another.
- Whoever has a say in a group on the way (owner, named sender, moderator) has it for all that lies within: putting a
  restricted group into another needs the right over both (groups.add_member), so the inner one's people agreed.
- `members` means everybody whom the mail reaches: who is in one department may write to the whole agency although the
  departments' own lists take their members' mail only.
- `own` never gives way: what comes from outside does not enter by a detour.
- Moderation is asked once, of the outermost group on the way that wants it; whom another way reaches freely does not
  wait. Whoever has a say in that group, or in one around it, is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mailhub.accounts.models import GroupSenders
from mailhub.accounts.sharing.expansion import Gate, GroupTree


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, as far as it is proved: `own` for somebody of ours, with the addresses of the account."""

    own: bool = False
    addresses: frozenset[str] = frozenset()


OUTSIDER = Writer()


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes of the mail.

    refused: the group that does not take it; then nobody gets it.
    held: for each target that waits, the groups whose moderators may let it go.
    """

    refused: Gate | None = None
    held: dict[str, tuple[int, ...]] = field(default_factory=dict)


def passage(tree: GroupTree, writer: Writer) -> Passage:
    """Judge `writer`'s mail to the group."""
    if tree.open:
        return Passage()
    named = _named(tree, writer)
    refused = next((gate for gate in tree.gates.values() if not _takes(tree, gate, writer, named)), None)
    if refused is not None:
        return Passage(refused)
    asked = {gate.id for gate in tree.gates.values() if gate.moderated and gate.id not in named}
    return Passage(held=_held(tree, asked)) if asked else Passage()


def _named(tree: GroupTree, writer: Writer) -> set[int]:
    """The groups in which the writer has a say, and those within them."""
    return _within(tree, (gate.id for gate in tree.gates.values() if gate.named & writer.addresses), stop=set())


def _takes(tree: GroupTree, gate: Gate, writer: Writer, named: set[int]) -> bool:
    match gate.senders:
        case GroupSenders.ANYONE:
            return True
        case GroupSenders.OWN:
            return writer.own
        case GroupSenders.MEMBERS:
            return gate.id in named or not writer.addresses.isdisjoint(tree.everybody)
        case GroupSenders.LISTED:
            return gate.id in named


def _held(tree: GroupTree, asked: set[int]) -> dict[str, tuple[int, ...]]:
    freely = _within(tree, [tree.root], stop=asked)
    free = {target.address for number in freely for target in tree.gates[number].targets}
    edge = [number for number in asked if number == tree.root or _is_entered(tree, number, freely)]
    held: dict[str, tuple[int, ...]] = {}
    for number in sorted(edge):
        for within in _within(tree, [number], stop=set()):
            for target in tree.gates[within].targets:
                if target.address not in free:
                    held[target.address] = tuple(dict.fromkeys((*held.get(target.address, ()), number)))
    return held


def _is_entered(tree: GroupTree, number: int, freely: set[int]) -> bool:
    return any(number in tree.gates[outer].inner for outer in freely)


def _within(tree: GroupTree, tops: Iterable[int], *, stop: set[int]) -> set[int]:
    """These groups and those within them, without the ones in `stop` and what only they lead to."""
    found: set[int] = set()
    waiting = list(tops)
    while waiting:
        number = waiting.pop()
        if number not in found and number not in stop and number in tree.gates:
            found.add(number)
            waiting += tree.gates[number].inner
    return found
