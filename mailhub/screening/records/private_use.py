"""What one message says about private mail in public work: counts for each mailbox and provider. Pure.

A message counts once for a provider, whatever the number of its recipients there, and whatever the rules made of it:
what was tried is what the figures are about. Automatic answers are nobody's doing and do not count; nor does mail from
a provider that nothing speaks for but its From (forged names would make figures of their own).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from mailhub.policy.facts import DocumentIssuer, Facts, MailClass, Origin, Proof, RecipientFacts, Relation

OWN_ACCOUNT = ""  # in `Uses`: the mailbox of the account that sends
_WRITTEN = (Origin.OWN, Origin.TRUSTED)
_LONGEST = 255  # characters of a provider's name
ISSUED = "issued"  # DocumentFacts.state


@dataclass(frozen=True, slots=True)
class Use:
    """Counts, as in `models.PrivateMailUse`."""

    sent: int = 0
    received: int = 0
    forwarded: int = 0
    own_private: int = 0
    official_private: int = 0
    documents: int = 0
    links: int = 0
    issued: int = 0

    def plus(self, other: Use) -> Use:
        return Use(**{name: getattr(self, name) + getattr(other, name) for name in COUNTS})

    def minus(self, other: Use) -> Use:
        return Use(**{name: getattr(self, name) - getattr(other, name) for name in COUNTS})

    @property
    def counts(self) -> dict[str, int]:
        """By their names, as the table has them."""
        return {name: getattr(self, name) for name in COUNTS}

    @property
    def nothing(self) -> bool:
        return not any(getattr(self, name) for name in COUNTS)


COUNTS = tuple(one.name for one in fields(Use))
# (mailbox's address, or OWN_ACCOUNT; provider) → what happened between them.
Uses = Mapping[tuple[str, str], Use]


def uses_of(facts: Facts) -> Uses:
    """What there is to count; empty for nearly every message."""
    if facts.message.origin is Origin.OUTSIDE:
        return _received(facts)
    if facts.message.origin is Origin.AUTOMATIC:
        return {}
    found = {
        (OWN_ACCOUNT, domain): _sent(facts, kinds) for domain, kinds in _private_recipients(facts.recipients).items()
    }
    if facts.message.origin in _WRITTEN:
        for host in facts.message.links:
            key = (OWN_ACCOUNT, host[:_LONGEST])
            found[key] = Use(**(found.get(key, Use()).counts | {"links": 1}))
    return found


def issued_elsewhere(facts: Facts) -> tuple[str, ...]:
    """The issuers, as they are printed, of issued documents of our own agencies' in mail from a private mailbox."""
    if not _comes_from_private(facts):
        return ()
    ours = (DocumentIssuer.OWN, DocumentIssuer.SENDER)
    return tuple(one.issuer for one in facts.documents if one.issuer_is in ours and one.state == ISSUED)


def difference(new: Uses, old: Uses) -> Uses:
    """What has to be added to the figures when a message that was counted as `old` is judged again."""
    nothing = Use()
    found = {key: new.get(key, nothing).minus(old.get(key, nothing)) for key in {**old, **new}}
    return {key: use for key, use in found.items() if not use.nothing}


def _received(facts: Facts) -> Uses:
    if not _comes_from_private(facts):
        return {}
    use = Use(received=1, documents=len(facts.documents))
    ours = (address for address, one in facts.recipients.items() if one.mail_class is MailClass.OWN)
    return {(address, facts.sender.domain): use for address in ours}


def _comes_from_private(facts: Facts) -> bool:
    sender = facts.sender
    proved = sender.proof is not Proof.NONE
    return facts.message.origin is Origin.OUTSIDE and sender.mail_class is MailClass.PRIVATE and proved


def _private_recipients(recipients: Mapping[str, RecipientFacts]) -> dict[str, set[str]]:
    """Each provider of private mail, with the relations of all who are written to there."""
    found: dict[str, set[str]] = {}
    for one in recipients.values():
        if one.mail_class is MailClass.PRIVATE:
            found.setdefault(one.domain, set()).update(one.relation)
    return found


def _sent(facts: Facts, relations: set[str]) -> Use:
    written = facts.message.origin in _WRITTEN
    return Use(
        sent=int(written),
        forwarded=int(facts.message.forward or not written),
        own_private=int(Relation.OWN_PRIVATE in relations),
        official_private=int(Relation.OFFICIAL_PRIVATE in relations),
        documents=len(facts.documents),
    )
