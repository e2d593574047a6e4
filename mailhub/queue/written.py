"""What the sender wrote, where a copy goes to the members of a group: who they are is not the sender's business
(RFC 3461 § 5.2.7.3), so that whoever is told of a message is told of the group, and how many it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

_PREFIX = "rfc822;"


class Copy(Protocol):
    """A recipient in the envelope, new or stored."""

    @property
    def address(self) -> str: ...
    @property
    def original(self) -> str | None: ...


def members_of(recipients: Iterable[Copy], groups: Collection[str]) -> dict[str, frozenset[str]]:
    """Who is reached by way of each of these groups (addresses written to that stand for several)."""
    found: dict[str, set[str]] = {}
    for one in recipients:
        if (written := original_of(one.original)) in groups:
            found.setdefault(written, set()).add(one.address)
    return {group: frozenset(members) for group, members in found.items()}


def original_of(original: str | None) -> str:
    """The address written, of ORCPT (RFC 3461 § 4.2); "" when it is the copy's own, or of another kind."""
    return original.removeprefix(_PREFIX) if original and original.startswith(_PREFIX) else ""


def written_facts(recipients: Iterable[Copy], most: int) -> dict[str, Any]:
    """For letters and the timeline: `to`, the first of the addresses that the sender wrote; `recipients`, how many
    these are; `members`, of those that stand for several copies, for how many."""
    numbers: dict[str, int] = {}
    for one in recipients:
        written = original_of(one.original) or one.address
        numbers[written] = numbers.get(written, 0) + 1
    to = list(numbers)[:most]
    members = {address: numbers[address] for address in to if numbers[address] > 1}
    return {"to": to, "recipients": len(numbers)} | ({"members": members} if members else {})


def members_told(facts: Mapping[str, Any], address: str) -> int:
    """How many copies an address of `to` stands for, when it is a group's; else 0."""
    members = facts.get("members")
    number = members.get(address) if isinstance(members, dict) else 0
    return number if isinstance(number, int) else 0
