"""States, kinds, people who acted: from the services' values to the words and colours of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailhub.accounts.attempts import Attempt, Cause, folded
from mailhub.accounts.life.story import Change, Story
from mailhub.accounts.life.story_words import step_words
from mailhub.accounts.models import (
    ENDED_STATES,
    DelegationRight,
    Employment,
    Listing,
    MailboxKind,
    MailboxState,
    Rank,
)
from mailhub.accounts.rights import Role
from mailhub.admin.refusals import in_words
from mailhub.i18n import Texts

Options = Sequence[tuple[str, str]]
BADGES = {
    "requested": "wait",
    "approved": "info",
    "active": "good",
    "suspended": "warn",
    "retained": "off",
    "archived": "off",
    "erased": "off",
}
REQUEST_BADGES = {"open": "wait", "approved": "good", "refused": "bad", "withdrawn": "off", "lapsed": "off"}
ENDED = frozenset(one.value for one in ENDED_STATES)


def state_words(t: Texts, state: str) -> str:
    """`Đang sử dụng` (wording § 1)."""
    return t(f"web.account.state.{state}")


def states(t: Texts) -> Options:
    """Every state of an account."""
    return [(one.value, state_words(t, one)) for one in MailboxState]


def kinds(t: Texts) -> Options:
    """Every kind of mailbox."""
    return [(one.value, t(f"web.account.kind.{one}")) for one in MailboxKind]


def ranks(t: Texts) -> Options:
    """What a post counts as; "" = as the post says."""
    return [("", t("web.account.rank.auto")), *((one.value, t(f"web.account.rank.{one}")) for one in Rank)]


def employments(t: Texts) -> Options:
    """By what law somebody works."""
    return [(one.value, employment_words(t, one)) for one in Employment]


def employment_words(t: Texts, employment: str) -> str:
    """`công chức`."""
    return t(f"web.account.employment.{employment or 'unknown'}")


def listings(t: Texts) -> Options:
    """Who finds a mailbox in the directory."""
    return [(one.value, t(f"web.account.listing.{one}")) for one in Listing]


def rights(t: Texts, among: Iterable[DelegationRight] = tuple(DelegationRight)) -> Options:
    """What somebody may do in another's mailbox."""
    return [(one.value, t(f"web.account.right.{one}")) for one in among]


def role_words(t: Texts, role: str) -> str:
    """`Quản trị đơn vị`; what is no role of ours stays as it is."""
    return t(f"web.account.role.{role}") if role in {one.value for one in Role} else role


def held_right_words(t: Texts, held: str) -> str:
    """`clerk (snv)` as the report has it → `Văn thư (snv)`."""
    role, blank, where = held.partition(" ")
    return f"{role_words(t, role)}{blank}{where}"


def who(t: Texts, actor: str) -> str:
    """An actor of the audit log: `nva@… (console:root)` is `nva@… (trên máy chủ)`."""
    name, _, behind = actor.partition(" (")
    if name.startswith("mailhub:"):
        return t("web.account.who.hub")
    if name.startswith("console:"):
        return t("web.account.who.console", user=name.removeprefix("console:"))
    return t("web.account.who.at-console", name=name) if behind else name


def step(t: Texts, language: str, change: Change) -> str:
    """What was done: in Vietnamese as the command line says it, in English by the act's name."""
    if language == "vi":
        return step_words(change)
    ident = f"web.account.step.{change.action}"
    return t(ident) if ident in t.ids() else change.action


def try_words(t: Texts, language: str, attempt: Attempt) -> str:
    """How a try to log in ended, and what explains it."""
    if language == "vi":
        return attempt.words()
    told = [t(f"web.account.cause.{one}") for one in (attempt.cause, *attempt.hints)]
    return "; ".join([*told, *filter(None, (attempt.about, attempt.device))])


def service_words(t: Texts, service: str) -> str:
    """Through which door somebody tried."""
    ident = f"web.account.service.{service}"
    return t(ident) if ident in t.ids() else service


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story: when (ms), what, and a smaller line below. `good`: nothing went wrong."""

    at: int
    words: str
    note: str = ""
    good: bool = True


class Told:
    """An account's story in one language."""

    def __init__(self, t: Texts, language: str) -> None:
        self._t, self._language = t, language

    def tries(self, story: Story) -> list[Line]:
        """Each try to log in, the newest first; equal ones on end are one line."""
        t, found = self._t, []
        for one in folded(story.attempts):
            note = f"{service_words(t, one.service)} · {one.ip}"
            if one.times > 1:
                note += " · " + t("web.account.times", times=one.times)
            good = one.cause == Cause.SUCCESS
            found.append(Line(one.at, try_words(t, self._language, one), note, good))
        return found

    def steps(self, story: Story) -> list[Line]:
        """Each change, the newest first: what, by whom, why, by which document."""
        found = []
        for one in story.changes:
            if one.action == "request.make" and "request" not in one.facts:
                continue  # the mailbox that was entered with the request: the next row says the rest
            note = "; ".join(filter(None, (who(self._t, one.actor), in_words(self._t, one.reason), one.because)))
            found.append(Line(one.at, step(self._t, self._language, one), note))
        return found
