"""Reading a `policy.toml`: all its rules and exceptions, or everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn

from mailhub.policy.rules.checking import check
from mailhub.policy.rules.conditions import read_clause
from mailhub.policy.rules.errors import BookErrors, Problem
from mailhub.policy.rules.messages import read_message
from mailhub.policy.rules.rule import (
    Action,
    Asked,
    Because,
    Clause,
    Exemption,
    Promotion,
    ReplyBy,
    Rule,
    RuleBook,
    Stage,
    StagePlan,
)
from mailhub.policy.rules.tables import Found, Table, shown
from mailhub.settings.scan import key_lines

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_ID = re.compile(r"[a-z0-9-]{3,80}")
_MOST_JOINED = 50_000_000  # a single line may name 3,500 domains
_LONGEST_HOLD = 720  # hours; as `[policy] hold_hours`
# They need none: what is only counted has no further stage, and what is allowed is allowed.
_USUAL_STAGE = {Action.ALLOW: Stage.BLOCK, Action.COUNT: Stage.SHADOW}


def read_book(text: str, file: str) -> RuleBook:
    """The rules in `text`; `file` is the name that problems give it.

    Raises:
        BookErrors: it is not TOML, or holds something that cannot be right. Every problem is named at once.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")  # Windows' Notepad writes both
    data = _toml(text, file)
    found = Found(key_lines(text))
    root = Table(found, (), data, "")
    rules: list[Rule] = []
    spoiled: set[int] = set()  # what is already known to be wrong is not complained about for what follows from it
    for table in root.tables("rule", "rule"):
        before = len(found.problems)
        rules.append(_rule(table))
        if len(found.problems) > before:
            spoiled.add(rules[-1].line)
    exemptions = [_exemption(table) for table in root.tables("exception", "exception")]
    for key in data:
        if key not in ("rule", "exception"):
            found.add((key,), f'"{key}" is not known here', "rules begin with [[rule]], exceptions with [[exception]]")
    book = RuleBook(tuple(rules), tuple(exemptions))
    found.problems.extend(check(book, spoiled))
    if found.problems:
        raise BookErrors(file, found.problems)
    return book


def _toml(text: str, file: str) -> Mapping[str, Any]:
    try:
        # What tomllib keeps grows with the square of the names in a.b.c…, which stands on one line.
        if sum(line.count(".") ** 2 for line in text.split("\n")) > _MOST_JOINED:
            raise RecursionError
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = _PLACE.search(said)
        line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
        _refuse(file, line, f"is not TOML: {_PLACE.sub('', said)}", _slip(said))
    except (RecursionError, ValueError):  # brackets within brackets, a number of thousands of digits
        _refuse(file, 1, "cannot be read: values lie too deep in one another, or a number is too long", "")


def _slip(said: str) -> str:
    if "overwrite" in said or "twice" in said:
        return "the same name stands further up, keep one of the two"
    return "a line reads name = value, with text in quotes"


def _refuse(file: str, line: int, problem: str, hint: str) -> NoReturn:
    raise BookErrors(file, [Problem(line, problem, hint)]) from None


def _rule(table: Table) -> Rule:
    ident = table.data.get("id")
    if isinstance(ident, str) and ident:
        table.what = f'rule "{ident}"'
    action = table.choice("action", Action, None) or Action.COUNT
    rule = Rule(
        id=_id(table),
        title=table.text("title", needed=True),
        because=_because(table),
        stage=_plan(table, _USUAL_STAGE.get(action), agreed=False),
        agencies=_agencies(table),
        action=action,
        when=_when(table),
        unless=tuple(read_clause(clause) for clause in table.tables("unless", "unless")),
        over=table.texts("over"),
        reply=table.choice("reply", ReplyBy, ReplyBy.NOTICE) or ReplyBy.NOTICE,
        asks=table.choice("asks", Asked, Asked.SENDER) or Asked.SENDER,
        reason_needed=table.flag("reason_needed", default=True),
        hours=table.number("hours", 0, 0, _LONGEST_HOLD),
        folder=table.text("folder", longest=100),
        message=read_message(table, action),
        line=table.line,
    )
    table.finish()
    return rule


def _id(table: Table) -> str:
    ident = table.text("id", needed=True)
    if ident and not _ID.fullmatch(ident):
        table.problem("id", f"id = {shown(ident)} must be 3 to 80 of a-z, 0-9 and -", "as van-ban-mat")
    return ident


def _because(table: Table) -> Because:
    """The article: without the clause that orders it there is no rule (architecture § 7)."""
    inner = table.table("because", "because")
    if inner is None:
        if "because" not in table.data:
            hint = 'write because = { clause = "Chỉ thị 77/2014/CT-UBND, khoản 1a", article = "" }'
            table.problem("because", "because is missing, and no rule holds without the article it stands on", hint)
        return Because("")
    because = Because(inner.text("clause", needed=True), inner.text("article"), inner.text("directive"))
    inner.finish()
    return because


def _plan(table: Table, default: Stage | None, *, agreed: bool) -> StagePlan:
    stage = table.choice("stage", Stage, default) or Stage.SHADOW
    promotions: list[Promotion] = []
    for entry in table.tables("promotions", "promotions"):
        day, to = entry.day("on"), entry.choice("stage", Stage, None)
        entry.finish()
        if day is None or to is None:
            continue
        if promotions and day <= promotions[-1].on:
            entry.problem("on", f"on = {day} does not come after {promotions[-1].on}", "write the promotions in order")
        promotions.append(Promotion(day, to))
    return StagePlan(stage, tuple(promotions), table.text("agreed") if agreed else "")


def _agencies(table: Table) -> Mapping[str, StagePlan]:
    plans: dict[str, StagePlan] = {}
    inner = table.table("agencies", "")
    for code in inner.data if inner is not None else ():
        entry = inner.table(code, f"agencies.{code}") if inner is not None else None
        if entry is not None:
            plans[code] = _plan(entry, None, agreed=True)
            entry.finish()
    return plans


def _when(table: Table) -> Clause:
    inner = table.table("when", "when")
    if inner is None:
        if "when" not in table.data:
            table.problem("when", "when is missing, and a rule for everything is none", "write [rule.when] below it")
        return Clause(())
    return read_clause(inner)


def _exemption(table: Table) -> Exemption:
    who = table.text("who", needed=True)
    entry = Exemption(
        rule=table.text("rule", needed=True),
        who=who.lower() if "@" in who else who,
        to=table.text("to", needed=True).lower(),
        why=table.text("why", needed=True),
        until=table.day("until") or date.max,
        by=table.text("by", needed=True),
        line=table.line,
    )
    table.finish()
    return entry
