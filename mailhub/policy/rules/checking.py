"""What is wrong with rules taken together: double ids, rules that can never fit, exceptions from no rule.

Only what can be proved is refused: a rule may well never have fitted yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from email.utils import parseaddr

from mailhub.policy.rules.errors import Problem
from mailhub.policy.rules.possible import never
from mailhub.policy.rules.rule import Action, Exemption, Rule, RuleBook
from mailhub.policy.rules.vocabulary import nearest

_MOST_HINTS = 20  # the nearest of 3,500 agencies takes ten milliseconds to find


def check(book: RuleBook, spoiled: Collection[int] = ()) -> list[Problem]:
    """Everything for which the book is refused; of the rules in the lines `spoiled` only their ids are looked at."""
    problems: list[Problem] = []
    ids = dict.fromkeys(rule.id for rule in book.rules if rule.id)
    first: dict[str, Rule] = {}
    for rule in book.rules:
        before = first.setdefault(rule.id, rule)
        if rule.id and before is not rule:
            hint = f"another id; the other stands in line {before.line}"
            problems.append(Problem(rule.line, f'rule "{rule.id}": the id is there twice', hint))
        if rule.line not in spoiled:
            problems.extend(_of_rule(rule, book))
    hints = {entry.rule: "" for entry in book.exemptions if entry.rule and entry.rule not in ids}
    hints |= {ident: nearest(ident, ids) for ident in list(hints)[:_MOST_HINTS]}
    secrets = {rule.id for rule in book.rules if rule.action is Action.SECRET}
    for exemption in book.exemptions:
        problems.extend(_of_exemption(exemption, hints))
        if exemption.rule in secrets:  # nobody releases a secret alone
            why = "không có ngoại lệ với bí mật nhà nước (nothing lets a state secret pass)"
            problem = f'exception from "{exemption.rule}": {why}'
            problems.append(Problem(exemption.line, problem, "bỏ ngoại lệ này (take it out)"))
    return problems


def warnings(book: RuleBook, today: date, agencies: Collection[str] | None = None) -> list[Problem]:
    """What does no harm yet should be known: exceptions that have ended, agencies that are not there, stages that have
    passed. `agencies` are the codes of all units; None when they are not known."""
    found = list(_ended(book, today))
    if agencies is not None:
        found.extend(_not_there(book, frozenset(agencies)))
    return sorted(found, key=lambda problem: problem.line or 0)


def _not_there(book: RuleBook, agencies: frozenset[str]) -> Iterator[Problem]:
    named = [(rule.line, f'rule "{rule.id}"', code) for rule in book.rules for code in rule.agencies]
    named += [(entry.line, "exception", entry.who) for entry in book.exemptions if _is_code(entry.who)]
    unknown = [(line, what, code) for line, what, code in named if code not in agencies]
    hints = {code: nearest(code, agencies) for code in dict.fromkeys(c for *_, c in unknown[:_MOST_HINTS])}
    for line, what, code in unknown:
        yield Problem(line, f"{what}: không có đơn vị {code} (there is no agency {code})", hints.get(code, ""))


def _ended(book: RuleBook, today: date) -> Iterator[Problem]:
    for exemption in book.exemptions:
        if exemption.until < today:
            problem = f'ngoại lệ của "{exemption.rule}" cho {exemption.who} đã hết hạn ngày {exemption.until:%d/%m/%Y}'
            yield Problem(exemption.line, f"{problem} (ended)", "xóa đi, hoặc ghi ngày muộn hơn")
    twice = Counter((entry.rule, entry.who, entry.to) for entry in book.exemptions if entry.until >= today)
    for exemption in book.exemptions:
        if twice[exemption.rule, exemption.who, exemption.to] > 1 and exemption.until >= today:
            twice[exemption.rule, exemption.who, exemption.to] = 0
            problem = f'ngoại lệ của "{exemption.rule}" cho {exemption.who} có hai lần (is there twice)'
            yield Problem(exemption.line, problem)


def _of_rule(rule: Rule, book: RuleBook) -> Iterator[Problem]:
    def problem(text: str, hint: str = "") -> Problem:
        return Problem(rule.line, f'rule "{rule.id}": {text}', hint)

    if (rule.action is Action.TAG) != bool(rule.folder):
        hint = 'write folder = "…"' if rule.action is Action.TAG else 'only action = "tag" has a folder'
        yield problem("folder and action do not fit together", hint)
    if (rule.action is Action.ALLOW) != bool(rule.over):
        hint = 'write over = ["…"]' if rule.action is Action.ALLOW else 'only action = "allow" stands over other rules'
        yield problem("over and action do not fit together", hint)
    for other in rule.over:
        named = book.rule(other)
        if named is None:
            yield problem(f'over names "{other}", which is no rule', nearest(other, _other_ids(rule, book)))
        elif named.action is Action.ALLOW:
            yield problem(f'over names "{other}", which allows too', "only rules that stop something can be stood over")
        elif named.action is Action.SECRET:
            yield problem(f'over names "{other}", and nothing lets a state secret pass', "take it out of over")
    for line, why in never(rule):
        yield Problem(line or rule.line, f'rule "{rule.id}": it can never fit: {why}')


def _other_ids(rule: Rule, book: RuleBook) -> Iterable[str]:
    return [other.id for other in book.rules if other.id != rule.id and other.action is not Action.ALLOW]


def _of_exemption(exemption: Exemption, no_rules: Mapping[str, str]) -> Iterator[Problem]:
    if exemption.rule in no_rules:
        problem = f'exception from "{exemption.rule}", which is no rule'
        yield Problem(exemption.line, problem, no_rules[exemption.rule])
    for key, value in (("who", exemption.who), ("to", exemption.to)):
        if "@" in value and not _is_address(value):
            yield Problem(exemption.line, f"exception: {key} = {value!a} is no address", "as nva@tinh.gov.vn")
        elif "*" in value and value != "*":
            yield Problem(exemption.line, f"exception: {key} = {value!a} is no pattern", '"*" alone means everybody')
    if exemption.who == "*" and exemption.to == "*":
        problem = "exception: it exempts everybody to everybody"
        yield Problem(exemption.line, problem, 'take the rule out, or give it stage = "shadow"')


def _is_code(who: str) -> bool:
    return bool(who) and who != "*" and "@" not in who


def _is_address(text: str) -> bool:
    local, _, domain = parseaddr(text)[1].rpartition("@")
    return bool(local) and "." in domain and parseaddr(text)[1] == text
