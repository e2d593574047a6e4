"""Role × operation × place, made from the list of services: a new one without a row fails here.

For every service the console's call succeeds on the subject, so that a refusal says something about the right; then
each role, held over one agency, tries the same on the own sub-tree, a foreign agency, the one above, a block, the own
account. What is expected is worked out from rights.RIGHTS anew (matrix/cases.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mailhub.accounts.rights import Action, Actor, Role
from mailhub.errors import MailhubError
from mailhub.store.database import Database
from tests.accounts.matrix.cases import REFUSALS, Row
from tests.accounts.matrix.of_access import ACCESS_ROWS
from tests.accounts.matrix.of_accounts import ROWS
from tests.accounts.matrix.of_incidents import INCIDENT_ROWS
from tests.accounts.matrix.of_mail import MAIL_ROWS
from tests.accounts.matrix.of_policy import POLICY_ROWS
from tests.accounts.matrix.of_reports import REPORT_ROWS
from tests.accounts.matrix.of_rules import RULE_ROWS
from tests.accounts.matrix.of_seals import SEAL_ROWS
from tests.accounts.matrix.of_signatures import SIGNATURE_ROWS
from tests.accounts.matrix.of_tree import TREE_ROWS
from tests.accounts.matrix.of_web import WEB_ROWS
from tests.accounts.matrix.services import NO_SERVICES, functions_with_an_actor, name_of
from tests.accounts.matrix.world import ROOT, Place, Spot, World, make_world
from tests.support.databases import new_tables

TABLES: dict[Callable[..., Any], list[Row]] = {
    **ACCESS_ROWS,
    **ROWS,
    **TREE_ROWS,
    **MAIL_ROWS,
    **INCIDENT_ROWS,
    **POLICY_ROWS,
    **REPORT_ROWS,
    **RULE_ROWS,
    **SIGNATURE_ROWS,
    **SEAL_ROWS,
    **WEB_ROWS,
}
OPERATIONS = {name_of(function): rows for function, rows in TABLES.items()}
# Where the role is held, by where the subject lies.
HELD: dict[Place, tuple[str, ...]] = {
    Place.OWN: ("snv", "tinh"),
    Place.FOREIGN: ("snv", "tinh", "tu"),
    Place.ABOVE: ("snv", "tinh"),
    Place.BLOCK: ("snv", "tinh", "tu"),
    Place.SELF: ("snv",),
    Place.PROVINCE: ("tinh",),
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, World]]:
    """One database for all; every case is undone."""
    database = new_tables("sqlite", Path(tmp_path_factory.mktemp("matrix")))
    yield database, make_world(database)
    database.close()


class _UndoneError(Exception):
    pass


@contextmanager
def undone(database: Database) -> Iterator[Connection]:
    """A transaction of which nothing stays."""
    try:
        with database.write() as connection:
            yield connection
            raise _UndoneError
    except _UndoneError:
        pass


def attempt(connection: Connection, row: Row, actor: Actor, spot: Spot) -> tuple[bool, str]:
    """Whether the call reached the subject, and what came of it; undone again."""
    inner = connection.begin_nested()
    try:
        given = row.call(connection, actor, spot)
        reached = row.sees is None or row.sees(given, spot)
        return reached, "done" if reached else "not among what is shown"
    except REFUSALS as error:
        return False, f"{type(error).__name__}: {error}"
    except MailhubError as error:
        return True, f"{type(error).__name__}: {error}"
    finally:
        inner.rollback()


def tried(database: Database, world: World, row: Row, place: Place) -> Iterator[str]:
    """What is not as expected."""
    with undone(database) as connection:
        spot = replace(world.spot(place))
        if row.prepare is not None:
            row.prepare(connection, spot)
        reached, told = attempt(connection, row, ROOT, spot)
        if not reached or told != "done":
            yield f"{place}: the console's call must succeed, or a refusal proves nothing; {told}"
            return
        for role in Role:
            for held in HELD[place]:
                reached, told = attempt(connection, row, world.actor(role, held, place), spot)
                wanted = row.may(role, held, place)
                if reached != wanted or (wanted and told != "done"):
                    says = "may" if wanted else "may not"
                    yield f"{role} over {held}, subject {place}: {says} by {row.action}, but: {told}"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_each_role_reaches_what_the_table_of_rights_says_and_no_more(hub: tuple[Database, World], name: str) -> None:
    database, world = hub
    wrong = [
        f"row {number}, {fault}"
        for number, row in enumerate(OPERATIONS[name])
        for place in row.places
        for fault in tried(database, world, row, place)
    ]
    assert not wrong, f"{name}:\n" + "\n".join(wrong)


def test_every_service_that_takes_an_actor_has_a_row() -> None:
    found = {name_of(function) for function in functions_with_an_actor()}
    missing = found - set(OPERATIONS) - set(NO_SERVICES)
    assert not missing, f"say in tests/accounts/matrix by which right these are called: {sorted(missing)}"
    assert not (set(OPERATIONS) | set(NO_SERVICES)) - found, "rows for what is no longer there"


def test_every_action_on_accounts_is_tried() -> None:
    """An action that no row asks for is one that nobody checks, or that needs no place in the table."""
    tried_ones = {row.action for rows in OPERATIONS.values() for row in rows}
    assert set(Action) - tried_ones == UNTRIED


# Asked for within registry/search, and tried in tests/registry/test_search.py.
UNTRIED = {Action.DOCUMENT_TEXT}


def test_a_service_without_a_row_would_be_found() -> None:
    def new_one(connection: Connection, actor: Actor) -> None:
        """As somebody may write one tomorrow."""

    functions: list[Callable[..., Any]] = [*functions_with_an_actor(), new_one]
    assert name_of(new_one) in {name_of(one) for one in functions} - set(OPERATIONS) - set(NO_SERVICES)
