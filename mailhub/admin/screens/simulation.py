"""Chạy thử: a raised stage or a changed policy.toml on the mail of the last days, then the way into force.

Editing is by file: what is tried is kept as a text, judged on stored facts without content, and put in force as
exactly that text (`screening/rehearsal/trials.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.errors import ChangedMeanwhile, NoSuchAgency
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import code_of, find_agency
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.jobs import Progress
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.agencies import fitting
from mailhub.admin.screens.documents import may_see_codes
from mailhub.admin.screens.rule_words import STAGES, today_of
from mailhub.admin.screens.rules import may_change, put_and_go
from mailhub.i18n import Texts
from mailhub.ids import read_id
from mailhub.policy.rules.comparing import Change, differences
from mailhub.policy.rules.errors import BookErrors, Problem
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook, Stage
from mailhub.screening.rehearsal import trials
from mailhub.screening.rehearsal.errors import NoSuchTrial
from mailhub.screening.rehearsal.simulation import Book, rehearse
from mailhub.screening.rehearsal.tallying import AgencyLine, Counts, RuleLine
from mailhub.screening.rehearsal.trials import Trial
from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import CannotEdit, NoSuchRule, SameRules
from mailhub.screening.rules.policy_file import LARGEST, POLICY_FILE
from mailhub.screening.rules.staging import StageChange, staged
from mailhub.text.folding import fold
from mailhub.text.plain import plain_line

screens = Screens()
PERIODS = (7, 30, 90)
READERS = needs(Action.USE_READ)
_MEGABYTE = 1024 * 1024
_PROMOTED = re.compile(r"(\w+) from (\d{4})-(\d\d)-(\d\d)")
_STAGE = re.compile(rf"\b({'|'.join(STAGES)})\b")


@dataclass(frozen=True, slots=True)
class CountLine:
    """One line of a comparison: what happens now, and what would."""

    title: str
    href: str
    note: str
    before: str
    after: str
    delta: str


@screens.get("/rules/simulation", READERS)
def choose(visit: Visit) -> Response:
    """GET rule: a stage to raise, or a file to try; and what one tried before."""
    return _choose(visit)


@screens.post("/rules/simulation/stage", READERS)
def try_stage(visit: Visit) -> Response:
    """POST rule, stage, agency, on, agreed, days."""
    form, today = visit.form, today_of(visit.at)
    rule, stage = form.text("rule", required=True, longest=80), form.choice("stage", list(Stage))
    agency, agreed = form.text("agency", longest=200), form.text("agreed")
    on, days = form.day("on"), _days(visit)
    if on is not None and on <= today:
        form.mend("on", "web.rules.day-is-over")
    if not form:
        return _choose(visit, status=422)
    wanted = StageChange(rule=rule, stage=Stage(stage), agency=agency, on=on, agreed=agreed)
    try:
        with visit.reading() as (connection, actor):
            if agency:
                wanted = replace(wanted, agency=code_of(connection, _agency(visit, connection, agency)))
            text = versions.find_version(connection, actor).text
            new = staged(text, wanted, today=today)
        if new == text:
            form.mend("stage", "web.rules.same-stage")
    except NoSuchRule:
        form.mend("rule", "web.rules.no-rule")
    except NoSuchAgency:
        form.mend("agency", "web.signatures.no-agency")
    except (CannotEdit, BookErrors) as error:
        form.mend("", "web.form.refused", detail=str(error))
    if not form:
        return _choose(visit, status=422)
    about = {"rule": rule, "stage": stage, "agency": wanted.agency, "on": on.isoformat() if on else ""}
    return _begin(visit, new, about, days)


@screens.post("/rules/simulation/file", READERS, upload_mib=LARGEST // _MEGABYTE)
def try_file(visit: Visit) -> Response:
    """POST file, days: a changed policy.toml; every fault is told with its line."""
    form, days = visit.form, _days(visit)
    upload = form.files.get("file")
    octets = b"" if upload is None else upload.file.read(LARGEST + 1)
    name = plain_line(upload.filename or "")[:100] if upload is not None else POLICY_FILE
    if not octets or len(octets) > LARGEST:
        form.mend("file", "web.rules.no-file")
        return _choose(visit, status=422)
    try:
        text = octets.decode("utf-8-sig")
        versions.read_all(text, name)
    except UnicodeDecodeError as error:
        form.mend("file", "web.rules.not-utf8", line=octets.count(b"\n", 0, error.start) + 1)
        return _choose(visit, status=422)
    except BookErrors as error:
        form.mend("file", "web.rules.faults", number=len(error.problems))
        return _choose(visit, status=422, problems=error.problems)
    if not form:
        return _choose(visit, status=422)
    return _begin(visit, text, {"file": name}, days)


@screens.get("/rules/simulation/{trial}", READERS)
def show_trial(visit: Visit) -> Response:
    """GET: what is different, what that would have done, and the form that puts it in force."""
    return _page(visit)


@screens.post("/rules/simulation/{trial}/activate", needs(Action.POLICY_CHANGE))
def activate(visit: Visit) -> Response:
    """POST reason: a new version, and policy.toml says the same."""
    form, number = visit.form, _number(visit)
    reason = form.text("reason", required=True)
    if form:
        try:
            with visit.writing() as (connection, actor):
                done = trials.activate_trial(connection, actor, number, reason=reason)
        except SameRules:
            form.mend("", "web.rules.same-rules")
        except ChangedMeanwhile:
            form.mend("", "web.rules.moved")
        except BookErrors as error:
            form.mend("", "web.form.refused", detail=str(error))
    if not form:
        return _page(visit, status=422)
    return put_and_go(visit, done, f"/rules/versions/{done.number}", "web.rules.activated")


def _begin(visit: Visit, text: str, about: dict[str, str], days: int) -> Response:
    with visit.writing() as (connection, actor):
        trial = trials.keep_trial(connection, actor, text, about, days=days)
        old = versions.book_in_force(connection, actor)
    new, site = versions.read_all(text, about.get("file", POLICY_FILE)), visit.site

    def work(progress: Progress) -> str:
        found = rehearse(site.database, actor, Book(new), Book(old), days=days, progress=progress)
        with site.database.write() as writing:
            trials.note_result(writing, trial.id, found)
        return f"/rules/simulation/{trial.id}"

    assert actor.account_id is not None
    return visit.go(site.jobs.start(actor.account_id, "rehearsal", visit.t("web.rules.job", days=days), work))


def _agency(visit: Visit, connection: Connection, typed: str) -> int:
    """The agency by its code, or by words of its name where they fit one only.

    Raises:
        NoSuchAgency
    """
    found = fitting(visit, typed)
    named = [one for one in found if fold(typed) == fold(one[1])] or found
    return find_agency(connection, named[0][0] if len(named) == 1 else typed)


def _choose(visit: Visit, *, status: int = 200, problems: Sequence[Problem] = ()) -> Response:
    with visit.reading() as (connection, actor):
        book = versions.book_in_force(connection, actor)
        before = trials.list_trials(connection, actor)
    t, chosen = visit.t, visit.query.get("rule", "")
    rules = [(one.id, one.title) for one in book.rules]
    return visit.page(
        "rules/simulation.html", status=status, rules=rules, problems=problems,
        stages=[(str(one), t(f"policy.stage.{one}")) for one in STAGES],
        periods=[(str(days), t("web.rules.days", days=days)) for days in PERIODS],
        trials=[(one, about(t, one, dict(rules))) for one in before],
        chosen=chosen, next_stage=_higher(book, chosen, today_of(visit.at)),
    )  # fmt: skip


def _higher(book: RuleBook, rule: str, today: date) -> Stage:
    """What is tried most often: the stage above the one that holds for all others."""
    order = list(Stage)
    now = next((one.stage.on(today) for one in book.rules if one.id == rule), Stage.WARN)
    return order[min(order.index(now) + 1, len(order) - 1)]


def _page(visit: Visit, *, status: int = 200) -> Response:
    with visit.reading() as (connection, actor):
        trial = trials.find_trial(connection, actor, _number(visit))
        old = _book_of(connection, actor, trial)
        now = versions.find_version(connection, actor).number
        new = _read(trial.text)
        changes, titles = differences(old, new), titles_of(old, new)
        warned = versions.warnings_about(connection, actor, _read(trial.text))
    t, found = visit.t, trial.result
    lines: dict[str, object] = {"rule_lines": (), "agency_lines": (), "samples": ()}
    if found is not None:
        rules = [one for one in found.rules if one.fits or one.before.total or one.after.total]
        agencies = [one for one in found.agencies if one.after.total or one.before.total]
        lines = {
            "rule_lines": [
                _line(t, one.title or one.rule, f"/rules/{one.rule}", t("web.rules.fits", number=one.fits), one)
                for one in sorted(rules, key=lambda one: one.before == one.after)
            ],
            "agency_lines": [
                _line(
                    t, one.name or t("web.rules.no-agency"), f"/agencies/{one.code}" if one.code else "",
                    t("web.rules.messages", number=one.messages), one,
                )
                for one in agencies
            ],
            "samples": [(one, effect(t, one.before), effect(t, one.after)) for one in found.samples],
        }  # fmt: skip
    return visit.page(
        "rules/trial.html", status=status, trial=trial, about=about(t, trial, titles), found=found, changes=changes,
        warned=warned, moved=trial.version != now, may_change=may_change(visit), traces=may_see_codes(visit.actor),
        whole=None if found is None else (counts(t, found.before), counts(t, found.after)),
        change_words=change_words(t), value_words=value_words(t), titles=titles,
        was=t("web.rules.before"), will=t("web.rules.after"), **lines,
    )  # fmt: skip


def _line(t: Texts, title: str, href: str, note: str, one: RuleLine | AgencyLine) -> CountLine:
    delta = one.after.total - one.before.total
    return CountLine(title, href, note, counts(t, one.before), counts(t, one.after), f"{delta:+d}" if delta else "=")


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


def about(t: Texts, trial: Trial, titles: Mapping[str, str]) -> str:
    """What a trial is of, in a line."""
    told = trial.about
    if told.get("file"):
        return t("web.rules.trial-of-file", file=told["file"])
    where = told.get("agency") or t("web.rules.everywhere")
    ident = "web.rules.trial-of-stage-on" if told.get("on") else "web.rules.trial-of-stage"
    day = "/".join(reversed(told.get("on", "").split("-")))
    rule = told.get("rule", "")
    return t(ident, rule=titles.get(rule, rule), stage=t(f"policy.stage.{told.get('stage')}"), where=where, day=day)


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


def _days(visit: Visit) -> int:
    chosen = visit.form.choice("days", [str(one) for one in PERIODS])
    return int(chosen) if chosen else PERIODS[1]


def _number(visit: Visit) -> int:
    number = read_id(visit.path["trial"])
    if number is None:
        raise NoSuchTrial(f"there is no trial {visit.path['trial'][:20]}")
    return number


def _read(text: str) -> RuleBook:
    return read_book(text, POLICY_FILE)


def _book_of(connection: Connection, actor: Actor, trial: Trial) -> RuleBook:
    """The rules that it was held against."""
    return _read(versions.find_version(connection, actor, trial.version).text) if trial.version else RuleBook(())
