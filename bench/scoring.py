"""Comparing what was recognised with what people read, and the table of it.

The rules of comparison are those by which the labelled corpus is measured everywhere. NFC always; types without regard
to case; numbers and symbols exactly, but for blanks and kinds of dashes; dates exactly; issuers and subjects alike to
0.9 (difflib), without case, quotes, outer punctuation and a leading "V/v" or "Về việc"; signers exactly, without case
and titles. A label's `accept` lists further right values (null may be one). Fields under `unreadable` are only on the
page's image: they count under `strict`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

FIELDS = ("doc_type", "number_symbol", "issue_date", "issuer", "subject", "signer", "urgency", "secrecy")
NONE = "none"
ALIKE = 0.9
ENOUGH = 5  # classes with fewer documents say little

Record = Mapping[str, Any]

_DASHES = re.compile("[‐‑‒–—―−]")
_BLANKS = re.compile(r"\s+")
_QUOTES = re.compile("[\"'“”‘’«»]")
_ABOUT = re.compile(r"^\W*(?:v\s*/\s*v|về việc)\b[\s:.]*")
_TITLES = re.compile(
    r"^(?:(?:gs|pgs|ts|ths|th\.s|bs|bsckii|bscki|ckii|cki|ông|bà|đ/c|đồng chí|luật sư|ls|kts|ks|ncs)\b\.?[\s,]*)+",
    re.IGNORECASE,
)


def normal(name: str, value: object) -> str | None:
    """The value of field `name` as it is compared; None when there is none."""
    text = unicodedata.normalize("NFC", str(value)).replace("\u00a0", " ").strip() if value is not None else ""
    match name:
        case "doc_type":
            return _BLANKS.sub("", text or NONE).casefold()
        case "number_symbol":
            text = _DASHES.sub("-", _BLANKS.sub("", text))
        case "issuer" | "subject":
            text = _QUOTES.sub("", _BLANKS.sub(" ", text).casefold())
            text = (_ABOUT.sub("", text) if name == "subject" else text).strip(" .,;:-–—()[]*_/")
        case "signer":
            text = _TITLES.sub("", _BLANKS.sub(" ", text).casefold()).strip(" .,;:")
        case "urgency" | "secrecy":
            text = _BLANKS.sub(" ", text).casefold()
    return text or None


def agrees(name: str, said: object, meant: object) -> bool:
    """Whether two values of a field are the same to a reader."""
    one, other = normal(name, said), normal(name, meant)
    if one == other or one is None or other is None or name not in ("issuer", "subject"):
        return one == other
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def is_right(name: str, said: object, label: Record) -> bool:
    """Whether `said` is the label's value or one of those that it accepts."""
    return any(agrees(name, said, meant) for meant in (label.get(name), *(label.get("accept") or {}).get(name, ())))


@dataclass(slots=True)
class Tally:
    """How often a field was right, where documents show it and where they do not; `given` counts values said."""

    right: int = 0
    shown: int = 0
    shown_right: int = 0
    absent: int = 0
    absent_right: int = 0
    given: int = 0
    given_wrong: int = 0
    misses: list[tuple[str, object, object]] = field(default_factory=list)


@dataclass(slots=True)
class Class:
    """One type. An accepted alternative counts as the label's own type."""

    hit: int = 0
    missed: int = 0
    mistaken: int = 0  # others that were taken for it

    @property
    def size(self) -> int:
        return self.hit + self.missed

    @property
    def precision(self) -> float:
        return _share(self.hit, self.hit + self.mistaken)

    @property
    def recall(self) -> float:
        return _share(self.hit, self.size)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class Score:
    """All figures of a set of documents."""

    size: int = 0
    fields: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in FIELDS})
    types: dict[str, Class] = field(default_factory=dict)
    confusions: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    negatives: int = 0
    taken_for_documents: list[str] = field(default_factory=list)
    invented_numbers: list[str] = field(default_factory=list)
    unpredicted: list[str] = field(default_factory=list)

    @property
    def macro_f1(self) -> float:
        return _mean(one.f1 for one in self.types.values())

    @property
    def large(self) -> list[Class]:
        return [one for one in self.types.values() if one.size >= ENOUGH]

    @property
    def macro_f1_of_large(self) -> float:
        return _mean(one.f1 for one in self.large)

    @property
    def given(self) -> int:
        return sum(tally.given for tally in self.fields.values())

    @property
    def given_wrong(self) -> int:
        return sum(tally.given_wrong for tally in self.fields.values())


def score(predictions: Mapping[str, Record], labels: Iterable[Record], *, strict: bool = False) -> Score:
    """Compare. Field figures are of real documents (label not NONE); a document without a prediction is wrong."""
    result, names = Score(), dict[str, str]()
    spelled = Counter[str]()
    for label in labels:
        names.setdefault(str(normal("doc_type", label.get("doc_type"))), str(label.get("doc_type")))
        result.size += 1
        prediction = predictions.get(label["id"])
        if prediction is None:
            result.unpredicted.append(label["id"])
        _count_type(result, label, prediction, spelled)
        if normal("doc_type", label.get("doc_type")) == NONE:
            _count_negative(result, label, prediction)
        else:
            _count_fields(result, label, prediction, strict=strict)
    for code, times in spelled.items():
        if code in result.types:
            result.types[code].mistaken = times
    result.types = {names[code]: one for code, one in result.types.items()}
    return result


def _count_type(result: Score, label: Record, prediction: Record | None, mistaken: Counter[str]) -> None:
    code = str(normal("doc_type", label.get("doc_type")))
    one = result.types.setdefault(code, Class())
    if prediction is not None and is_right("doc_type", prediction.get("doc_type"), label):
        one.hit += 1
        return
    one.missed += 1
    said = "(nothing)" if prediction is None else str(prediction.get("doc_type") or "NONE")
    if prediction is not None:
        mistaken[str(normal("doc_type", said))] += 1
    result.confusions[str(label.get("doc_type")), said].append(label["id"])


def _count_negative(result: Score, label: Record, prediction: Record | None) -> None:
    result.negatives += 1
    if prediction is None:
        return
    if not is_right("doc_type", prediction.get("doc_type"), label):
        result.taken_for_documents.append(label["id"])
    if not is_right("number_symbol", prediction.get("number_symbol"), label):
        result.invented_numbers.append(label["id"])


def _count_fields(result: Score, label: Record, prediction: Record | None, *, strict: bool) -> None:
    for name, tally in result.fields.items():
        if not strict and name in (label.get("unreadable") or ()):
            continue
        said = None if prediction is None else prediction.get(name)
        good = prediction is not None and is_right(name, said, label)
        tally.right += good
        if normal(name, label.get(name)) is None:
            tally.absent += 1
            tally.absent_right += good
        else:
            tally.shown += 1
            tally.shown_right += good
        if normal(name, said) not in (None, NONE):
            tally.given += 1
            tally.given_wrong += not good
        if not good:
            tally.misses.append((label["id"], label.get(name), said))


def table(result: Score, *, details: bool = False) -> str:
    """The figures as people read them."""
    taken, invented = result.taken_for_documents, result.invented_numbers
    lines = [
        f"documents {result.size}, without prediction {len(result.unpredicted)} {' '.join(result.unpredicted[:20])}",
        f"type macro-F1: {result.macro_f1_of_large:.3f} over classes of {ENOUGH} up, {result.macro_f1:.3f} over all",
        f"negatives: {result.negatives}; as documents: {_percent(len(taken), result.negatives)} {' '.join(taken)}",
        f"numbers invented on negatives: {len(invented)} {' '.join(invented)}",
        f"wrong answers given: {result.given_wrong} of {result.given} ({_percent(result.given_wrong, result.given)})",
        "",
        "field            right | where shown     n | where not    n | given, wrong",
    ]
    for name, tally in result.fields.items():
        lines.append(
            f"{name:14} {_percent(tally.right, tally.shown + tally.absent):>7} |"
            f" {_percent(tally.shown_right, tally.shown):>11} {tally.shown:5} |"
            f" {_percent(tally.absent_right, tally.absent):>9} {tally.absent:4} | {tally.given:5}, {tally.given_wrong}"
        )
    lines += ["", "type       n  precision  recall     F1"]
    for code, one in sorted(result.types.items(), key=lambda item: -item[1].size):
        lines.append(f"{code:8} {one.size:3}      {one.precision:.3f}   {one.recall:.3f}  {one.f1:.3f}")
    lines += ["", "mistaken types:"]
    lines += [f"  {was} → {said}: {' '.join(ids)}" for (was, said), ids in sorted(result.confusions.items())] or [
        "  none"
    ]
    if details:
        lines += _details(result)
    return "\n".join(lines)


def _details(result: Score) -> Iterable[str]:
    for name, tally in result.fields.items():
        if name != "doc_type" and tally.misses:
            yield f"\nwrong {name}:"
            yield from (f"  {which}: label {meant!r} | said {said!r}" for which, meant, said in tally.misses)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"
