"""Reading what a rule asks for: `[rule.when]` and `[[rule.unless]]`, each a clause of tests on facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailhub.policy.rules.rule import Clause, Test
from mailhub.policy.rules.tables import Table, shown
from mailhub.policy.rules.vocabulary import FACTS, OPERATORS, SCOPES, Fact, FactType, nearest
from mailhub.text.folding import clean

_WORDS_OF = {
    FactType.TEXT: "text in quotes",
    FactType.NUMBER: "a whole number, 0 or more",
    FactType.FLAG: "true or false, without quotes",
    FactType.SET: "text in quotes",
}


def read_clause(table: Table) -> Clause:
    """The tests of one clause; what is wrong with it is noted in the table's `found`."""
    tests: list[Test] = []
    for key, value in table.data.items():
        table.get(key)
        if key not in SCOPES:
            table.problem(key, f'"{key}" is not something to ask about', _scope_hint(key))
        elif not isinstance(value, dict):
            table.problem(key, f"{key} = {shown(value)} must name a fact", f"as {key}.{_first_of(key)} = …")
        else:
            for name, wanted in value.items():
                tests.extend(_tests(table, key, name, wanted))
    if not table.data:
        table.problem("", "it asks for nothing", "write at least one condition, such as message.origin")
    return Clause(tuple(tests))


def _scope_hint(key: str) -> str:
    """A fact without its scope is the commonest slip: `origin` for `message.origin`."""
    same = [name for name, fact in FACTS.items() if name.partition(".")[2] == key or fact.field == key]
    return f"did you mean {' or '.join(same)}?" if same else nearest(key, SCOPES)


def _first_of(scope: str) -> str:
    return next(name.partition(".")[2] for name in FACTS if name.startswith(f"{scope}."))


def _tests(table: Table, scope: str, name: str, wanted: Any) -> list[Test]:
    fact = FACTS.get(f"{scope}.{name}")
    path = (*table.path, scope, name)
    if fact is None:
        known = [known.partition(".")[2] for known in FACTS if known.startswith(f"{scope}.")]
        elsewhere = [known for known in FACTS if known.partition(".")[2] == name]
        hint = f"did you mean {' or '.join(elsewhere)}?" if elsewhere else nearest(name, known)
        table.found.add(path, f"{table.what}: there is no fact {scope}.{name}", hint)
        return []
    operators = wanted if isinstance(wanted, Mapping) else {"is": wanted}
    if not operators:
        table.found.add(path, f"{table.what}: {fact.name} asks for nothing", _example(fact))
    tests = [_test(table, fact, operator, values) for operator, values in operators.items()]
    return [test for test in tests if test is not None]


def _test(table: Table, fact: Fact, operator: str, wanted: Any) -> Test | None:
    path = (*table.path, *fact.name.split("."))
    what = f"{table.what}: {fact.name}"
    if operator not in OPERATORS[fact.type] or (operator == "like" and fact.values):
        possible = [name for name in OPERATORS[fact.type] if name != "like" or not fact.values]
        hint = nearest(operator, possible) if len(possible) > 1 else _example(fact)
        table.found.add(path, f'{what}: "{operator}" cannot be asked of it', hint)
        return None
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values or (operator in ("at_least", "at_most") and len(values) != 1):
        fault = f"{operator} = {shown(wanted)} must be one value" if values else "[] fits nothing"
        table.found.add(path, f"{what}: {fault}", _example(fact))
        return None
    read = [clean(value) if isinstance(value, str) else value for value in values]
    for value in read:
        wrong = _wrong(fact, operator, value)
        if wrong is not None:
            table.found.add(path, f"{what} cannot be {shown(value)}", wrong)
            return None
    return Test(fact.name, operator, tuple(dict.fromkeys(read)), table.found.line(path) or 0)


def _wrong(fact: Fact, operator: str, value: Any) -> str | None:
    """What would be right instead of `value`; None when it is right."""
    if fact.type is FactType.FLAG:
        return None if isinstance(value, bool) else f"it is {_WORDS_OF[fact.type]}"
    if fact.type is FactType.NUMBER:
        right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return None if right else f"it is {_WORDS_OF[fact.type]}"
    if not isinstance(value, str):
        return f"it is {_WORDS_OF[fact.type]}"
    if operator == "like":
        return None if value else 'a pattern is as "*.ru"'
    if fact.values and value not in fact.values and (value or not fact.unknown):
        return nearest(value, fact.values)
    return None


def _example(fact: Fact) -> str:
    if fact.type is FactType.FLAG:
        return f"write {fact.name} = true, or false"
    if fact.type is FactType.NUMBER:
        return f"write {fact.name} = {{ at_least = 10 }}"
    return f'write {fact.name} = ["{fact.values[0] if fact.values else "…"}"]'
