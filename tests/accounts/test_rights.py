"""The table of rights, read both ways."""

from __future__ import annotations

import pytest

from mailhub.accounts.action_words import ACTION_WORDS
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import RIGHTS, Action, Actor, Held, Reach, Role, Subject, may

pytestmark = pytest.mark.unit

OWN = Subject(kind="account", name="a@tinh.gov.vn", agencies=(7, 3, 1), account_id=70)
FOREIGN = Subject(kind="account", name="b@tinh.gov.vn", agencies=(8, 4, 1), account_id=80)


def test_every_role_has_a_row_and_names_only_known_actions() -> None:
    assert set(RIGHTS) == set(Role)
    assert all(set(row) <= set(Action) for row in RIGHTS.values())


@pytest.mark.parametrize("role", [Role.CONSOLE, Role.SYSTEM_ADMIN])
def test_the_console_and_the_system_administrator_may_do_everything(role: Role) -> None:
    for action in Action:
        assert may(Actor(name="x", role=role), action, FOREIGN), action


# Everybody with an account looks colleagues up, and reads the rules that bind them.
EVERYBODYS = {Action.DIRECTORY_READ, Action.POLICY_READ, Action.TRUST_READ}
LIMITED = [role for role in Role if role not in (Role.CONSOLE, Role.SYSTEM_ADMIN, Role.AUDITOR)]


@pytest.mark.parametrize("role", LIMITED)
def test_a_role_of_an_agency_ends_at_the_own_tree(role: Role) -> None:
    actor = Actor(name="x", role=role, agency_id=3)
    for action in sorted(set(Action) - EVERYBODYS):
        everywhere = RIGHTS[role].get(action) is Reach.ALL
        assert may(actor, action, FOREIGN) == everywhere, action
        assert may(actor, action, OWN) == (everywhere or RIGHTS[role].get(action) is Reach.SUBTREE), action


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CONSOLE])
def test_what_lies_in_a_block_is_reached_from_within_it_only(role: Role) -> None:
    inside = Subject(kind="account", name="c@tinh.gov.vn", agencies=(9,), account_id=90, in_block=True)
    for action in Action:
        assert not may(Actor(name="x", role=role, agency_id=1), action, inside), action


def test_a_further_role_adds_its_rights_and_takes_none() -> None:
    both = Actor(name="x", role=Role.CLERK, agency_id=7, also=(Held(Role.HELP_DESK, 8),))
    assert may(both, Action.REQUEST_MAKE, OWN)
    assert may(both, Action.ACCOUNT_UNLOCK, FOREIGN)
    assert not may(both, Action.ACCOUNT_UNLOCK, OWN)
    assert not may(both, Action.REQUEST_MAKE, FOREIGN)


def test_an_official_reaches_only_the_own_account() -> None:
    official = Actor(name="x", role=Role.OFFICIAL, account_id=70, agency_id=1)
    for action in Action:
        assert may(official, action, FOREIGN) == (action in EVERYBODYS), action
        assert may(official, action, OWN) == (action in RIGHTS[Role.OFFICIAL]), action


def test_an_auditor_changes_nothing() -> None:
    beyond_the_own = set(RIGHTS[Role.AUDITOR]) - set(RIGHTS[Role.OFFICIAL])
    assert {action.rpartition(".")[2] for action in beyond_the_own} <= {"read", "why"}


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.CLERK, Role.MANAGER, Role.OFFICIAL])
def test_an_actor_without_agency_and_account_reaches_nothing(role: Role) -> None:
    for action in sorted(set(Action) - EVERYBODYS):
        assert not may(Actor(name="x", role=role), action, Subject(kind="domain", name="tinh.gov.vn")), action


def test_every_action_has_words_for_people() -> None:
    assert set(ACTION_WORDS) == set(Action)


@pytest.mark.parametrize(
    ("role", "told"),
    [(Role.CLERK, "ngoài phạm vi đơn vị được giao"), (Role.MANAGER, "quyền này chưa được giao")],
)
def test_a_refusal_says_what_why_and_whom_to_ask(role: Role, told: str) -> None:
    actor = Actor(name="vt@tinh.gov.vn (console:root)", role=role, agency_id=3)
    words = str(refusal(actor, Action.REQUEST_MAKE, FOREIGN.name))
    assert words.startswith(f"vt@tinh.gov.vn không có quyền gửi đề nghị đối với b@tinh.gov.vn: {told}; đề nghị ")
    assert words.endswith(" thực hiện (request.make)")
