"""What ships with mailhub as data, and the province's additions to it: the catalogue of rules, the lists."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

from mailhub.policy.lists import ListError, Lists, read_lists

LISTS = "lists"  # folder within the hub's directory


def catalogue_text() -> str:
    """The `policy.toml` that ships, as it is copied into a new hub."""
    return resources.files("mailhub.policy.catalogue").joinpath("policy.toml").read_text(encoding="utf-8")


def load_lists(directory: Path | None = None) -> Lists:
    """The lists that ship and, over them, those in `DIR/lists`.

    Raises:
        ListError: a list of the province cannot be read; the message names the file.
        OSError: a file is there and cannot be opened.
    """
    return read_lists([*_shipped(), *(_own(directory) if directory is not None else ())])


@cache  # read before root is given up (serve/preload.py): a checkout may be readable for root alone
def _shipped() -> tuple[tuple[str, str], ...]:
    folder = resources.files("mailhub.policy.lists")
    files = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return tuple((file.name, file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".toml"))


def _own(directory: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((directory / LISTS).glob("*.toml")):
        try:
            yield f"{LISTS}/{path.name}", path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ListError(f"{LISTS}/{path.name}: not UTF-8 text") from error
