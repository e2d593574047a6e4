"""E-mail in e-mail: the parts of an attached message as members."""

from __future__ import annotations

from mailhub.documents.grammar.body_marks import mark_in_subject
from mailhub.files.budget import Budget
from mailhub.files.facts import Danger, DangerKind, Unreadable
from mailhub.files.members import Contents, Member
from mailhub.mail.parts import Part, PartProblem, Role
from mailhub.mail.signed_parts import signed_octets
from mailhub.mail.structure import read_structure
from mailhub.mail.subjects import subjects_at, subjects_within
from mailhub.mail.transfer import decode_body, decoded_size

_HOLDERS = frozenset({Role.CONTAINER, Role.MESSAGE})
_PROBLEMS = {
    PartProblem.TOO_MANY: Unreadable.TOO_MANY,
    PartProblem.TOO_DEEP: Unreadable.TOO_DEEP,
    PartProblem.TOO_LARGE: Unreadable.TOO_LARGE,
}


def read_message(data: memoryview, *, budget: Budget) -> Contents:
    """The texts and files of an RFC 5322 message, of those forwarded in it as well. Raises nothing but MemoryError.

    The texts have no name; an encoded message within is a member like other files.
    """
    structure = read_structure(data)
    members: list[Member] = []
    unreadable = next((_PROBLEMS[problem] for problem in structure.problems if problem in _PROBLEMS), None)
    # A secrecy mark in a subject is as good as one on a sheet: it becomes a sheet of its own.
    marks = {mark_in_subject(one) for one in (*subjects_at(data, 0), *subjects_within(data, structure))}
    members += [Member("", "text/plain", f"{mark}\n".encode()) for mark in sorted(marks - {""})]
    for part in structure.parts:
        if part.role in _HOLDERS:
            continue
        if not budget.take_member():
            unreadable = Unreadable.TOO_MANY
            break
        if budget.out_of_time:
            unreadable = Unreadable.TIME
            break
        signs = signed_octets(structure, part)
        members.append(_member(data, part, budget, None if signs is None else data[slice(*signs)]))
    return Contents(tuple(members), unreadable)


def _member(data: memoryview, part: Part, budget: Budget, signs: memoryview | None) -> Member:
    dangers: tuple[Danger, ...] = ()
    if PartProblem.HIDDEN_CHARACTERS in part.problems:
        dangers = (Danger(DangerKind.MISNAMED, "hidden characters in the name"),)
    octets = b""
    unreadable: Unreadable | None = None
    if budget.take_octets(decoded_size(part)):
        octets, faults = decode_body(data, part)
        unreadable = Unreadable.DAMAGED if faults and not octets else None
    else:
        unreadable = Unreadable.TOO_LARGE
    return Member(part.name, part.type, octets, unreadable, dangers, part.names[1:], signs)
