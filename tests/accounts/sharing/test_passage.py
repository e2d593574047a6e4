"""Who may write to a group, to groups within groups, and who waits for a moderator. No database."""

from __future__ import annotations

import pytest

from mailhub.accounts.models import GroupSenders
from mailhub.accounts.sharing.expansion import Gate, GroupTree
from mailhub.accounts.sharing.passage import OUTSIDER, Writer, passage
from mailhub.accounts.sharing.targets import Target

pytestmark = pytest.mark.unit

STAFF = Writer(own=True, addresses=frozenset({"staff"}))
PRINTER = Writer(own=True)


def gate(
    number: int,
    *members: str,
    senders: GroupSenders = GroupSenders.ANYONE,
    moderated: bool = False,
    named: tuple[str, ...] = (),
    inner: tuple[int, ...] = (),
) -> Gate:
    targets = tuple(Target(one, n, "") for n, one in enumerate(members))
    return Gate(
        number, f"g{number}", senders, moderated, frozenset(named), named, frozenset(members), targets, inner
    )  # fmt: skip


def tree(*gates: Gate) -> GroupTree:
    return GroupTree(gates[0].id, {one.id: one for one in gates})


def writer(address: str) -> Writer:
    return Writer(own=True, addresses=frozenset({address}))


@pytest.mark.parametrize(
    ("senders", "passing"),
    [
        (GroupSenders.ANYONE, {"outsider", "printer", "staff", "member", "owner"}),
        (GroupSenders.OWN, {"printer", "staff", "member", "owner"}),
        (GroupSenders.MEMBERS, {"member", "owner"}),
        (GroupSenders.LISTED, {"owner"}),
    ],
)
def test_each_setting_lets_in_whom_it_says(senders: GroupSenders, passing: set[str]) -> None:
    group = tree(gate(1, "member", senders=senders, named=("owner",)))
    everybody = {"outsider": OUTSIDER, "printer": PRINTER, "staff": STAFF}
    everybody |= {name: writer(name) for name in ("member", "owner")}
    assert {name for name, one in everybody.items() if passage(group, one).refused is None} == passing


def test_a_group_is_as_strict_as_the_strictest_within_it() -> None:
    group = tree(gate(1, "a", inner=(2,)), gate(2, "b", senders=GroupSenders.LISTED, named=("head",)))
    refused = passage(group, STAFF).refused
    assert refused is not None
    assert refused.id == 2
    assert passage(group, writer("head")).refused is None


def test_members_of_one_part_may_write_to_the_whole() -> None:
    parts = [gate(number, name, senders=GroupSenders.MEMBERS) for number, name in ((2, "a"), (3, "b"))]
    group = tree(gate(1, senders=GroupSenders.MEMBERS, inner=(2, 3)), *parts)
    assert passage(group, writer("a")).refused is None
    assert passage(group, STAFF).refused is not None
    assert passage(tree(parts[1]), writer("a")).refused is not None  # straight to the other part


def test_whoever_has_a_say_outside_has_it_within_and_not_the_other_way_round() -> None:
    inner = gate(2, "b", senders=GroupSenders.LISTED, named=("inner",))
    group = tree(gate(1, inner=(2,), named=("outer",), senders=GroupSenders.LISTED), inner)
    assert passage(group, writer("outer")).refused is None
    refused = passage(group, writer("inner")).refused
    assert refused is not None
    assert refused.id == 1


def test_nothing_from_outside_enters_by_a_detour() -> None:
    group = tree(gate(1, inner=(2,)), gate(2, "b", senders=GroupSenders.OWN))
    assert passage(group, OUTSIDER).refused is not None


def test_a_moderated_group_holds_all_below_it_and_asks_once() -> None:
    group = tree(gate(1, "a", moderated=True, inner=(2,)), gate(2, "b", moderated=True))
    assert passage(group, STAFF).held == {"a": (1,), "b": (1,)}


def test_only_the_moderated_part_waits() -> None:
    group = tree(gate(1, "a", inner=(2, 3)), gate(2, "b", "c", moderated=True), gate(3, "c"))
    assert passage(group, STAFF).held == {"b": (2,)}  # c is reached freely as well


def test_who_is_in_two_moderated_groups_waits_for_either() -> None:
    group = tree(gate(1, inner=(2, 3)), gate(2, "b", moderated=True), gate(3, "b", moderated=True))
    assert passage(group, STAFF).held == {"b": (2, 3)}


def test_the_owner_and_named_senders_wait_for_nobody() -> None:
    group = tree(gate(1, "a", moderated=True, named=("owner",), inner=(2,)), gate(2, "b", moderated=True))
    assert passage(group, writer("owner")).held == {}


def test_circles_do_no_harm() -> None:
    group = tree(gate(1, "a", inner=(2,)), gate(2, "b", moderated=True, inner=(1,)))
    assert passage(group, STAFF).held == {"b": (2,)}
