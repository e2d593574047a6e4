"""Why a message is held or not delivered, in the words of its rule, and the article that the rule stands on.

What strangers named (files, domains, links) goes in on one line, without control characters, cut to a length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mailhub.documents.type_names import type_name
from mailhub.i18n import Texts, texts
from mailhub.policy.facts import DocumentFacts, Facts
from mailhub.policy.rules.compiling import asks
from mailhub.policy.rules.rule import Rule
from mailhub.policy.rules.vocabulary import Scope
from mailhub.text.plain import plain_line

_MOST_NAMED = 5  # of a list within a sentence
_LONGEST_LIST = 400  # characters of one place
_LONGEST = 100  # of one thing named there
NO_DOCUMENTS = ("", "NONE")  # types of what is none


def reason(rule: Rule, language: str, facts: Facts, addresses: Sequence[str], regulation: str = "") -> str:
    """What the rule says to whoever is told of `addresses`, its `{places}` filled in; its title when it says nothing.

    The article is not in it: that is `because_words`.
    """
    text = rule.message.get(language) or rule.message.get("vi")
    if not text:
        return rule.title or because_words(rule, regulation, language)
    filled = text.format_map(_Values(rule, facts, addresses, language))
    return filled[:1].upper() + filled[1:]


def because_words(rule: Rule, regulation: str, language: str) -> str:  # noqa: ARG001 - a text of law has one language
    """The article as people are told it (wording § 2): the place in the province's own regulation, `Điều 7 khoản 2 Quy
    chế …`. While the rule does not name it: that regulation, and what orders the rule.
    """
    article, own = rule.because.article.strip(), regulation.strip()
    if article and own:
        return plain_line(f"{article} {own}")
    return plain_line("; ".join(part for part in (own, rule.because.clause.strip()) if part))


def document_name(document: DocumentFacts, say: Texts) -> str:
    """`Công văn số 156/SYT-KHTH`, or its type alone."""
    kind, number = type_name(document.type), document.number
    return plain_line(say("policy.words.numbered", kind=kind, number=number) if number else kind)


class _Values(dict[str, str]):
    """The values of a text's places, each made when it is asked for; a place that is not known stays as written."""

    def __init__(self, rule: Rule, facts: Facts, addresses: Sequence[str], language: str) -> None:
        super().__init__()
        self._rule = rule
        self._facts = facts
        self._say = texts(language)
        self._makers: dict[str, Callable[[], str]] = {
            "document": self._document,
            "recipients": lambda: self._listed(addresses),
            "domain": lambda: self._listed(dict.fromkeys(address.rpartition("@")[2] for address in addresses)),
            "count": lambda: f"{facts.message.recipients:,}".replace(",", "." if language == "vi" else ","),
            "files": self._files,
            "links": lambda: self._listed(sorted(facts.message.links)),
            "agency": self._agency,
        }

    def __missing__(self, name: str) -> str:
        maker = self._makers.get(name)
        return f"{{{name}}}" if maker is None else _short(maker(), _LONGEST_LIST) or self._say("policy.words.unnamed")

    def _document(self) -> str:
        """Those that the rule is about; without such, what the message brings first."""
        tests = [asks(test) for test in self._rule.when.tests if test.scope == Scope.DOCUMENT]
        meant = [one for one in self._facts.documents if one.type not in NO_DOCUMENTS]
        if tests and (fitting := [one for one in meant if all(holds(one) for holds in tests)]):
            return self._listed(map(self._called, fitting))
        if named := self._facts.named.get("document"):
            return named
        return self._called(meant[0]) if meant else self._say("policy.words.document")

    def _called(self, document: DocumentFacts) -> str:
        return document_name(document, self._say)

    def _files(self) -> str:
        if named := self._facts.named.get("files"):
            return named
        endings = sorted({f".{one.extension}" for one in self._facts.attachments if one.extension})
        return self._listed(endings) or self._say("policy.words.files")

    def _agency(self) -> str:
        return self._facts.named.get("agency") or next(iter(self._facts.sender.agencies), "")

    def _listed(self, values: Iterable[str]) -> str:
        found = [_short(value, _LONGEST) for value in values if value]
        first = ", ".join(found[:_MOST_NAMED])
        more = len(found) - _MOST_NAMED
        return self._say.count("policy.words.more", more, first=first) if more > 0 else first


def _short(text: str, longest: int) -> str:
    line = plain_line(text).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
