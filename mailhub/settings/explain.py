"""From what pydantic found to what a person can act on: the place, the value, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mailhub.settings.catalogue import ARRAYS, Setting, all_settings, fields_of, find, sections, toml_value
from mailhub.settings.errors import Problem
from mailhub.settings.values import HIGHEST_COUNT

Location = tuple[str | int, ...]
Lines = Mapping[Location, int]

_LONGEST_VALUE = 60
_TYPES = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list in brackets",
}


def explain(file: str, error: ValidationError, lines: Lines) -> list[Problem]:
    """The problems behind `error`; `lines` comes from `scan.key_lines`."""
    problems: list[Problem] = []
    for detail in error.errors(include_url=False):
        problems.extend(_problems(file, detail, lines))
    return problems


def label(location: Sequence[str | int]) -> str:
    """`[limits] recipients`, `[[dkim.keys]] file`, or `[hub]` for a section."""
    names = [part for part in location if isinstance(part, str)]
    array = any(isinstance(part, int) for part in location) and len(names) > 2
    if len(names) == 1:
        return f"[{names[0]}]"
    table = ".".join(names[:2] if array else names[:1])
    return f"[[{table}]] {'.'.join(names[2:])}" if array else f"[{table}] {'.'.join(names[1:])}"


def _problems(file: str, detail: ErrorDetails, lines: Lines) -> list[Problem]:
    location = detail["loc"]
    line = _line(location, lines)
    if detail["type"] == "missing":
        return [_missing(file, line, setting) for setting in _required_at(location)]
    if detail["type"] == "extra_forbidden":
        return [_unknown(file, line, location, detail["input"])]
    setting = find(location)
    if setting is None or detail["type"] in ("model_type", "model_attributes_type"):
        return [_not_a_table(file, line, location, detail["input"])]
    value = None if setting.secret else _shown(detail["input"])
    return [Problem(file, line, label(location), value, *_words(setting, detail))]


def _line(location: Location, lines: Lines) -> int | None:
    """The line of the place itself, or of the nearest table around it."""
    return next((lines[location[:end]] for end in range(len(location), 0, -1) if location[:end] in lines), None)


def _required_at(location: Location) -> list[Setting]:
    setting = find(location)
    if setting is not None:
        return [setting]
    section = str(location[0])
    return [setting for setting in fields_of((section,), sections()[section]) if setting.required]


def _missing(file: str, line: int | None, setting: Setting) -> Problem:
    key = label((*setting.table, 0, setting.name) if len(setting.table) > 1 else setting.path)
    return Problem(file, line, key, None, "is missing", f"write {setting.name} = {toml_value(setting.example)}")


def _unknown(file: str, line: int | None, location: Location, value: Any) -> Problem:
    name = str(location[-1])
    inside = tuple(part for part in location[:-1] if isinstance(part, str))
    what = "is not a setting" if inside else ("is not a section" if isinstance(value, dict) else "stands in no section")
    key = label(location) if inside or isinstance(value, dict) else name
    return Problem(file, line, key, None, what, _suggestion(name, inside, isinstance(value, dict)))


def _suggestion(name: str, inside: tuple[str, ...], is_table: bool) -> str:
    """The nearest known name here, else the sections that know this name, else where to look."""
    known = all_settings()
    here = [setting.name for setting in known.values() if setting.table == inside]
    if not inside and is_table:
        here = list(sections())
    near = difflib.get_close_matches(name.lower(), here, n=1)
    elsewhere = [f"[{'.'.join(path[:-1])}]" for path in known if path[-1] == name and path[:-1] != inside]
    if near and near[0] != name:
        return f"did you mean {near[0] if inside else f'[{near[0]}]'}?"
    if elsewhere:
        return f"it belongs in {' or '.join(elsewhere)}"
    if not inside:
        return f"the sections are {', '.join(sections())}"
    return f"known here: {', '.join(here)}"


def _not_a_table(file: str, line: int | None, location: Location, value: Any) -> Problem:
    names = ".".join(str(part) for part in location if isinstance(part, str))
    header = f"[[{names}]]" if any(isinstance(part, int) for part in location) else f"[{names}]"
    return Problem(file, line, names, _shown(value), "must be a table", f"write {header} on a line of its own")


def _words(setting: Setting, detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong with this value, and an example of a right one."""
    kind = detail["type"]
    if kind in ("greater_than_equal", "less_than_equal"):
        return _range(setting, kind), ""
    if kind == "literal_error":
        return "must be " + " or ".join(toml_value(choice) for choice in get_args(setting.info.annotation)), ""
    if kind == "value_error":
        problem = str(detail["ctx"]["error"])
        return problem, _for_example(setting) if problem.startswith("must") else ""
    if kind == "tuple_type" and setting.path in ARRAYS:
        return "must be tables", f"write [[{setting.heading}]] on a line of its own"
    if kind in _TYPES:
        return _TYPES[kind], _for_example(setting)
    return detail["msg"][:1].lower() + detail["msg"][1:], _for_example(setting)


def _range(setting: Setting, kind: str) -> str:
    low, high = setting.bounds
    zero = f" (0 = {setting.zero})" if setting.zero else ""
    if (kind == "greater_than_equal" and high == HIGHEST_COUNT) or high is None:
        return f"must be {low} or more{zero}"
    return f"must be from {low} to {high}{zero}"


def _for_example(setting: Setting) -> str:
    return "" if setting.example is None else f"for example {toml_value(setting.example)}"


def _shown(value: Any) -> str:
    text = toml_value(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
