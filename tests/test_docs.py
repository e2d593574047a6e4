"""The documentation keeps up with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailhub.cli.main import COMMANDS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[1]


def cited(pattern: str) -> set[str]:
    """What the package's files cite."""
    found: set[str] = set()
    for path in (ROOT / "mailhub").rglob("*"):
        if path.suffix in {".py", ".j2", ".po"}:
            found |= set(re.findall(pattern, path.read_text()))
    return found


def test_every_standard_that_the_code_cites_is_listed_in_the_sources() -> None:
    listed = set(re.findall(r"^\| RFC (\d+) \|", (ROOT / "docs/sources.md").read_text(), re.M))
    assert cited(r"RFC (\d{3,5})") - listed == set()


def test_every_european_standard_and_every_decree_that_the_code_cites_is_listed_too() -> None:
    listed = (ROOT / "docs/sources.md").read_text()
    named = cited(r"ETSI EN \d+ \d+-\d|ISO \d+-\d|(?:Nghị định|Thông tư) \d+/\d{4}/[A-ZĐ-]+")
    assert {one for one in named if one not in listed} == set()


def test_the_readme_names_only_commands_and_targets_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z-]+)", readme):
        assert target == "run" or re.search(rf"^{target}:", makefile, re.M), target
    for command in re.findall(r"mailhub ([a-z]+) ", readme):
        if command in {"serve", "init", "account", "trace", "queue", "doctor"}:
            assert command in COMMANDS


@pytest.mark.parametrize("path", ["README.md", "ARCHITECTURE.md", "docs/sources.md", "CHANGELOG.md"])
def test_links_and_files_named_in_the_documents_exist(path: str) -> None:
    text = (ROOT / path).read_text()
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / path).parent.joinpath(link).exists(), link


def test_every_folder_of_the_package_is_on_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for folder in (ROOT / "mailhub").iterdir():
        if folder.is_dir() and folder.name not in {"__pycache__", "i18n"}:
            assert f"{folder.name}/" in text, folder.name
