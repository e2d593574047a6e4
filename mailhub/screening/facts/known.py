"""One message with what was looked up of it: kept between the two steps of gathering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailhub.accounts.addresses import split
from mailhub.accounts.directory import Look
from mailhub.policy.facts import MailClass
from mailhub.policy.lists import Lists
from mailhub.screening.case import Case
from mailhub.screening.facts.papers import Papers
from mailhub.screening.facts.senders import Writer


@dataclass(frozen=True, slots=True)
class Known:
    """A case, and who and what is in it. `classes` are by domain."""

    case: Case
    look: Look
    writer: Writer
    lists: Lists
    classes: Mapping[str, MailClass]
    papers: Papers

    def class_of(self, address: str) -> MailClass:
        """Whose the address of a recipient is."""
        return self.classes[domain_of(address)]

    @property
    def outside(self) -> tuple[str, ...]:
        """The recipients that are not ours."""
        found = (one.address for one in self.case.recipients)
        return tuple(address for address in found if self.class_of(address) is not MailClass.OWN)


def domain_of(address: str) -> str:
    """The domain as it is compared."""
    return split(address)[1].lower()
