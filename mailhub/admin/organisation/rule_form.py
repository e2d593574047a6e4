"""The rule of a group as fields: where, who, who not; read, shown again, and looked at before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailhub.accounts.errors import NoSuchAgency, NotAllowed
from mailhub.accounts.models import Rank
from mailhub.accounts.sharing.computed import Member, Vocabulary, vocabulary
from mailhub.accounts.sharing.groups import RuleReachesBeyond, preview_rule
from mailhub.accounts.sharing.rule_parts import RuleParts, parts_of
from mailhub.accounts.sharing.rules import LONGEST, InvalidRule
from mailhub.accounts.tree import hidden_agencies
from mailhub.admin.frame.forms import Form
from mailhub.admin.frame.visit import Visit
from mailhub.admin.listing.agencies import exactly
from mailhub.admin.organisation.acts import SURE
from mailhub.admin.organisation.rule_words import word_of

HAND, RULE, TEXT = "hand", "rule", "text"
HOW = (HAND, RULE, TEXT)
MOST_NAMED = 20
_ROOM = 2  # empty fields beside those that are filled, for more agencies
_MOST = 60  # of one kind of word; the rule's own limit says the rest
_TYPED = ("unit", "title", "but-unit", "but-title")
_TICKED = ("level", "kind", "rank", "office", "but-rank")

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RuleView:
    """The fields as they stand. `chosen` maps a field to its values, `options` a ticked one to what is offered."""

    how: str
    text: str
    chosen: Mapping[str, Sequence[str]]
    options: Mapping[str, Options]
    group: str
    members: Sequence[Member] | None

    def room(self, name: str) -> Sequence[str]:
        """A typed field's values, and empty ones for more."""
        return [*self.chosen[name], *[""] * _ROOM]

    @property
    def named(self) -> Sequence[Member]:
        """The first few, by name."""
        return (self.members or ())[:MOST_NAMED]


def view_of(visit: Visit, text: str, *, agency: str, group: str) -> RuleView:
    """The fields of what was typed, or of the rule `text` that there is ('' none); with who would belong."""
    form = visit.form
    if form.typed:
        how, chosen = how_of(form), {name: _values(form, name) for name in (*_TYPED, *_TICKED)}
        kept = form.typed.get("rule", "")
    else:
        parts = parts_of(text) if text else RuleParts()
        how = HAND if not text else RULE if parts is not None else TEXT
        kept, shown = text if how == TEXT else "", parts or RuleParts()
        chosen = {name: getattr(shown, name.replace("-", "_")) for name in (*_TYPED, *_TICKED)}
    with visit.reading() as (connection, actor):
        words = vocabulary(connection, hidden_agencies(connection, actor))
    wanted, asked = (rule_text(visit, form), form) if form.typed else (text, Form())
    members = look(visit, asked, wanted, agency=agency, group=group) if wanted and not form.chosen(SURE) else None
    return RuleView(how, kept, chosen, _options(visit, words, chosen), group, members)


def how_of(form: Form) -> str:
    """By hand, by the fields, or by a text; a program that sends only a rule means the text."""
    asked = form.typed.get("how", "")
    return asked if asked in HOW else TEXT if form.typed.get("rule", "").strip() else HAND


def rule_text(visit: Visit, form: Form) -> str:
    """The rule that was chosen, '' for a group by hand; what cannot be is told beside its field."""
    how = how_of(form)
    if how == HAND:
        return ""
    if how == TEXT:
        return form.text("rule", required=True, longest=LONGEST)
    units, shunned = (_codes(visit, form, name) for name in ("unit", "but-unit"))
    parts = RuleParts(
        unit=units,
        level=_values(form, "level"),
        kind=_values(form, "kind"),
        rank=_values(form, "rank"),
        title=_values(form, "title"),
        office=_values(form, "office"),
        but_unit=shunned,
        but_rank=_values(form, "but-rank"),
        but_title=_values(form, "but-title"),
    )
    if not form:
        return ""
    if parts.names_nobody:
        form.mend("how", "web.groups.rule.nobody")
        return ""
    try:
        return parts.text()
    except InvalidRule as error:
        form.mend("how", "web.organisation.refused.rule", detail=str(error))
        return ""


def look(visit: Visit, form: Form, rule: str, *, agency: str, group: str) -> Sequence[Member] | None:
    """Who would belong now; None where the rule or the agency cannot be, which is told beside the field.

    Raises:
        NoSuchGroup, NotAllowed: there is no such group to whoever looks.
    """
    try:
        with visit.reading() as (connection, actor):
            return preview_rule(connection, actor, rule, agency=agency, group=group)
    except RuleReachesBeyond as error:
        where = "rule" if how_of(form) == TEXT else "unit"
        form.mend(where, "web.groups.rule.beyond", codes=", ".join(error.codes))
    except (NoSuchAgency, NotAllowed):  # what is another's and what is none are told alike
        if group:
            raise
        form.mend("agency", "web.listing.no-agency")
    except InvalidRule as error:
        where = "rule" if how_of(form) == TEXT else "how"
        form.mend(where, "web.organisation.refused.rule", detail=str(error))
    return None


def _codes(visit: Visit, form: Form, name: str) -> tuple[str, ...]:
    """Agencies' codes, from codes or words of names."""
    found = []
    for typed in _values(form, name):
        one = exactly(visit, typed)
        if one is None:
            form.mend(name, "web.groups.rule.no-agency", typed=typed)
        else:
            found.append(one[0])
    return tuple(dict.fromkeys(found))


def _values(form: Form, name: str) -> tuple[str, ...]:
    """What was typed or ticked, each once, without the empty ones."""
    given = (" ".join(one.split())[:200] for one in form.several(name)[:_MOST])
    return tuple(dict.fromkeys(one for one in given if one))


def _options(visit: Visit, words: Vocabulary, chosen: Mapping[str, Sequence[str]]) -> dict[str, Options]:
    ranks = [one.value for one in Rank]
    offered = {"level": words.levels, "kind": words.kinds, "office": words.offices, "rank": ranks, "but-rank": ranks}
    return {
        name: [(one, word_of(visit.t, name.removeprefix("but-"), one)) for one in _joined(known, chosen[name])]
        for name, known in offered.items()
    }


def _joined(known: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """What is offered, and what the rule says although nothing is that any more."""
    return [*known, *(one for one in chosen if one not in known)]
