"""Looks up what somebody outside is to one of ours: the rows behind `relations.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailhub.accounts.addresses import fold
from mailhub.accounts.profiles import Profile
from mailhub.policy.facts import MailClass, Relation
from mailhub.screening.facts.header_words import shown_names
from mailhub.screening.facts.known import Known
from mailhub.screening.facts.papers import words_of
from mailhub.screening.facts.senders import is_ours
from mailhub.screening.outside import correspondents
from mailhub.screening.outside.private_addresses import PrivateAddresses
from mailhub.screening.outside.relations import (
    Official,
    house_of,
    is_named,
    is_officials_private,
    is_own_private,
    name_key,
    of_history,
    officials_called,
)
from mailhub.store.database import Database

Relations = Mapping[str, frozenset[Relation]]
MOST_COMPARED = 50  # recipients whose names an author's is held against
_NOBODY: Sequence[Official] = ()


class Relating:
    """For one process; safe to use from threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._private = PrivateAddresses(database)

    def is_at_hand(self, version: int) -> bool:
        """Whether no more is read for an address than its own few rows; `version` is the directory's now."""
        return self._private.is_at_hand(version)

    def of_recipients(self, known: Known) -> Relations:
        """Of the recipients outside to one of ours who writes: two statements, however many. Of a stranger's
        recipients nothing is asked.

        Raises:
            StoreUnavailable
        """
        outside = known.outside
        if not outside or not is_ours(known.case):
            return {}
        shown = shown_names(known.case.fields)
        names = {address: shown.get(fold(address), "") for address in outside}
        entries = [words_of(entry) for entry in known.papers.entries]
        private = {name for one, name in names.items() if name and known.class_of(one) is MailClass.PRIVATE}
        mailbox, line = known.writer.mailbox, known.writer.line
        with self._database.read() as connection:
            past = correspondents.histories(
                connection,
                outside,
                None if mailbox is None else mailbox.mailbox_id,
                house_of(line),
                before=known.case.at,
            )
            officials = officials_called(connection, private) if private else {}
        found: dict[str, frozenset[Relation]] = {}
        for address, name in names.items():
            related = set(of_history(past.get(fold(address))))
            if entries and is_named(address, name, known.class_of(address), entries):
                related.add(Relation.NAMED)
            if (whose := self._whose(known, address, name, officials)) is not None:
                related.add(whose)
            found[address] = frozenset(related)
        return found

    def of_stranger(self, known: Known, mail_class: MailClass) -> frozenset[Relation]:
        """Of an author outside to those of ours whom it is written to: whose private address it is, whether what is
        attached names it, and whether there was mail between it and the first of them, or a desk of that one's house.

        Raises:
            StoreUnavailable
        """
        profiles = [known.look.profiles.get(one.address) for one in known.case.recipients]
        ours = [one for one in profiles if one is not None and one.mailbox_id is not None]
        address, shown = known.writer.address, known.writer.display
        found: set[Relation] = set()
        person = self._private.person_of(address, known.look.version)
        if person is not None:
            found.add(_relation(person, ours))
        elif mail_class is MailClass.PRIVATE and shown:
            alike = (one for one in ours[:MOST_COMPARED] if name_key(one.name) == name_key(shown))
            if any(is_own_private(address, shown, one) for one in alike):
                found.add(Relation.OWN_PRIVATE)
        if known.papers.entries:
            entries = [words_of(entry) for entry in known.papers.entries]
            if is_named(address, shown, mail_class, entries):
                found.add(Relation.NAMED)
        if ours:
            with self._database.read() as connection:
                past = correspondents.histories(
                    connection, [address], ours[0].mailbox_id, house_of(ours[0].agency), before=known.case.at
                )
            found |= of_history(past.get(fold(address)))
        return frozenset(found)

    def _whose(
        self, known: Known, address: str, name: str, officials: Mapping[str, Sequence[Official]]
    ) -> Relation | None:
        """Whose private address it is, as far as that can be told."""
        people = known.writer.people
        person = self._private.person_of(address, known.look.version)
        if person is not None:
            return _relation(person, people)
        if known.class_of(address) is not MailClass.PRIVATE:
            return None
        if any(is_own_private(address, name, one) for one in people):
            return Relation.OWN_PRIVATE
        mine = {one.person_id for one in people}
        others = [one for one in officials.get(name_key(name), _NOBODY) if one.person_id not in mine]
        if is_officials_private(address, name, known.writer.line, others):
            return Relation.OFFICIAL_PRIVATE
        return None


def _relation(person: int, people: Sequence[Profile]) -> Relation:
    own = any(one.person_id == person for one in people)
    return Relation.OWN_PRIVATE if own else Relation.OFFICIAL_PRIVATE
