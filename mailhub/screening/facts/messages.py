"""What rules ask of the message as a whole."""

from __future__ import annotations

from mailhub.clock import local_time
from mailhub.mail.automatic import is_auto_submitted
from mailhub.mail.body_text import BodyText
from mailhub.mail.parts import Role
from mailhub.policy.facts import MailClass, MessageFacts, Origin
from mailhub.policy.lists import Lists, is_file_sharing
from mailhub.screening.case import Case
from mailhub.screening.facts.header_words import is_reply, says_forward
from mailhub.screening.facts.known import Known
from mailhub.screening.facts.secrecy import read_secrecy

_NONE: frozenset[str] = frozenset()


def message_facts(known: Known, *, night: str, province_group: bool) -> MessageFacts:
    """The facts. `night` is `[policy] night`; `province_group` says whether one of the groups is everybody."""
    case, papers = known.case, known.papers
    classes = [known.class_of(one.address) for one in case.recipients]
    secrecy = read_secrecy(case)
    return MessageFacts(
        origin=case.origin,
        size=case.size,
        recipients=len(case.recipients),
        outside=sum(one is not MailClass.OWN for one in classes),
        private=classes.count(MailClass.PRIVATE),
        groups=frozenset(case.groups) if case.groups else _NONE,
        group_members=max(case.groups.values(), default=0),
        province_group=province_group,
        reply=is_reply(case.fields),
        forward=says_forward(case.subject) or _holds_message(case),
        automatic=case.origin is Origin.AUTOMATIC or is_auto_submitted(case.fields),
        night=is_night(case.at, night),
        links=_file_sharing(case.body, known.lists),
        secrecy=secrecy.level,
        secrecy_in=secrecy.found_in,
        unread=case.unread or papers.unread,
        malware=papers.malware,
        encrypted=case.body is not None and case.body.encrypted,
        pdf_alone=papers.pdf_alone,
        signature=papers.signature,
    )


def is_night(at: int, hours: str) -> bool:
    """Whether the moment `at` (ms) lies in `hours` ("22-05": from 22:00 until before 05:00) by Vietnam's clock."""
    first, _, last = hours.partition("-")
    begins, ends, hour = int(first), int(last), local_time(at).hour
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def _holds_message(case: Case) -> bool:
    structure = None if case.inspection is None else case.inspection.structure
    return structure is not None and any(part.role is Role.MESSAGE for part in structure.parts)


def _file_sharing(body: BodyText | None, lists: Lists) -> frozenset[str]:
    if body is None or not body.hosts:
        return _NONE
    return frozenset(host for host in body.hosts if is_file_sharing(host, lists))
