"""Facts, values and conditions in people's words, in one language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mailhub.documents.grammar.labels import LABELS
from mailhub.documents.type_names import type_name
from mailhub.i18n import NoSuchText, Texts
from mailhub.policy.rules.rule import Stage, Test
from mailhub.policy.rules.vocabulary import FACTS, FactType
from mailhub.text.plain import plain_line

_NAMED = 3  # addresses that are listed; of more, the rest is counted
_LISTED = 12  # values of a list; rules may name a hundred file types
_OCTETS = ("message.size", "attachment.size")
# Where the empty word means that there is none; elsewhere it means that it is not known.
_OR_NONE = frozenset(
    ("message.secrecy", "message.malware", "sender.office", "sender.lookalike", "recipient.office",
     "recipient.lookalike", "document.urgency", "document.secrecy", "document.circulation", "document.number",
     "attachment.extension", "attachment.unreadable")
)  # fmt: skip


class Speaker:
    """Says facts and conditions with the texts of one language. `groups`: the members of each address of ours that the
    sender wrote and that stands for several."""

    def __init__(self, words: Texts, groups: Mapping[str, Collection[str]] | None = None) -> None:
        self.words = words
        self._groups = groups or {}

    def say(self, ident: str, /, **values: object) -> str:
        """The text `policy.explain.{ident}`; what strangers wrote stays on its line."""
        shown = {name: plain_line(value) if isinstance(value, str) else value for name, value in values.items()}
        return self.words(f"policy.explain.{ident}", **shown)

    def stage(self, stage: Stage) -> str:
        """`Chờ duyệt` for `hold` (wording § 1)."""
        return self.words(f"policy.stage.{stage}")

    def people(self, addresses: Sequence[str], named: int = _NAMED) -> str:
        """The first few, and how many more; members of a group by its name and number."""
        groups, singles = self._parted(addresses)
        said = [self._group(group, len(members)) for group, members in groups.items()]
        if len(singles) <= named + 1:
            return ", ".join([*said, *map(plain_line, singles)])
        first = ", ".join([*said, *map(plain_line, singles[:named])])
        return f"{first} {self.say('more', number=len(singles) - named)}"

    def written(self, addresses: Sequence[str]) -> list[str]:
        """The addresses that the sender wrote for these."""
        groups, singles = self._parted(addresses)
        return [*groups, *singles]

    def _parted(self, addresses: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
        """Those reached by way of a group, and the others."""
        groups: dict[str, list[str]] = {}
        singles: list[str] = []
        for address in addresses:
            group = next((group for group, members in self._groups.items() if address in members), None)
            (singles if group is None else groups.setdefault(group, [])).append(address)
        return groups, singles

    def _group(self, address: str, number: int) -> str:
        of = len(self._groups[address])
        ident = "group" if number == of else "group.some"
        return self.say(ident, address=address, number=number, of=of)

    def fact(self, name: str) -> str:
        """What a fact is called: `Loại hộp thư của người nhận` for `recipient.class`."""
        try:
            return self.words(f"policy.fact.{name}")
        except NoSuchText:  # a fact so new that it has no words is better than no answer
            return name

    def value(self, name: str, value: Any) -> str:
        """A fact's value: `hộp thư cá nhân` for `private-mail`."""
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if isinstance(value, int):
            number = f"{value:,}".replace(",", ".")
            return self.say("bytes", number=number) if name in _OCTETS else number
        if isinstance(value, str):
            return self._word(name, value)
        if isinstance(value, Collection):
            ordered = value if isinstance(value, tuple) else sorted(map(str, value))
            return ", ".join(self._word(name, each) for each in ordered) or self.say("nothing")
        return self.say("failed")

    def wanted(self, test: Test, met: Any = None) -> str:
        """What a condition asks: `từ 10 trở lên`. Of a long list the first are said, and what was met."""
        operator, several = test.operator, FACTS[test.fact].type is FactType.SET
        if operator == "not" and test.values == ("",):
            return self.say("some" if several or test.fact in _OR_NONE else "known")
        values = list(self._listed(test, met))
        if operator == "is":
            return self.say("one-of", values="; ".join(values)) if len(values) > 2 else self.say("or").join(values)
        return self.say("not-set" if operator == "not" and several else operator, values=", ".join(values))

    def nothing(self, scope: str) -> str:
        """Instead of a value, when the message has no document, or no file."""
        return self.say(f"no.{scope}")

    def _listed(self, test: Test, met: Any) -> Iterator[str]:
        wanted = list(self._wanted(test))
        several = met if isinstance(met, Collection) and not isinstance(met, str) else (met,)
        first, rest = wanted[:_LISTED], wanted[_LISTED:]
        if len(rest) <= 1:  # to say that there is one more is no shorter
            first, rest = wanted, []
        found = [value for value in rest if value in several]
        yield from (self.value(test.fact, value) for value in (*first, *found))
        if left := len(rest) - len(found):
            yield self.say("others-wanted", number=left)

    def _wanted(self, test: Test) -> Iterable[Any]:
        """The empty word asks a set for nothing in it, and text for not being known."""
        if FACTS[test.fact].type is not FactType.SET:
            return test.values
        return [() if value == "" else value for value in test.values]

    def _word(self, name: str, value: str) -> str:
        if not value:
            return self.say("nothing" if name in _OR_NONE else "unknown")
        if name == "document.type":
            return type_name(value)
        if name == "document.labels":
            return LABELS.get(value, value)
        for ident in (name, name.partition(".")[2]):
            try:
                return self.words(f"policy.value.{ident}.{value}")
            except NoSuchText:
                continue
        return plain_line(value)
