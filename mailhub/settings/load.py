"""Reading `mailhub.toml`: all settings, or everything that is wrong with the file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from mailhub.settings.catalogue import toml_value
from mailhub.settings.checks import conflicts
from mailhub.settings.errors import Problem, SettingsError
from mailhub.settings.explain import Lines, explain, label
from mailhub.settings.scan import key_lines
from mailhub.settings.schema import Settings

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def load(path: Path) -> Settings:
    """The settings in the file at `path`, whose directory becomes `Settings.directory`.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or holds something that cannot be right.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        _refuse(path, None, f"there is no file {path}", "`mailhub init DIR --domain tinh.gov.vn` writes one")
    except OSError as error:
        _refuse(path, None, f"{path} cannot be read", error.strerror or "")
    try:
        text = raw.decode("utf-8-sig")  # Windows' Notepad begins a file with a byte order mark
    except UnicodeDecodeError as error:
        _refuse(path, raw.count(b"\n", 0, error.start) + 1, "is not UTF-8", "save the file as UTF-8")
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """The settings in `text` as if it were the file at `path`.

    Raises:
        SettingsError: it is not TOML, or holds something that cannot be right.
    """
    data = _toml(text, path)
    lines: Lines = key_lines(text.replace("\r\n", "\n"))
    problems = []
    if "directory" in data:  # a field of the model, but no setting
        remedy = "the hub's directory is the one this file lies in"
        problems.append(Problem(path.name, lines.get(("directory",)), "directory", None, "is not a setting", remedy))
    try:
        settings = Settings.model_validate({**data, "directory": path.absolute().parent})
    except ValidationError as error:
        problems.extend(explain(path.name, error, lines))
    if problems:
        raise SettingsError(problems)
    return checked(settings, path, lines)


def checked(settings: Settings, path: Path, lines: Lines) -> Settings:
    """`settings` when they fit together.

    Raises:
        SettingsError: they do not.
    """
    problems = []
    for location, value, problem, remedy in conflicts(settings):
        line = lines.get(location) or (lines.get(location[:-1]) if len(location) > 1 else None)
        shown = None if value is None else toml_value(value)
        problems.append(Problem(path.name, line, label(location) if location else "", shown, problem, remedy))
    if problems:
        raise SettingsError(problems)
    return settings


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = _PLACE.search(said)
        line = int(place[1]) if place and place[1] else text.count("\n") + (0 if text.endswith("\n") else 1)
        problem = f"is not TOML: {_PLACE.sub('', said)}"
        _refuse(path, max(line, 1), problem, _remedy(text, line, said))


def _remedy(text: str, line: int, said: str) -> str:
    """What helps against the commonest slips: a key written twice, and text without quotes."""
    if "overwrite" in said or "twice" in said:
        return "the same name stands further up, keep one of the two"
    written = text.splitlines()[line - 1 : line]
    slip = re.match(r"\s*([A-Za-z0-9_-]+)\s*=\s*([^\s\"'\[{#0-9][^#]*?)\s*(?:#.*)?$", written[0]) if written else None
    if slip and slip[2] not in ("true", "false"):
        return f"text stands in quotes, {slip[1]} = {toml_value(slip[2])}"
    return "a line reads name = value, with text in quotes"


def _refuse(path: Path, line: int | None, problem: str, remedy: str) -> NoReturn:
    raise SettingsError([Problem(path.name, line, "", None, problem, remedy)]) from None
