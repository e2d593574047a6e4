"""The house rules that a machine can hold: imports point down, the pure parts stay pure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mailhub"

# From the bottom up: a folder may import those before it, and itself.
LAYERS = (
    ("errors", "clock", "ids", "i18n", "text"),
    ("settings", "dns", "store", "mail"),
    ("policy", "accounts", "mailboxes", "documents"),
    ("files",),
    ("sandbox", "registry", "roster"),
    ("signatures", "signer"),
    ("queue",),
    ("incidents",),
    ("intake",),
    ("screening", "delivery", "lifecycle", "sealing", "reports"),
    ("smtp",),
    ("serve",),
    ("telling",),
    ("ops",),
    ("admin",),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# Places where the rule does not hold, each with its reason.
EXCEPTIONS = {
    "mailhub/store/schema.py",  # names every table for the migrations
    "mailhub/__main__.py",
}
# `mail` awaits the look-ups that it is given, so it may know asyncio.
IMPURE = {"sqlalchemy", "socket", "aiosmtpd", "subprocess", "mailhub.store", "mailhub.dns"}


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def test_imports_point_down() -> None:
    assert not {f"{path.relative_to(ROOT)}: {module}" for path in modules() for module in imports_from_above(path)}


def imports_from_above(path: Path) -> set[str]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if str(path.relative_to(ROOT)) in EXCEPTIONS or parts == ("__init__",):
        return set()
    own = LEVEL[parts[0]]
    named = {name for name in imports_of(path) if name.startswith("mailhub.")}
    return {name for name in named if LEVEL[name.split(".")[1]] > own}


@pytest.mark.parametrize("folder", ["mail", "policy", "text", "documents"])
def test_the_pure_folders_do_no_input_or_output(folder: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in (PACKAGE / folder).rglob("*.py")
        for module in imports_of(path)
        if any(module == impure or module.startswith(impure + ".") for impure in IMPURE)
    }
    assert not found


def test_pyhanko_is_imported_where_the_sandbox_reads_and_nowhere_else() -> None:
    """Files from outside are its only food; the hub, the signer and the commands have values of their own."""
    allowed = (PACKAGE / "files/signed", PACKAGE / "files/sealing")
    found = {
        str(path.relative_to(ROOT))
        for path in modules()
        if not any(path.is_relative_to(folder) for folder in allowed)
        and any(module.startswith("pyhanko") for module in imports_of(path))
    }
    assert not found


def test_every_folder_of_the_package_has_a_layer() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(LEVEL)
