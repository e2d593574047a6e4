"""Who may open a route at all. What may be seen and done there is the services' business: this only hides whole pages.

Every route names its access, and `tests/admin/test_matrix.py` tries each of them as every role.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mailhub.accounts.rights import RIGHTS, Action, Actor, Reach


@dataclass(frozen=True, slots=True)
class Access:
    """`signed_in`: a full session is needed. `actions`: and a role that has one of these beyond one's own account."""

    signed_in: bool = True
    actions: frozenset[Action] = frozenset()

    def admits(self, actor: Actor | None) -> bool:
        """Whether the route is there for `actor` (None: nobody has logged in)."""
        if not self.signed_in:
            return True
        if actor is None:
            return False
        return not self.actions or reaches_others(actor, self.actions)


def needs(*actions: Action) -> Access:
    """A full session, and one of these actions over more than one's own account."""
    return Access(actions=frozenset(actions))


PUBLIC = Access(signed_in=False)
SIGNED_IN = Access()


def reaches_others(actor: Actor, actions: Collection[Action]) -> bool:
    """Whether one of the actor's roles allows one of `actions` on others: everywhere, or in a part of the tree."""
    return any(
        RIGHTS[held.role].get(action, Reach.SELF) is not Reach.SELF for held in actor.holds for action in actions
    )
