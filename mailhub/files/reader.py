"""The face of `files/`: bytes of any kind in, facts out. Runs in the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mailhub.documents.grammar.recognise import Witness, recognise
from mailhub.documents.grammar.recognition import Evidence, Recognition
from mailhub.files.budget import Budget, budget_of
from mailhub.files.dangers import dangers_of
from mailhub.files.facts import Danger, DangerKind, FileFacts, Limits, Unreadable
from mailhub.files.members import Contents, Member
from mailhub.files.mending import mended
from mailhub.files.outcome import Outcome
from mailhub.files.readers import CONTAINERS, READERS
from mailhub.files.signed.facts import Problem, Signed
from mailhub.files.signed.reader import read_signed
from mailhub.files.signed.timer import OutOfTime, within
from mailhub.files.signed.trusted import TrustBundle
from mailhub.files.sniff import sniff
from mailhub.text.lines import Source

# What a secret document's record may not hold (reference/secrecy-and-conduct § 3): only what shows that it is one.
_OPEN_FIELDS = frozenset(("doc_type", "number_symbol", "issue_date", "issuer", "parent_issuer", "urgency", "secrecy"))


TrustSource = Callable[[], TrustBundle]


@dataclass(frozen=True, slots=True)
class Given:
    """One file as the message brought it."""

    data: memoryview
    name: str = ""
    declared: str = ""  # the Content-Type's type/subtype, lower case
    mail_subject: str = ""
    other_names: tuple[str, ...] = ()  # further readings of the name
    signs: memoryview | None = None  # the octets that it signs, when it is a signature apart from them (S/MIME)
    trust: TrustSource | None = None  # None: signatures are not asked for


def read_file(given: Given, limits: Limits) -> FileFacts:
    """Everything there is to say about a file. Raises nothing but MemoryError; what fails becomes a fact."""
    return _read(given, limits, budget_of(limits))


def _read(given: Given, limits: Limits, budget: Budget) -> FileFacts:
    facts = FileFacts(given.name, "unknown", len(given.data), hashlib.sha256(given.data).hexdigest())
    try:
        kind = sniff(given.data)
        facts = replace(facts, type=kind)
        names = dict.fromkeys((given.name, *given.other_names))
        facts = replace(facts, dangers=dangers_of(given.data, kind, names, given.declared))
        if kind == "empty":
            return replace(facts, unreadable=Unreadable.EMPTY)
        if budget.out_of_time:
            return replace(facts, unreadable=Unreadable.TIME)
        facts = replace(facts, signed=_signed(given, kind, limits, budget))
        if kind in CONTAINERS:
            return _opened(facts, given, limits, budget)
        return _understood(facts, given, limits, budget)
    except MemoryError:
        raise
    except Exception:  # whatever a stranger's file does to a parser is a fact about the file
        return replace(facts, unreadable=facts.unreadable or Unreadable.DAMAGED)


def _signed(given: Given, kind: str, limits: Limits, budget: Budget) -> Signed | None:
    """What is signed in the file: before its text is read, which may take all the time that there is."""
    seconds = min(limits.signed_seconds, budget.deadline - budget.clock())
    if given.trust is None or seconds <= 0:
        return None
    try:
        if given.signs is not None:
            return _read_detached(given.signs, given.data, given.trust(), seconds)
        return read_signed(given.data, kind, given.trust(), seconds)
    except MemoryError:
        raise
    except OutOfTime:
        return Signed(problems=(Problem.TIME,))
    except Exception as error:  # never a reading that says that all is well
        return Signed(problems=(Problem.CRASHED,), detail=type(error).__name__)


def _read_detached(signs: memoryview, data: memoryview, trust: TrustBundle, seconds: float) -> Signed:
    from mailhub.files.signed.smime import read_detached

    with within(seconds):
        return replace(read_detached(bytes(signs), bytes(data), trust), trust=trust.version)


def _opened(facts: FileFacts, given: Given, limits: Limits, budget: Budget) -> FileFacts:
    """An archive or a mail: its members, each read like a file of its own."""
    with budget.deeper() as allowed:
        if not allowed:
            return replace(facts, unreadable=Unreadable.TOO_DEEP)
        contents: Contents = CONTAINERS[facts.type](given.data, facts.type, budget)
        members = tuple(_member(member, given.mail_subject, limits, budget, given.trust) for member in contents.members)
    dangers = _without_repeats((*facts.dangers, *contents.dangers))
    return replace(facts, members=members, unreadable=contents.unreadable, dangers=dangers)


def _member(member: Member, mail_subject: str, limits: Limits, budget: Budget, trust: TrustSource | None) -> FileFacts:
    data = memoryview(member.data)
    if member.unreadable is not None and not member.data:
        dangers = dangers_of(data, "unknown", (member.name, *member.other_names))
        facts = FileFacts(member.name, "unknown", 0, dangers=dangers)
    else:
        given = Given(
            data, member.name, member.declared, mail_subject, member.other_names, signs=member.signs, trust=trust
        )
        facts = _read(given, limits, budget)
    return replace(
        facts,
        unreadable=member.unreadable or facts.unreadable,
        dangers=_without_repeats((*facts.dangers, *member.dangers)),
    )


def _understood(facts: FileFacts, given: Given, limits: Limits, budget: Budget) -> FileFacts:
    """A file with text in it: the text, and the document that it is."""
    reader = READERS.get(facts.type)
    if reader is None:
        return replace(facts, unreadable=_why_not(facts))
    left = max(0.0, budget.deadline - budget.clock())
    outcome: Outcome = reader(given.data, facts.type, replace(limits, seconds=left))
    facts = _with_outcome(facts, outcome)
    text = mended(outcome.text)
    if not any(line.text.strip() for line in text.lines):
        return facts
    if budget.out_of_time:
        return replace(facts, unreadable=facts.unreadable or Unreadable.TIME)
    recognition = recognise(text, Witness(given.name, given.mail_subject))
    if recognition.value("secrecy") is not None:
        why = facts.unreadable or Unreadable.SECRET
        return replace(facts, recognition=_withheld(recognition), unreadable=why, signed=None)
    kept = text.plain[: limits.text_characters] if limits.want_text else ""
    return replace(facts, recognition=recognition, text=kept)


def _why_not(facts: FileFacts) -> Unreadable:
    locked = any(danger.kind is DangerKind.ENCRYPTED for danger in facts.dangers)
    return Unreadable.ENCRYPTED if locked else Unreadable.UNSUPPORTED


def _with_outcome(facts: FileFacts, outcome: Outcome) -> FileFacts:
    dangers = (*facts.dangers, *outcome.dangers)
    if outcome.unreadable is Unreadable.ENCRYPTED and not any(d.kind is DangerKind.ENCRYPTED for d in dangers):
        dangers = (*dangers, Danger(DangerKind.ENCRYPTED, facts.type))
    return replace(
        facts,
        pages=outcome.pages,
        source=outcome.text.source if outcome.text.lines else Source.NONE,
        needs_ocr=outcome.needs_ocr,
        unreadable=outcome.unreadable,
        dangers=_without_repeats(dangers),
    )


def _without_repeats(dangers: Iterable[Danger]) -> tuple[Danger, ...]:
    return tuple(dict.fromkeys(dangers))


def _withheld(recognition: Recognition) -> Recognition:
    """What may be known of a secret document outside it; the words around each value are left out too."""
    return Recognition(
        fields={
            name: replace(found, evidence=Evidence(found.evidence.rule, "", found.evidence.page, found.evidence.line))
            for name, found in recognition.fields.items()
            if name in _OPEN_FIELDS
        },
        family=recognition.family,
        state=recognition.state,
    )
