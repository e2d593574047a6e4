"""The table of rights, read both ways."""

from __future__ import annotations

import pytest

from mailhub.accounts.rights import RIGHTS, Action, Actor, Role, Subject, may

pytestmark = pytest.mark.unit

OWN = Subject(kind="account", name="a@tinh.gov.vn", agencies=(7, 3, 1), account_id=70)
FOREIGN = Subject(kind="account", name="b@tinh.gov.vn", agencies=(8, 4, 1), account_id=80)


def test_every_role_has_a_row_and_names_only_known_actions() -> None:
    assert set(RIGHTS) == set(Role)
    assert all(set(row) <= set(Action) for row in RIGHTS.values())


@pytest.mark.parametrize("action", Action)
def test_the_console_and_the_system_administrator_may_do_everything(action: Action) -> None:
    for role in (Role.CONSOLE, Role.SYSTEM_ADMIN):
        assert may(Actor(name="x", role=role), action, FOREIGN)


@pytest.mark.parametrize("action", Action)
def test_an_agency_administrator_ends_at_the_own_tree(action: Action) -> None:
    admin = Actor(name="x", role=Role.AGENCY_ADMIN, agency_id=3)
    assert not may(admin, action, FOREIGN)
    assert may(admin, action, OWN) == (action in RIGHTS[Role.AGENCY_ADMIN])


@pytest.mark.parametrize("action", Action)
def test_an_official_reaches_only_the_own_account(action: Action) -> None:
    official = Actor(name="x", role=Role.OFFICIAL, account_id=70, agency_id=1)
    assert not may(official, action, FOREIGN)
    own = (Action.ACCOUNT_READ, Action.ACCOUNT_PASSWORD, Action.ACCOUNT_WHY, Action.DOCUMENT_READ)
    assert may(official, action, OWN) == (action in own)


def test_an_auditor_changes_nothing() -> None:
    assert {action.rpartition(".")[2] for action in RIGHTS[Role.AUDITOR]} == {"read", "why"}


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.CLERK, Role.MANAGER, Role.OFFICIAL])
@pytest.mark.parametrize("action", Action)
def test_an_actor_without_agency_and_account_reaches_nothing(role: Role, action: Action) -> None:
    assert not may(Actor(name="x", role=role), action, Subject(kind="domain", name="tinh.gov.vn"))
