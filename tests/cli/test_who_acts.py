"""`--as` lowers the rights of every command: none makes an actor of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mailhub.cli
from mailhub.cli.environment import Environment

pytestmark = pytest.mark.unit

FOLDER = Path(mailhub.cli.__file__).parent
# Where the actor is made; and the doctor, who at the console must not need a database that works.
MAKERS = {"environment.py"}
ASK_THE_CONSOLE = {"environment.py", "doctor.py"}
# Names by which a function would act with the rights of all, whoever was named by --as.
POWERS = {"console", "schedule", "Actor"}


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.py"))


def called(path: Path) -> set[str]:
    """The names of what a file calls."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            function = node.func
            found.add(function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""))
    return found


@pytest.mark.parametrize("path", [path for path in files() if path.name not in MAKERS], ids=lambda path: path.name)
def test_a_command_makes_no_actor_of_its_own(path: Path) -> None:
    assert not called(path) & POWERS, "take it from environment.actor, acting() or looking()"


@pytest.mark.parametrize(
    "path", [path for path in files() if path.name not in ASK_THE_CONSOLE], ids=lambda path: path.name
)
def test_a_command_does_not_ask_for_the_console(path: Path) -> None:
    asked = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("console", "os_user")
    ]
    assert not asked, "--as would not lower its rights"


def test_without_as_the_console_acts_and_its_user_is_named() -> None:
    environment = Environment(Path("/nonexistent"), os_user="an")
    assert environment.console.name == "console:an"
