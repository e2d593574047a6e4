"""Chạy thử: a raised stage or a changed policy.toml on the mail of the last days, then the way into force.

Editing is by file: what is tried is kept as a text, judged on stored facts without content, and put in force as
exactly that text, by two people where it keeps more mail back (`screening/rehearsal/proposing.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.control.errors import NeedsSecondPerson
from mailhub.accounts.errors import ChangedMeanwhile, NoSuchAgency, ReasonMissing
from mailhub.accounts.rights import Action, Actor
from mailhub.accounts.tree import code_of, find_agency
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.jobs import Progress
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.agencies import fitting
from mailhub.admin.people.words import who
from mailhub.admin.screens.documents import may_see_codes
from mailhub.admin.screens.rule_proposals import second_person
from mailhub.admin.screens.rule_words import STAGES, today_of
from mailhub.admin.screens.rules import may_change, put_and_go
from mailhub.admin.screens.trial_words import about, change_words, figures, titles_of, value_words
from mailhub.ids import read_id
from mailhub.policy.rules.comparing import differences
from mailhub.policy.rules.errors import BookErrors, Problem
from mailhub.policy.rules.reading import read_book
from mailhub.policy.rules.rule import RuleBook, Stage
from mailhub.screening.rehearsal import proposing, trials
from mailhub.screening.rehearsal.errors import NoSuchTrial, RulesMoved
from mailhub.screening.rehearsal.simulation import Book, rehearse
from mailhub.screening.rehearsal.trials import Trial
from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import CannotEdit, NoSuchRule, SameRules
from mailhub.screening.rules.policy_file import POLICY_FILE
from mailhub.screening.rules.staging import StageChange, staged
from mailhub.text.folding import fold
from mailhub.text.plain import plain_line

screens = Screens()
PERIODS = (7, 30, 90)
READERS = needs(Action.USE_READ)
_MEGABYTE = 1024 * 1024
_LARGEST = 2 * _MEGABYTE  # reading one takes the page's thread some 10 s


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
    told = {"rule": rule, "stage": stage, "agency": wanted.agency, "on": on.isoformat() if on else "", "agreed": agreed}
    return begin(visit, new, told, days)


@screens.post("/rules/simulation/file", READERS, upload_mib=_LARGEST // _MEGABYTE)
def try_file(visit: Visit) -> Response:
    """POST file, days: a changed policy.toml; every fault is told with its line."""
    form, days = visit.form, _days(visit)
    upload = form.files.get("file")
    octets = b"" if upload is None else upload.file.read(_LARGEST + 1)
    name = plain_line(upload.filename or "")[:100] if upload is not None else POLICY_FILE
    if not octets or len(octets) > _LARGEST:
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
    return begin(visit, text, {"file": name}, days)


@screens.get("/rules/simulation/{trial}", READERS)
def show_trial(visit: Visit) -> Response:
    """GET: what is different, what that would have done, and the form that puts it in force."""
    return _page(visit)


@screens.post("/rules/simulation/{trial}/activate", needs(Action.POLICY_CHANGE))
def activate(visit: Visit) -> Response:
    """POST reason: a new version, and policy.toml says the same. Where that is two people's, it is proposed, and done
    when another has agreed; the reason that it was proposed with then serves."""
    form, number = visit.form, _number(visit)
    reason = form.text("reason")
    if not form:
        return _page(visit, status=422)
    try:
        with visit.writing() as (connection, actor):
            done = proposing.activate_trial(
                connection, actor, number, reason=reason, two_people=visit.site.settings.policy.second_person
            )
        return put_and_go(visit, done, f"/rules/versions/{done.number}", "web.rules.activated")
    except NeedsSecondPerson:
        return _propose(visit, number, reason)
    except ReasonMissing:
        form.mend("reason", "web.form.required")
    except SameRules:
        form.mend("", "web.rules.same-rules")
    except ChangedMeanwhile:
        form.mend("", "web.rules.moved")
    except BookErrors as error:
        form.mend("", "web.form.refused", detail=str(error))
    return _page(visit, status=422)


def _propose(visit: Visit, number: int, reason: str) -> Response:
    hours = visit.site.settings.accounts.proposal_hours
    try:
        with visit.writing() as (connection, actor):
            code = proposing.propose_trial(connection, actor, number, reason=reason, hours=hours)
    except ReasonMissing:
        visit.form.mend("reason", "web.form.required")
        return _page(visit, status=422)
    return visit.go(f"/proposals/{code}", "web.rules.proposed", code=code)


def begin(visit: Visit, text: str, told: dict[str, str], days: int) -> Response:
    """Rehearse this text, and lead to what comes of it; `told` is what it is of."""
    with visit.writing() as (connection, actor):
        trial = trials.keep_trial(connection, actor, text, told, days=days)
        old = versions.book_in_force(connection, actor)
    new, site = versions.read_all(text, told.get("file", POLICY_FILE)), visit.site

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
        trials=[(one, about(t, one.about, dict(rules))) for one in before],
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
        new = _read(trial.text)
        warned = versions.warnings_about(connection, actor, new)
        moved = _has_moved(connection, trial, visit.at)
        second = second_person(visit, connection, actor, trial, old, new)
    t, found, titles = visit.t, trial.result, titles_of(old, new)
    return visit.page(
        "rules/trial.html", status=status, trial=trial, about=about(t, trial.about, titles),
        changes=differences(old, new), warned=warned, moved=moved, second=second, may_change=may_change(visit),
        change_words=change_words(t), value_words=value_words(t), titles=titles,
        was=t("web.rules.before"), will=t("web.rules.after"), who=partial(who, t),
        **figures(t, found, traces=may_see_codes(visit.actor)),
    )  # fmt: skip


def _has_moved(connection: Connection, trial: Trial, at: int) -> bool:
    try:
        proposing.text_to_activate(connection, trial, at=at)
    except RulesMoved:
        return True
    return False


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
