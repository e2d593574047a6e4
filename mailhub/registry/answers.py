"""People's answers laid over what was read, so that later mail with the same octets is told as they said.

What was read stays beneath (`Answered.read`): only that is ever written down as a reading of the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select

from mailhub.documents.grammar.recognition import Evidence, Found, Recognition, State
from mailhub.files.facts import FileFacts
from mailhub.registry.secret import OF_SECRETS, Answered, as_read, without_words
from mailhub.registry.tables import correction_table, document_table
from mailhub.store.chunks import chunks

RULE = "corrected"  # of the evidence of a field that a person gave

_given = (
    select(
        document_table.c.sha256, correction_table.c.field, correction_table.c.recognised, correction_table.c.corrected
    )
    .join(correction_table, correction_table.c.document_id == document_table.c.id)
    .where(document_table.c.corrected_at.is_not(None), document_table.c.sha256.in_(bindparam("hashes", expanding=True)))
    .order_by(correction_table.c.id)
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A row of `correction`, as far as it tells which value holds."""

    field: str
    recognised: str
    corrected: str


def latest(answers: Iterable[Answer]) -> dict[str, str]:
    """Field → the answer that holds, of answers in their order.

    Answers whose words went when the document became a secret hold no longer once its level was looked at again: they
    are blank, and must not blank what is read anew.
    """
    found: dict[str, str] = {}
    erased: set[str] = set()
    for answer in answers:
        if answer.field == "secrecy":
            for name in erased:
                found.pop(name, None)
        found[answer.field] = answer.corrected
        blank = not answer.recognised and not answer.corrected and answer.field not in OF_SECRETS
        (erased.add if blank else erased.discard)(answer.field)
    return found


def answers_of(connection: Connection, hashes: Collection[bytes]) -> dict[bytes, dict[str, str]]:
    """For each file whose document was corrected: field → the answer that holds."""
    rows: dict[bytes, list[Answer]] = defaultdict(list)
    for chunk in chunks(sorted(set(hashes))):
        for row in connection.execute(_given, {"hashes": chunk}):
            rows[bytes(row.sha256)].append(Answer(row.field, row.recognised, row.corrected))
    return {sha256: latest(given) for sha256, given in rows.items()}


def answered(connection: Connection, files: Sequence[tuple[bytes, FileFacts]]) -> list[FileFacts]:
    """The facts of files, each with its hash, with what people answered about them and about what is in them.

    A level of secrecy that a person saw leaves no words, as one that was read does (secret.py).
    """
    given = answers_of(connection, {sha256 for own, facts in files for sha256 in (own, *_inner(facts))})
    if not given:
        return [facts for _, facts in files]
    return [without_words(_overlaid(facts, own, given)) for own, facts in files]


def _inner(facts: FileFacts) -> Iterator[bytes]:
    for member in facts.members:
        if len(member.sha256) == 64:
            yield bytes.fromhex(member.sha256)
        yield from _inner(member)


def _overlaid(facts: FileFacts, own: bytes, given: Mapping[bytes, Mapping[str, str]]) -> FileFacts:
    members = tuple(_overlaid(member, _hash_of(member), given) for member in facts.members)
    answers = given.get(own)
    if not answers:
        return replace(facts, members=members)
    return replace(facts, members=members, recognition=_with(as_read(facts.recognition) or Recognition(), answers))


def _hash_of(member: FileFacts) -> bytes:
    return bytes.fromhex(member.sha256) if len(member.sha256) == 64 else b""


def _with(read: Recognition, answers: Mapping[str, str]) -> Recognition:
    fields = dict(read.fields)
    state, evidence = read.state, read.state_evidence
    for name, value in answers.items():
        if name == "state":
            state, evidence = (State(value), Evidence(RULE)) if value else (state, evidence)
        elif value:
            fields[name] = Found(value, 1.0, Evidence(RULE))
        else:
            fields.pop(name, None)
    return Answered(
        fields=fields,
        family=read.family,
        state=state,
        addressees=read.addressees,
        recipients=read.recipients,
        labels=read.labels,
        doubts=read.doubts,
        state_evidence=evidence,
        read=read,
    )
