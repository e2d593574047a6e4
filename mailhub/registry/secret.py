"""State secrets leave next to nothing here (Luật 117/2025/QH15; reference/secrecy-and-conduct § 1.3).

mailhub is a networked system, on which no secret may be kept: what stays of one is when it was seen, its type, its
level, its hash and its size. No words of it, nobody's name, no file name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mailhub.documents.grammar.recognition import Evidence, Recognition
from mailhub.files.facts import Danger, FileFacts, Unreadable
from mailhub.text.folding import fold

LEVELS = ("MẬT", "TỐI MẬT", "TUYỆT MẬT")
_LEVELS = {fold(level) for level in LEVELS}
_KEPT_FIELDS = ("doc_type", "secrecy")
# Columns of a secret document that are kept, and corrections of it.
OF_SECRETS = (*_KEPT_FIELDS, "state")


@dataclass(frozen=True, slots=True)
class Answered(Recognition):
    """A recognition with people's answers in it (answers.py); `read` is what was recognised."""

    read: Recognition = field(default_factory=Recognition)


def as_read(recognition: Recognition | None) -> Recognition | None:
    """What was recognised, without people's answers."""
    return recognition.read if isinstance(recognition, Answered) else recognition


def facts_as_read(facts: FileFacts) -> FileFacts:
    """The facts as the file was read, people's answers left out."""
    members = tuple(facts_as_read(member) for member in facts.members)
    return replace(facts, recognition=as_read(facts.recognition), members=members)


def is_level(secrecy: str) -> bool:
    """Whether a mark is a level of secrecy; `LƯU HÀNH NỘI BỘ` is none."""
    return fold(secrecy) in _LEVELS


def is_secret(facts: FileFacts) -> bool:
    """Whether the document in the file itself bears a level, without a doubt."""
    return facts.recognition is not None and is_level(facts.recognition.value("secrecy") or "")


def holds_secret(facts: FileFacts) -> bool:
    """Whether the file is, or holds at any depth, a secret document."""
    return is_secret(facts) or any(holds_secret(member) for member in facts.members)


def may_be_secret(facts: FileFacts) -> bool:
    """Whether a level was seen at all: enough not to keep the text."""
    seen = None if facts.recognition is None else facts.recognition.fields.get("secrecy")
    return seen is not None and is_level(seen.value)


def without_words(facts: FileFacts) -> FileFacts:
    """`facts` with nothing in it that a secret document, or what holds one, says."""
    if not holds_secret(facts):
        return facts
    members = tuple(without_words(replace(member, name="")) for member in facts.members)
    dangers = tuple(Danger(d.kind) for d in facts.dangers)
    bare = replace(facts, name="", text="", members=members, dangers=dangers, signed=None)
    if not is_secret(facts):
        return replace(bare, recognition=None)
    return replace(bare, recognition=_bare(facts.recognition), unreadable=facts.unreadable or Unreadable.SECRET)


def _bare(recognition: Recognition | None) -> Recognition | None:
    if recognition is None:
        return None
    fields = {
        name: replace(found, evidence=Evidence(found.evidence.rule, page=found.evidence.page))
        for name, found in recognition.fields.items()
        if name in _KEPT_FIELDS
    }
    bare = Recognition(fields=fields, family=recognition.family, state=recognition.state)
    if not isinstance(recognition, Answered):
        return bare
    read = _bare(recognition.read) or Recognition()
    return Answered(fields=fields, family=bare.family, state=bare.state, read=read)


def redacted(facts: FileFacts, sha256: str) -> FileFacts:
    """`facts` without the words of the file with this hash, which a person said is secret, nor the names around it."""
    members = tuple(redacted(member, sha256) for member in facts.members)
    if facts.sha256 == sha256:
        bare = _bare(facts.recognition)
        kept = replace(facts, name="", text="", recognition=bare, unreadable=Unreadable.SECRET, signed=None)
        return replace(kept, members=tuple(replace(member, name="") for member in members))
    return replace(facts, name="" if members != facts.members else facts.name, members=members)
