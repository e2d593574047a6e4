"""Words for the index, and what people type turned into a question to it. Pure.

Both engines get the same tokens, made here: each begins with a letter that says what it is.

    f quyet      a word, folded          e quyết     a word with its marks
    n 15qdubnd   the whole number        o 15        the number without its symbol
    i dong       a word of the issuer    d 20261122  the date, also d202611 and d2026
    t qdm   s issued   u hoatoc   h1, h0 (a number or none)   x1 (something was doubted)   a 123, k 123 (agency, desk)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailhub.registry.abbreviations import AGENCIES, TYPES
from mailhub.registry.identity import number_key
from mailhub.text.folding import clean, fold, skeleton

MOST_WORDS = 32  # of a question
LONGEST = 60  # characters of a token
TEXT_TOKENS = 30_000  # different words of a full text
_SHORTEST_PREFIX = 2

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d{1,6}[^\W\d_]{0,2}(?:\s*/\s*(?:19|20)\d{2})?\s*[-/]\s*[^\W\d_][^\s,;]{1,60}")
_DATE = re.compile(
    r"\b(?:(\d{1,2})[/.-])?(\d{1,2})[/.-]((?:19|20)\d{2})(?![\w/-])|\b((?:19|20)\d{2})-(\d{2})-(\d{2})\b"
)
_ORDINAL = re.compile(r"(\d{1,6})[^\W\d_]{0,2}\s*[-/]")

_BOTH = {**TYPES, **AGENCIES}
# fold of the abbreviation → its words with marks; folded words → the abbreviation's own token.
_OPENED = {fold(short): words for short, words in _BOTH.items() if short.upper() != words.upper()}
_CLOSED = [(f" {fold(words)} ", short) for short, words in _BOTH.items() if " " in words]


@dataclass(frozen=True, slots=True)
class Term:
    """One token, or with `prefix` everything that begins with it."""

    token: str
    prefix: bool = False


# All clauses must hold; of a clause one term suffices.
Clause = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks for in words. `number` is empty when there is no number in it, `exact` when no marks."""

    number: tuple[Clause, ...]
    exact: tuple[Clause, ...]
    folded: tuple[Clause, ...]


def words_of(text: str) -> Iterator[str]:
    """The words of `text`, in lower case, with their marks (NFC)."""
    for found in _WORD.finditer(clean(text).lower()):
        yield found.group()[:LONGEST]


def field_tokens(text: str) -> set[str]:
    """A field's tokens: each word folded and with its marks, abbreviations opened, and words closed to them."""
    words = list(words_of(text))
    opened = [word for short in words for word in _OPENED.get(fold(short), "").split()]
    folded = " " + " ".join(fold(word) for word in words) + " "
    closed = [short.lower() for phrase, short in _CLOSED if phrase in folded]
    return set(_word_tokens([*words, *opened, *closed]))


def text_tokens(text: str) -> set[str]:
    """A full text's tokens: folded words alone."""
    found: set[str] = set()
    for word in words_of(text):
        found.add("f" + fold(word))
        if len(found) >= TEXT_TOKENS:
            break
    return found


def number_tokens(number_symbol: str) -> set[str]:
    """`05/QĐ-UBND`: the whole, the ordinal, that there is one, and its words; `h0` of nothing."""
    if not number_symbol:
        return {"h0"}
    ordinal = _ORDINAL.match(clean(number_symbol))
    tokens = {"h1", "n" + number_key(number_symbol)[:LONGEST], *field_tokens(number_symbol)}
    return tokens | {f"o{int(ordinal.group(1))}"} if ordinal else tokens


def date_tokens(iso: str) -> set[str]:
    """`2026-11-22` → `d20261122`, `d202611`, `d2026`, and the year as a word."""
    if not iso:
        return set()
    return {"d" + iso.replace("-", ""), "d" + iso[:7].replace("-", ""), "d" + iso[:4], "f" + iso[:4]}


def issuer_tokens(issuer: str) -> set[str]:
    """The words of an issuer, for the filter."""
    return {"i" + token[1:] for token in field_tokens(issuer) if token[0] == "f"}


def tag(kind: str, value: object) -> str:
    """A token for a value of a closed list: `tag("t", "QĐ")` → `tqdm`. Only a mark tells HĐ from HD."""
    text = str(value)
    return kind + skeleton(text) + ("m" if kind == "t" and not text.isascii() else "")


def read_question(text: str) -> Question:
    """What `text` asks for. A word that ends with `*`, and the last one, may go on."""
    text = unicodedata.normalize("NFC", clean(text))[:1000]
    dates, rest = _take_dates(text)
    number = _number_clause(rest)
    words = list(_typed(rest))[:MOST_WORDS]
    ordinals = [word for word, _ in words if word.isdecimal() and len(word) <= 6]
    others = [(word, more) for word, more in words if word not in ordinals]
    folded = (*dates, *((Term("f" + fold(word), more),) for word, more in words))
    if number is None and ordinals and len(ordinals) == 1 and (len(ordinals[0]) < 4 or not others):
        number = (
            (Term(f"o{int(ordinals[0])}"),),
            *dates,
            *((Term("f" + fold(word), more),) for word, more in others),
        )
    marked = [fold(word) != word for word, _ in words]
    exact = (*dates, *((Term(_as_typed(word), more),) for word, more in words)) if any(marked) else ()
    return Question(number or (), exact, folded)


def issuer_clauses(text: str) -> tuple[Clause, ...]:
    """The filter by issuer: all words of `text`, folded."""
    return tuple((Term("i" + fold(word)),) for word in list(words_of(text))[:MOST_WORDS])


def month_clause(since: str, until: str) -> Clause:
    """Tokens of the years, or of up to 24 months, from the ISO date `since` to `until`; () when the span is odd."""
    first, last = int(since[:4]), int(until[:4])
    if not 0 <= last - first <= 400:
        return ()
    months = range(first * 12 + int(since[5:7]) - 1, last * 12 + int(until[5:7]))
    if len(months) <= 24:
        return tuple(Term(f"d{month // 12:04}{month % 12 + 1:02}") for month in months)
    return tuple(Term(f"d{year:04}") for year in range(first, last + 1))


def _word_tokens(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        plain = fold(word)
        yield "f" + plain
        if plain != word:
            yield "e" + word


def _as_typed(word: str) -> str:
    plain = fold(word)
    return "f" + plain if plain == word else "e" + word


def _typed(text: str) -> Iterator[tuple[str, bool]]:
    """The words, and whether each may go on: after a `*`, or at the very end with two letters or more."""
    found = list(_WORD.finditer(text.lower()))
    for index, match in enumerate(found):
        word = match.group()[:LONGEST]
        open_end = index == len(found) - 1 and match.end() == len(text) and not word.isdecimal()
        starred = text[match.end() : match.end() + 1] == "*"
        yield word, len(word) >= _SHORTEST_PREFIX and (open_end or starred)


def _number_clause(text: str) -> tuple[Clause, ...] | None:
    found = _NUMBER.search(text)
    if found is None:
        return None
    rest = text[: found.start()] + " " + text[found.end() :]
    others = ((Term("f" + fold(word), more),) for word, more in _typed(rest))
    return ((Term("n" + number_key(found.group())[:LONGEST], prefix=True),), *list(others)[:MOST_WORDS])


def _take_dates(text: str) -> tuple[list[Clause], str]:
    clauses: list[Clause] = []

    def take(found: re.Match[str]) -> str:
        day, month, year, iso_year, iso_month, iso_day = found.groups()
        if iso_year:
            clauses.append((Term(f"d{iso_year}{iso_month}{iso_day}"),))
        elif int(month) > 12:
            return found.group()
        elif day:
            clauses.append((Term(f"d{year}{int(month):02}{int(day):02}"),))
        else:
            clauses.append((Term(f"d{year}{int(month):02}"),))
        return " "

    return clauses, _DATE.sub(take, text)
