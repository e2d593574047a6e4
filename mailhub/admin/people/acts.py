"""One act on one account as data: who may, when it fits, what is asked, what is done. Pages are made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts.finding import MailboxRow
from mailhub.accounts.people.people import PersonReport
from mailhub.accounts.reading import AccountReport
from mailhub.accounts.rights import Action, Actor
from mailhub.admin.frame.forms import Form
from mailhub.i18n import Texts
from mailhub.settings import Settings

ALL = "*"  # an offer: every one of them
TEXT, AREA, DAY, NUMBER, SELECT, TICK, AGENCY, ADDRESS = (
    "text",
    "area",
    "day",
    "number",
    "select",
    "tick",
    "agency",
    "address",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The account as it stands when an act's page is shown. `person` None: it is nobody's."""

    report: AccountReport
    person: PersonReport | None = None
    # What an act needs to offer: (value, words) pairs by field.
    offers: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    @property
    def mailbox(self) -> MailboxRow:
        """Its row."""
        return self.report.mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """An act under way: inside the transaction, with what was typed."""

    connection: Connection
    actor: Actor
    standing: Standing
    values: Mapping[str, Any]
    expect: int
    settings: Settings
    at: int

    @property
    def address(self) -> str:
        """Of the account."""
        return self.standing.mailbox.address

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def changed(self, name: str, now: object) -> Any:
        """What was typed, or None when it is what stands there."""
        return None if self.values[name] == now else self.values[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that is asked. Its label is `web.act.field.NAME`; `help` is a text id; `now` what stands there.

    `options` makes a select's; of a select without them the standing has the `offers`.
    """

    name: str
    kind: str = TEXT
    required: bool = False
    help: str = ""
    options: Callable[[Texts], Sequence[tuple[str, str]]] | None = None
    now: Callable[[Standing], str] = lambda _: ""
    longest: int = 300
    least: int = 0
    most: int = 10_000_000
    fits: Callable[[Standing], bool] = lambda _: True

    def offered(self, t: Texts, standing: Standing) -> Sequence[tuple[str, str]]:
        """The options of a select."""
        offered = self.options(t) if self.options is not None else standing.offers.get(self.name, ())
        return [(value, t("web.act.every") if value == ALL else words) for value, words in offered]

    def read(self, form: Form, t: Texts, standing: Standing) -> Any:
        """What was typed, in the field's type; what does not do is said in the form."""
        if self.kind == DAY:
            return form.day(self.name, required=self.required)
        if self.kind == NUMBER:
            return form.number(self.name, least=self.least, most=self.most, required=self.required)
        if self.kind == TICK:
            return form.chosen(self.name)
        if self.kind == SELECT:
            among = [value for value, _ in self.offered(t, standing)]
            return form.choice(self.name, among, required=self.required)
        return form.text(self.name, required=self.required, longest=self.longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAct:
    """An act. Texts: `web.act.KEY` (its name), `web.act.KEY.what` (what will happen, a line each), `web.act.KEY.done`.

    `danger`: the address has to be typed. `leads` is the tab that shows what came of it.
    """

    key: str
    action: Action
    icon: str
    run: Callable[[Doing], object]
    fits: Callable[[Standing], bool] = lambda _: True
    fields: tuple[Field, ...] = ()
    danger: bool = False
    leads: str = ""
    group: str = "change"
    offers: Callable[[Connection, Actor, AccountReport, int], Mapping[str, Sequence[tuple[str, str]]]] | None = None

    def asked(self, standing: Standing) -> Sequence[Field]:
        """The fields that make sense for this account."""
        return [one for one in self.fields if one.fits(standing)]


REASON = Field(name="reason", kind=AREA, required=True, help="web.act.help.reason", longest=1000)
WORD = Field(name="reason", kind=AREA, help="web.act.help.reason", longest=1000)  # a reason that may stay empty
BECAUSE = Field(name="because", help="web.act.help.because")
