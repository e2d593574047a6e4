"""Who is written to: what recipients have in common to be judged alike."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from mailhub.accounts.addresses import fold
from mailhub.accounts.profiles import GROUP, Line, Profile
from mailhub.policy.facts import Origin, RecipientFacts, Relation
from mailhub.queue.records import NewRecipient
from mailhub.screening.facts.known import Known, domain_of
from mailhub.screening.outside.relations import same_house

_NONE: frozenset[Relation] = frozenset()
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")  # xtext


def recipient_facts(
    known: Known, *, relations: Mapping[str, frozenset[Relation]], lookalikes: Mapping[str, str]
) -> dict[str, RecipientFacts]:
    """The facts of every recipient: `relations` by address, `lookalikes` by domain. Equal facts are one object, so
    that grouping by them is quick."""
    redirected = known.case.origin is Origin.REDIRECT
    line = known.writer.line
    groups = {fold(address) for address in known.case.groups}
    alike: dict[tuple[object, ...], RecipientFacts] = {}
    found: dict[str, RecipientFacts] = {}
    for recipient in known.case.recipients:
        address = recipient.address
        domain = domain_of(address)
        profile = known.look.profiles.get(address)
        relation = relations.get(address, _NONE)
        by_group = bool(groups) and _by_group(recipient, profile, groups)
        key = (domain, relation, by_group, profile and (profile.kind, profile.office, profile.agency))
        facts = alike.get(key)
        if facts is None:
            lookalike = lookalikes.get(domain, "")
            facts = RecipientFacts(
                mail_class=known.classes[domain],
                domain=domain,
                relation=relation,
                by_group=by_group,
                lookalike=lookalike,
                redirected=redirected,
            )
            facts = alike[key] = facts if profile is None else _with_profile(facts, profile, line)
        found[address] = facts
    return found


def _with_profile(facts: RecipientFacts, profile: Profile, line: Line) -> RecipientFacts:
    return replace(
        facts,
        kind=profile.kind,
        office=profile.office,
        agencies=profile.agency.codes,
        level=profile.agency.level,
        same_agency=same_house(line, profile.agency),
    )


def _by_group(recipient: NewRecipient, profile: Profile | None, groups: Collection[str]) -> bool:
    """Whether it is a group, or somebody whom the message reaches as a member of one."""
    if profile is not None and profile.kind == GROUP:
        return True
    kind, _, original = (recipient.original or "").partition(";")  # RFC 3461 § 4.2: what was written to
    return kind.lower() == "rfc822" and fold(_HEXCHAR.sub(lambda found: chr(int(found[1], 16)), original)) in groups
