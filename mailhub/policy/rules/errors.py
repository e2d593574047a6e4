"""What is wrong with a `policy.toml`, said so that whoever wrote it can put it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailhub.errors import MailhubError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `line` counts from 1; None when the fault has no place. `hint` is what would be right."""

    line: int | None
    problem: str
    hint: str = ""

    def at(self, file: str) -> str:
        """`policy.toml:12: rule "a": "stagee" is not known here: did you mean stage?`, on one line."""
        place = file if self.line is None else f"{file}:{self.line}"
        said = f"{self.problem}: {self.hint}" if self.hint else self.problem
        return " ".join(f"{place}: {said}".split())


class BookErrors(MailhubError):
    """The rules cannot be used. `problems` holds everything found, in the order of the file; never empty."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Every problem, a line each: `policy.toml:12: …`."""
        return [problem.at(self.file) for problem in self.problems]
