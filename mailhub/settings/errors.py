"""What is wrong with a settings file, said so that the person who wrote it can put it right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailhub.errors import MailhubError


class Problem(NamedTuple):
    """One thing wrong: where, what was written, and what would be right."""

    file: str
    line: int | None  # counted from 1; None when the fault has no place (a file that is not there)
    key: str  # `[limits] recipients`; "" for the file as a whole
    value: str | None  # as TOML shows it; None when there is none, or when it may hold a password
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        """`mailhub.toml:12: [limits] recipients = -4: must be 0 or more (0 = no limit)`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        said = self.key if self.value is None else f"{self.key} = {self.value}"
        what = f"{self.problem}: {self.remedy}" if self.remedy else self.problem
        return " ".join((f"{place}: {said}: {what}" if said else f"{place}: {what}").split())


class SettingsError(MailhubError):
    """The settings cannot be used. `problems` holds everything found, in the order of the file; never empty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        more = len(self.problems) - 1
        super().__init__(f"{self.problems[0]} (and {more} more)" if more else str(self.problems[0]))

    def lines(self) -> list[str]:
        """Every problem, a line each."""
        return [str(problem) for problem in self.problems]

    @property
    def file(self) -> str:
        return self.problems[0].file

    @property
    def line(self) -> int | None:
        return self.problems[0].line

    @property
    def key(self) -> str:
        return self.problems[0].key

    @property
    def value(self) -> str | None:
        return self.problems[0].value

    @property
    def problem(self) -> str:
        return self.problems[0].problem

    @property
    def remedy(self) -> str:
        return self.problems[0].remedy
