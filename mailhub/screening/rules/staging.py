"""A rule's stage raised in the text of `policy.toml`, so that its comments and its order stay as people wrote them.

The text is changed line by line and then read again: what is not exactly the change that was wanted is refused, and
the person edits the file instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from mailhub.policy.rules.errors import BookErrors
from mailhub.policy.rules.rule import Clause, Promotion, Rule, RuleBook, Stage, StagePlan
from mailhub.screening.rules.errors import CannotEdit, NoSuchRule
from mailhub.screening.rules.versions import read_all
from mailhub.text.plain import plain_line

_HEAD = re.compile(r"[ \t]*\[")
_STAGE = re.compile(r'([ \t]*stage[ \t]*=[ \t]*)(?:"[a-z]+"|\'[a-z]+\')')
_PROMOTIONS = re.compile(r"[ \t]*promotions[ \t]*=")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """What is wanted. `agency`: a code, that agency and all below it; "" for all that have no stage of their own.
    `on`: from that day; None: from the activation. `agreed`: what the agency agreed by."""

    rule: str
    stage: Stage
    agency: str = ""
    on: date | None = None
    agreed: str = ""


def staged(text: str, wanted: StageChange, *, today: date) -> str:
    """The text of the rules with this one change.

    Raises:
        NoSuchRule. BookErrors: the text cannot be used as it is. CannotEdit: the rule's lines are not written as this
            finds them.
    """
    book = read_all(text, "the rules in force")
    rule = book.rule(wanted.rule)
    if rule is None:
        raise NoSuchRule(f"không có quy tắc {wanted.rule!r} (no rule of this id is in force)")
    plan = _plan(rule, wanted, today)
    changed = _with_agency(rule, wanted.agency, plan) if wanted.agency else replace(rule, stage=plan)
    lines = text.split("\n")
    _write(lines, rule, wanted.agency, plan)
    made = "\n".join(lines)
    try:
        same = _plain(read_all(made, "the rules with the new stage")) == _plain(_replaced(book, changed))
    except BookErrors:
        same = False
    if not same:
        raise CannotEdit(
            f"các dòng của quy tắc {rule.id} viết theo cách không tự sửa được: tải policy.toml về, sửa mức, rồi tải "
            "lên (its lines are not written as they can be changed by themselves)"
        )
    return made


def same_rule(one: Rule, other: Rule) -> bool:
    """Whether both say the same, in whatever lines of their files."""
    return _plain_rule(one) == _plain_rule(other)


def _plan(rule: Rule, wanted: StageChange, today: date) -> StagePlan:
    """What was planned for later days stays where it still goes further."""
    before = rule.agencies.get(wanted.agency, rule.stage) if wanted.agency else rule.stage
    agreed = plain_line(wanted.agreed).strip() or (before.agreed if wanted.agency in rule.agencies else "")
    if wanted.on is None or wanted.on <= today:
        later = tuple(one for one in before.promotions if one.on > today and _above(one.stage, wanted.stage))
        return StagePlan(wanted.stage, later, agreed if wanted.agency else before.agreed)
    kept = [one for one in before.promotions if today < one.on < wanted.on]
    later = tuple(one for one in before.promotions if one.on > wanted.on and _above(one.stage, wanted.stage))
    now = before.on(today)
    promotions = (*kept, Promotion(wanted.on, wanted.stage), *later)
    return StagePlan(now, promotions, agreed if wanted.agency else before.agreed)


def _above(one: Stage, other: Stage) -> bool:
    order = list(Stage)
    return order.index(one) > order.index(other)


def _with_agency(rule: Rule, code: str, plan: StagePlan) -> Rule:
    return replace(rule, agencies={**rule.agencies, code: plan})


def _replaced(book: RuleBook, changed: Rule) -> RuleBook:
    return replace(book, rules=tuple(changed if one.id == changed.id else one for one in book.rules))


def _plain(book: RuleBook) -> RuleBook:
    """Without line numbers, which move when a line is put in."""
    rules = tuple(map(_plain_rule, book.rules))
    return RuleBook(rules, tuple(replace(one, line=0) for one in book.exemptions))


def _plain_rule(rule: Rule) -> Rule:
    return replace(rule, line=0, when=_bare(rule.when), unless=tuple(map(_bare, rule.unless)))


def _bare(clause: Clause) -> Clause:
    return Clause(tuple(replace(test, line=0) for test in clause.tests))


# ------------------------------------------------------------ the lines


def _write(lines: list[str], rule: Rule, agency: str, plan: StagePlan) -> None:
    """Change the lines of the rule's head: those from behind `[[rule]]` to the next table."""
    first = rule.line
    last = next((number for number in range(first, len(lines)) if _HEAD.match(lines[number])), len(lines))
    if agency:
        _put(
            lines,
            first,
            last,
            re.compile(rf"[ \t]*agencies\.{re.escape(_key(agency))}[ \t]*="),
            _agency_line(agency, plan),
        )
        return
    _put(lines, first, last, _PROMOTIONS, f"promotions = {_promotions(plan)}" if plan.promotions else "")
    last = next((number for number in range(first, len(lines)) if _HEAD.match(lines[number])), len(lines))
    _put(lines, first, last, _STAGE, f'stage = "{plan.stage}"')


def _put(lines: list[str], first: int, last: int, key: re.Pattern[str], said: str) -> None:
    """In the place of the key's value, however many lines that takes; a new key stands behind the rule's `stage`."""
    for number in range(first, last):
        if key.match(lines[number]):
            end = _end_of_value(lines, number, last)
            comment = _comment(lines[end - 1])
            lines[number:end] = [said + comment] if said else []
            return
    if said:
        stages = (number for number in range(first, last) if _STAGE.match(lines[number]))
        lines.insert(next(stages, first - 1) + 1, said)


def _end_of_value(lines: list[str], number: int, last: int) -> int:
    depth = 0
    for place in range(number, last):
        depth += sum({"[": 1, "{": 1, "]": -1, "}": -1}.get(sign, 0) for sign in _unquoted(lines[place]))
        if depth <= 0:
            return place + 1
    return number + 1


def _unquoted(line: str) -> Iterator[str]:
    """What of a line is neither within a text nor a comment."""
    quote, escaped = "", False
    for sign in line:
        if quote:
            escaped, ended = (sign == "\\" and not escaped and quote == '"'), sign == quote and not escaped
            quote = "" if ended else quote
        elif sign == "#":
            return
        elif sign in "\"'":
            quote, escaped = sign, False
        else:
            yield sign


def _comment(line: str) -> str:
    """The comment behind a value, with the blanks before it."""
    quote = ""
    for place, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote and line[place - 1] != "\\" else quote
        elif sign == "#":
            return "  " + line[place:]
        elif sign in "\"'":
            quote = sign
    return ""


def _key(code: str) -> str:
    return code if _BARE.fullmatch(code) else _quoted(code)


def _quoted(text: str) -> str:
    return json.dumps(plain_line(text), ensure_ascii=False)


def _agency_line(code: str, plan: StagePlan) -> str:
    parts = [f'stage = "{plan.stage}"']
    if plan.promotions:
        parts.append(f"promotions = {_promotions(plan)}")
    if plan.agreed:
        parts.append(f"agreed = {_quoted(plan.agreed)}")
    return f"agencies.{_key(code)} = {{ {', '.join(parts)} }}"


def _promotions(plan: StagePlan) -> str:
    each = (f'{{ on = {one.on.isoformat()}, stage = "{one.stage}" }}' for one in plan.promotions)
    return f"[ {', '.join(each)} ]"
