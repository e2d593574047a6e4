"""What somebody outside is to the sender: a private address of an official, a correspondent, named in the paper.

Whose a private address is can only be told by what people gave for recovery, or by its name. A name alone convicts
nobody: thousands are called Nguyễn Văn An. So one's own private address is one made of every word of one's name, or a
usual short form beside that very name; and another official's by name only of the sender's own unit and those above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from mailhub.accounts.addresses import split
from mailhub.accounts.models import Person
from mailhub.accounts.people.folded import person_words
from mailhub.accounts.profiles import Line, Profile, load_lines
from mailhub.mail.dmarc import organizational_domain
from mailhub.policy.facts import MailClass, Relation
from mailhub.screening.facts.papers import words_of
from mailhub.screening.outside.correspondents import NO_HISTORY, History
from mailhub.screening.outside.private_names import Likeness, likeness, name_words
from mailhub.store.chunks import chunks

LEAST_NAMED = 6  # letters of a name that is looked for in a paper
LEAST_LABEL = 5  # letters of a domain's own label
_TITLES = ("ong ", "ba ", "dong chi ", "dc ", "anh ", "chi ", "bac si ", "bs ", "ths ", "ts ")
# Names with which a state body begins; a mailbox at a provider of private mail is never one.
_STATE = (
    "ubnd", "uy ban", "so ", "phong ", "ban ", "bo ", "chi cuc", "cuc ", "hdnd", "hoi dong", "van phong",
    "tinh uy", "dang uy", "van thu",
)  # fmt: skip
_CALLED = select(Person.id, Person.folded, Person.full_name, Person.agency_id, Person.birth_date).where(
    Person.folded.in_(bindparam("names", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Official:
    """Somebody of ours who has the name that is shown beside an address."""

    person_id: int
    name: str
    birth_year: int
    line: Line


def is_own_private(address: str, shown: str, person: Profile) -> bool:
    """Whether an address at a provider of private mail is the person's own, by its name."""
    like = likeness(address, person.name, person.birth_year)
    if like is Likeness.NONE:
        return False
    same = name_key(shown) == name_key(person.name)
    # Somebody else's name beside it says that it is theirs; an address or nothing says nothing.
    other = len(name_words(shown)) > 1 and "@" not in shown and not same
    return same or (like is Likeness.FULL and not other)


def is_officials_private(address: str, shown: str, writer: Line, officials: Iterable[Official]) -> bool:
    """Whether it is a colleague's by the name shown and the address: of the sender's own unit, or of those above it.

    Two people share a full name once in about 5,000 pairs: among twenty colleagues a citizen's namesake is rare, in a
    whole agency it would be a false alarm each week.
    """
    return any(
        name_key(shown) == name_key(one.name)
        and not set(one.line.ids[:1]).isdisjoint(house_of(writer))
        and likeness(address, one.name, one.birth_year) is not Likeness.NONE
        for one in officials
    )


def same_house(one: Line, other: Line) -> bool:
    """Whether two agencies are one, one above the other, or units of one agency below the province."""
    return not set(house_of(one)).isdisjoint(house_of(other))


def house_of(line: Line) -> tuple[int, ...]:
    """The agency and those above it without the province, which is everybody's; the province itself for its own."""
    return line.ids[:-1] or line.ids


def is_named(address: str, shown: str, mail_class: MailClass, entries: Collection[str]) -> bool:
    """Whether the recipient is in Kính gửi or Nơi nhận: by the name shown, or by the domain of an organisation.
    `entries` are as `words_of` makes them. A state body's name at a private mailbox counts for nothing."""
    name = words_of(shown).strip()
    for title in _TITLES:
        name = name.removeprefix(title)
    state = mail_class is MailClass.PRIVATE and f"{name} ".startswith(_STATE)
    telling = name.count(" ") > 0 and len(name.replace(" ", "")) >= LEAST_NAMED and not state
    if telling and any(f" {name} " in entry for entry in entries):
        return True
    if mail_class not in (MailClass.ORGANISATION, MailClass.GOVERNMENT):
        return False
    label = organizational_domain(split(address)[1]).partition(".")[0].replace("-", "")
    return len(label) >= LEAST_LABEL and any(label in entry.replace(" ", "") for entry in entries)


def of_history(history: History | None) -> frozenset[Relation]:
    """Known, and who wrote first; else the first contact."""
    history = history or NO_HISTORY
    if not history.known:
        return frozenset({Relation.FIRST_CONTACT})
    return frozenset({Relation.KNOWN, Relation.WROTE_FIRST} if history.wrote_first else {Relation.KNOWN})


def officials_called(connection: Connection, names: Iterable[str]) -> Mapping[str, list[Official]]:
    """Our people with these names (as shown), by the folded name."""
    wanted = sorted({key for name in names if len(name_words(name)) > 1 and (key := name_key(name)).isprintable()})
    rows: list[Row[Any]] = []
    for chunk in chunks(wanted):
        rows.extend(connection.execute(_CALLED, {"names": chunk}))
    lines = load_lines(connection, {row.agency_id for row in rows})
    found: dict[str, list[Official]] = {}
    for row in rows:
        year = 0 if row.birth_date is None else row.birth_date.year
        official = Official(row.id, row.full_name, year, lines.get(row.agency_id, Line()))
        found.setdefault(row.folded, []).append(official)
    return found


def name_key(name: str) -> str:
    """The key of a name as `person.folded` has it."""
    return person_words(name[:200])
