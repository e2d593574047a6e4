"""docs/policy.md names every rule that ships, every fact there is, every core row of the directives; and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.vocabulary import FACTS
from mailhub.screening.rules.shipped import catalogue_text

pytestmark = pytest.mark.unit

GUIDE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
BOOK = read_book(catalogue_text(), "policy.toml")
TABLE = GUIDE[GUIDE.index("## Which clause, which rule") :]
# The rows of the directives' table that the product itself must serve, by directive (state: 21 November 2026).
CORE = {
    "S0": "03 04 05 06 07 08 09 10 11 12 13 15 16 18 19 20 21 22 23 29 30",
    "S1": "01 02 03 04 05 06 07 09 10 12 14 15 16 18 21 22 23 25 26 27 33",
    "S2": "01 02 03 04 05 07 09 10 11 14 17 18 19 20 21 24 25 26 28 29 32 34 35 36",
    "S3": "01 02 03 07 08 10 12 13 14 15 16 17 18 22 23 25 26 27 30",
    "S4": "02 03 04 08 10 13 15",
}


def test_every_rule_that_ships_stands_on_a_row_and_every_rule_named_ships() -> None:
    named = {
        word for line in TABLE.splitlines() if line.startswith("| S") for word in re.findall(r"`([a-z0-9-]+)`", line)
    }
    assert named == {rule.id for rule in BOOK.rules}


def test_every_core_row_of_the_directives_is_mapped_once() -> None:
    rows = re.findall(r"\bS\d-\d\d\b", TABLE)
    core = {f"{seed}-{row}" for seed, numbers in CORE.items() for row in numbers.split()}
    assert len(core) == 92
    assert set(rows) == core
    assert len(rows) == len(set(rows))


def test_every_fact_is_told() -> None:
    told = {
        f"{scope}.{name}"
        for scope, line in re.findall(
            r"^\| `(message|sender|recipient|document|attachment)\.` \| (.*) \|$", GUIDE, re.M
        )
        for name in re.findall(r"`([a-z_]+)`", line)
    }
    assert told == set(FACTS)


def test_the_rule_of_the_guide_is_one() -> None:
    example = GUIDE[GUIDE.index("### A rule") :].partition("```toml")[2].partition("```")[0]
    assert read_book(example, "docs/policy.md").rules[0].id == "du-thao-den-hop-thu-ca-nhan"


def test_directives_named_beside_a_rule_are_rows_of_the_table() -> None:
    beside = re.findall(r"\bS\d-\d\d\b", catalogue_text())
    assert beside
    assert set(beside) <= set(re.findall(r"\bS\d-\d\d\b", TABLE))
