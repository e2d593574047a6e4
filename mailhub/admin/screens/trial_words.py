"""Trials and differences of the rules in words: what is tried, what it changes, what that does to mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mailhub.admin.screens.rule_words import STAGES
from mailhub.i18n import Texts
from mailhub.policy.rules.comparing import Change
from mailhub.policy.rules.rule import RuleBook
from mailhub.screening.rehearsal.tallying import AgencyLine, Changes, Counts, Rehearsal, RuleLine

_PROMOTED = re.compile(r"(\w+) from (\d{4})-(\d\d)-(\d\d)")
_STAGE = re.compile(rf"\b({'|'.join(STAGES)})\b")


@dataclass(frozen=True, slots=True)
class CountLine:
    """One line of a comparison: what happens now, what would, and to how many messages something else happens."""

    title: str
    href: str
    note: str
    before: str
    after: str
    delta: Sequence[tuple[str, int]]  # (added, removed or changed; how many), none when all stays as it is


def figures(t: Texts, found: Rehearsal | None, *, traces: bool) -> dict[str, object]:
    """What `rules/figures.html` shows; `traces`: whether a sample's code leads to its timeline."""
    if found is None:
        return {"found": None, "whole": None, "rule_lines": (), "agency_lines": (), "samples": (), "traces": traces}
    return {
        "found": found, "whole": (counts(t, found.before), counts(t, found.after)), "rule_lines": rule_lines(t, found),
        "agency_lines": agency_lines(t, found), "traces": traces,
        "samples": [(one, effect(t, one.before), effect(t, one.after)) for one in found.samples],
    }  # fmt: skip


def rule_lines(t: Texts, found: Rehearsal) -> list[CountLine]:
    """Rules that have a part in it, those that change anything first."""
    rules = [one for one in found.rules if one.fits or one.before.total or one.after.total]
    rules.sort(key=lambda one: not _moved(one.changes))
    return [
        _line(t, one.title or one.rule, f"/rules/{one.rule}", t("web.rules.fits", number=one.fits), one)
        for one in rules
    ]


def agency_lines(t: Texts, found: Rehearsal) -> list[CountLine]:
    """Agencies to whose mail anything happens, those with the most changes first."""
    agencies = [one for one in found.agencies if one.after.total or one.before.total]
    agencies.sort(key=lambda one: -_moved(one.changes))
    return [
        _line(
            t, one.name or t("web.rules.no-agency"), f"/agencies/{one.code}" if one.code else "",
            t("web.rules.messages", number=one.messages), one,
        )
        for one in agencies
    ]  # fmt: skip


def _line(t: Texts, title: str, href: str, note: str, one: RuleLine | AgencyLine) -> CountLine:
    return CountLine(title, href, note, counts(t, one.before), counts(t, one.after), deltas(one.changes))


def deltas(changes: Changes) -> list[tuple[str, int]]:
    """`added`, `removed`, `changed` with their numbers, without what is nought."""
    names = ("added", "removed", "changed")
    return [(name, number) for name in names if (number := getattr(changes, name))]


def _moved(changes: Changes) -> int:
    return changes.added + changes.removed + changes.changed


def counts(t: Texts, one: Counts) -> str:
    """`12 Chờ duyệt, 3 Nhắc`, what does most first."""
    names = ("secret", "refused", "held", "desk", "tagged", "told")
    said = [f"{getattr(one, name)} {t(f'web.rules.count.{name}')}" for name in names if getattr(one, name)]
    return ", ".join(said) or t("web.rules.count.none")


def effect(t: Texts, name: str) -> str:
    """`Chờ duyệt (Văn thư)` for `hold:desk`."""
    what, _, asked = name.partition(":")
    said = t(f"web.rules.effect.{what}")
    owners = ", ".join(t(f"web.rules.asks.{one}") for one in asked.split("+")) if asked else ""
    return f"{said} ({owners})" if owners else said


def titles_of(*books: RuleBook) -> dict[str, str]:
    """What people call the rules; the last book has the last word."""
    return {rule.id: rule.title for book in books for rule in book.rules}


def about(t: Texts, told: Mapping[str, object], titles: Mapping[str, str]) -> str:
    """What a trial, or a proposal made of it, is of, in a line; `told` is its `about`, or its payload."""
    if told.get("file"):
        return t("web.rules.trial-of-file", file=told["file"])
    if told.get("back"):
        return t("web.rules.trial-of-version", number=told["back"])
    rule = str(told.get("rule", ""))
    return t("web.rules.trial-of-stage", rule=titles.get(rule, rule), stage=stage_words(t, told))


def stage_words(t: Texts, told: Mapping[str, object]) -> str:
    """The stage alone: `Chờ duyệt cho mọi đơn vị từ 01/12/2026`."""
    where = told.get("agency") or everywhere(t)
    ident = "web.rules.stage-for-on" if told.get("on") else "web.rules.stage-for"
    day = "/".join(reversed(str(told.get("on", "")).split("-")))
    return t(ident, stage=t(f"policy.stage.{told.get('stage')}"), where=where, day=day)


def everywhere(t: Texts) -> str:
    """`mọi đơn vị`, in the middle of a sentence."""
    words = t("web.rules.everywhere")
    return words[:1].lower() + words[1:]


def change_words(t: Texts) -> Callable[[Change], str]:
    """Says what a change is about: `mức của SYT` for `agencies.SYT`."""

    def say(one: Change) -> str:
        head, _, rest = one.what.partition(".")
        ident = f"web.rules.key.{head if head in ('agencies', 'because', 'message') else one.what.partition(' ')[0]}"
        return t(ident, name=rest) if ident in t.ids() else one.what

    return say


def value_words(t: Texts) -> Callable[[Change, str], str]:
    """Says a value of a change: stages by what people call them, days as people write them."""
    stages = {str(one): t(f"policy.stage.{one}") for one in STAGES}

    def say(one: Change, value: str) -> str:
        if one.what != "stage" and not one.what.startswith("agencies."):
            return value
        plan, mark, agreed = value.partition(", agreed: ")
        plan = _PROMOTED.sub(lambda one: t("web.rules.from-day", stage=one[1], day=f"{one[4]}/{one[3]}/{one[2]}"), plan)
        plan = _STAGE.sub(lambda found: stages[found[0]], plan)
        return f"{plan} ({agreed})" if mark else plan

    return say
