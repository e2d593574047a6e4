"""The book of offices in words: who held one on a day, from when to when, by what, and when that was entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mailhub.accounts.sharing.holdings import Holding
from mailhub.admin.frame.visit import Visit
from mailhub.admin.organisation.days import first_day, last_day
from mailhub.admin.people.words import who
from mailhub.clock import DAY, local_time, midnight

STATE_BADGES = {"now": "good", "later": "wait", "past": "off", "void": "off"}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: a sentence, and what it stands on. `nobody`: nobody is on record for the day."""

    sentence: str
    notes: Sequence[str] = ()
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of the book as a page shows it. `state`: now, later, past, void; `entered` "" where it was in time;
    `by`: who entered it."""

    one: Holding
    period: str
    state: str
    entered: str
    by: str

    @property
    def badge(self) -> str:
        """The colour of its state."""
        return STATE_BADGES[self.state]


def line_of(visit: Visit, one: Holding) -> Line:
    """The entry as it stands now."""
    entered = entered_words(visit, one) if one.late else ""
    return Line(one, period_words(visit, one), state_of(one, visit.at), entered, by_words(visit, one))


def answers(visit: Visit, office: str, holdings: Sequence[Holding], day: date) -> list[Said]:
    """Who held `office` on that day: one answer for each, the earliest first; or plainly that nobody is on record."""
    begins, shown = midnight(day), f"{day:%d/%m/%Y}"
    found = sorted((one for one in holdings if one.on_day(begins)), key=lambda one: one.from_at)
    if not found:
        nobody = visit.t("web.offices.answer.nobody", day=shown, office=office)
        return [Said(nobody, _neighbours(visit, holdings, begins), nobody=True)]
    told = []
    for one in found:
        values = {"day": shown, "office": office, "name": one.name, "address": one.holder}
        part, period = _part_of_day(visit, one, begins), period_words(visit, one)
        sentence = visit.t("web.offices.answer.held", **values, part=part, period=period)
        told.append(Said(sentence, _sources(visit, one)))
    return told


def period_words(visit: Visit, one: Holding) -> str:
    """`từ 01/01/2026 đến hết ngày 30/06/2026`; the minute where it was not midnight."""
    begins = local_time(one.from_at)
    since = first_day(one.from_at) if begins.hour == begins.minute == 0 else f"{begins:%H:%M %d/%m/%Y}"
    if one.until_at is None:
        return visit.t("web.offices.held.since" if one.from_at <= visit.at else "web.offices.held.from", since=since)
    if one.void:
        return visit.t("web.offices.held.void", since=since)
    until = local_time(one.until_at)
    if until.hour == until.minute == 0:
        return visit.t("web.offices.held.whole-days", since=since, until=last_day(one.until_at))
    return visit.t("web.offices.held.until", since=since, until=f"{until:%H:%M %d/%m/%Y}")


def entered_words(visit: Visit, one: Holding) -> str:
    """`Nhập ngày 22/11/2026`; "" where that is not known."""
    return "" if one.entered_at is None else visit.t("web.offices.entered", day=first_day(one.entered_at))


def by_words(visit: Visit, one: Holding) -> str:
    """Who entered it, as people say it."""
    return who(visit.t, one.entered_by) if one.entered_by else visit.t("web.offices.entered.nobody")


def state_of(one: Holding, at: int) -> str:
    """`now`, `later`, `past`, or `void`: called off before it began."""
    if one.void:
        return "void"
    if one.now:
        return "now"
    return "later" if one.from_at > at else "past"


def _sources(visit: Visit, one: Holding) -> list[str]:
    """By which decision; entered when and by whom; and that what is entered late gives no right backwards."""
    t = visit.t
    told = [t("web.offices.because-is", because=one.because) if one.because else t("web.offices.because-none")]
    if one.entered_at is not None:
        day = f"{local_time(one.entered_at):%H:%M %d/%m/%Y}"
        by = by_words(visit, one)
        told.append(t("web.offices.entered.late" if one.late else "web.offices.entered.by", day=day, by=by))
    if one.past_when_entered:
        told.append(t("web.offices.entered.past-said"))
    elif one.late:
        told.append(t("web.offices.entered.opens", day=day))
    return told


def _neighbours(visit: Visit, holdings: Sequence[Holding], begins: int) -> list[str]:
    """Who held it last before that day, and first after it."""
    real = [one for one in holdings if not one.void]
    before = [one for one in real if one.until_at is not None and one.until_at <= begins]
    after = [one for one in real if one.from_at >= begins + DAY]
    told = []
    if before:
        last = max(before, key=lambda one: one.until_at or 0)
        told.append(_neighbour(visit, "web.offices.answer.before", last))
    if after:
        told.append(_neighbour(visit, "web.offices.answer.after", min(after, key=lambda one: one.from_at)))
    return told


def _neighbour(visit: Visit, text: str, one: Holding) -> str:
    return visit.t(text, name=one.name, address=one.holder, period=period_words(visit, one))


def _part_of_day(visit: Visit, one: Holding, begins: int) -> str:
    """` (từ 14:05)`, where it was not the whole day."""
    ends = begins + DAY
    since = f"{local_time(one.from_at):%H:%M}" if one.from_at > begins else ""
    until = f"{local_time(one.until_at):%H:%M}" if one.until_at is not None and one.until_at < ends else ""
    if since and until:
        return visit.t("web.offices.answer.between", since=since, until=until)
    if since:
        return visit.t("web.offices.answer.since", since=since)
    return visit.t("web.offices.answer.until", until=until) if until else ""
