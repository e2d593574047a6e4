"""One table of a `policy.toml`, taken apart key by key: what is of another kind than it has to be, or not known at
all, is a problem with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from mailhub.policy.rules.errors import Problem
from mailhub.policy.rules.vocabulary import nearest
from mailhub.settings.scan import Path
from mailhub.text.folding import clean

Choice = TypeVar("Choice", bound=StrEnum)

_LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """A value as TOML writes it, not too long for a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, Mapping):
        text = "{ " + ", ".join(f"{key} = {shown(each)}" for key, each in value.items()) + " }"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(shown(each) for each in value) + "]"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


class Found:
    """The problems of a whole file, and where its keys stand (`settings/scan.py`)."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self.problems: list[Problem] = []
        self._lines = lines
        self._within: dict[Path, int] = {}  # the first line of anything within
        for path, line in lines.items():
            for end in range(len(path) - 1, 0, -1):
                if path[:end] in self._within:
                    break
                self._within[path[:end]] = line

    def line(self, path: Path) -> int | None:
        """The line of a key, or of the nearest table around it; of a table that is only there because of a table
        within it, the first line of those."""
        around = next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), None)
        return self._within.get(path) if around is None else around

    def add(self, path: Path, problem: str, hint: str = "") -> None:
        """Note a problem at a key."""
        self.problems.append(Problem(self.line(path), problem, hint))


class Table:
    """A table whose keys are asked for one by one; `finish` then names those that nobody asked for.

    `what` names it in problems: `rule "van-ban-mat"`. A key that is wrong reads as if it were missing.
    """

    def __init__(self, found: Found, path: Path, data: Mapping[str, Any], what: str) -> None:
        self.found = found
        self.path = path
        self.data = data
        self.what = what
        self._known: list[str] = []

    @property
    def line(self) -> int:
        return self.found.line(self.path) or 0

    def problem(self, key: str, problem: str, hint: str = "") -> None:
        """Note a problem at one of the table's keys, or at the table itself when there is no such key."""
        self.found.add((*self.path, key), f"{self.what}: {problem}" if self.what else problem, hint)

    def get(self, key: str) -> Any:
        """What stands there, of whatever kind; None when nothing does."""
        if key not in self._known:
            self._known.append(key)
        return self.data.get(key)

    def text(self, key: str, *, needed: bool = False, longest: int = 300) -> str:
        """A text on one line, NFC, without blanks around it; "" when there is none."""
        value = self.get(key)
        if value is None or (needed and value == ""):
            if needed:
                self.problem(key, f"{key} is missing", f'write {key} = "…"')
            return ""
        if not isinstance(value, str):
            self.problem(key, f"{key} = {shown(value)} must be text in quotes")
            return ""
        text = clean(value).strip()
        if len(text) > longest or any(not letter.isprintable() for letter in text):
            self.problem(key, f"{key} must be one line of at most {longest} characters")
            return ""
        return text

    def choice(self, key: str, kind: type[Choice], default: Choice | None) -> Choice | None:
        """One of the words of `kind`; `default` when there is none, None when it is wrong (or needed and missing)."""
        value = self.get(key)
        if value is None:
            if default is None:
                self.problem(key, f"{key} is missing", f"write one of {', '.join(kind)}")
            return default
        try:
            return kind(value)
        except ValueError:
            self.problem(key, f"{key} = {shown(value)} is not known", nearest(str(value), kind))
            return None

    def number(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within its bounds."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.problem(key, f"{key} = {shown(value)} must be a whole number from {low} to {high}")
            return default
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"{key} = {shown(value)} must be true or false, without quotes")
            return default
        return value

    def day(self, key: str) -> date | None:
        """A date, without quotes and without a time of day; it is always needed."""
        value = self.get(key)
        if value is None:
            self.problem(key, f"{key} is missing", f"write {key} = 2027-03-31")
        elif isinstance(value, str):
            self.problem(key, f"{key} = {shown(value)} must be a date", "without quotes: 2027-03-31")
        elif isinstance(value, datetime) or not isinstance(value, date):
            self.problem(key, f"{key} = {shown(value)} must be a date", "as 2027-03-31")
        else:
            return value
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.problem(key, f"{key} = {shown(value)} must be a list of texts", f'as {key} = ["…"]')
            return ()
        return tuple(clean(word).strip() for word in value)

    def table(self, key: str, what: str) -> Table | None:
        """The table at a key; None when there is none, or something else."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.problem(key, f"{key} = {shown(value)} must be a table", f"as {key} = {{ … }}")
            return None
        return Table(self.found, (*self.path, key), value, f"{self.what}: {what}" if what else self.what)

    def tables(self, key: str, what: str) -> list[Table]:
        """The tables of a list."""
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.problem(key, f"{key} must be tables", f"write [[{'.'.join((*self._names(), key))}]] for each")
            return []
        named = f"{self.what}: {what}" if self.what else what
        return [Table(self.found, (*self.path, key, at), entry, named) for at, entry in enumerate(value)]

    def finish(self, also: Iterable[str] = ()) -> None:
        """Every key that was not asked for is a problem."""
        known = (*self._known, *also)
        for key in self.data:
            if key not in known:
                self.problem(key, f'"{key}" is not known here', nearest(key, known))

    def _names(self) -> list[str]:
        return [part for part in self.path if isinstance(part, str)]
