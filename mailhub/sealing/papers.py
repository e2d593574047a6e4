"""The files of a desk's mail as the choice looks at them: what each is, whose, how well signed, and whether its place
in the mail can be written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailhub.files.facts import FileFacts, Unreadable
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.mail.octets import Octets
from mailhub.mail.parts import Part
from mailhub.mail.replacing import untouchable
from mailhub.registry.matching import Agencies
from mailhub.sealing.choosing import PDF, Paper
from mailhub.sealing.reasons import OF_PART, Refused
from mailhub.sealing.switching import SealingDesk
from mailhub.signatures.verdict import NOT_SIGNED, JudgedDocument

# What may be otherwise the next time it is read: until then nobody knows what it is.
_UNKNOWN = (Unreadable.TIME, Unreadable.MEMORY, Unreadable.CRASHED)
Judged = Mapping[str, JudgedDocument]  # by the place of the file: "2", and "2/1" for the first that lies in it


def papers_of(
    inspection: Inspection, data: Octets, judged: Judged, desk: SealingDesk, agencies: Agencies
) -> list[Paper]:
    """Every file of the mail `data`, and what lies in archives and forwarded messages."""
    found: list[Paper] = []
    for file in inspection.files:
        facts = file.facts
        if facts is None:
            found.append(_unread(file.part))
            continue
        why = untouchable(data, inspection.structure, file.part.path)
        blocked = None if why is None else OF_PART[why]
        found.append(_paper(file, facts, file.part.path, blocked, judged, desk, agencies))
        for place, member in _members(facts, file.part.path):
            found.append(_paper(file, member, place, Refused.ARCHIVED, judged, desk, agencies))
    return found


def paper_of(facts: FileFacts, judged: JudgedDocument, desk: SealingDesk, agencies: Agencies) -> Paper:
    """A file that is in no mail."""
    return Paper(
        path=facts.name,
        name=facts.name,
        type=facts.type,
        read=facts.unreadable not in _UNKNOWN,
        recognition=facts.recognition,
        judged=judged,
        ours=_is_ours(facts, judged, desk, agencies),
    )


def _unread(part: Part) -> Paper:
    is_pdf = "application/pdf" in part.types or any(name.lower().endswith(".pdf") for name in part.names)
    return Paper(path=part.path, name=part.name, type=PDF if is_pdf else part.type, read=False)


def _paper(
    file: InspectedFile,
    facts: FileFacts,
    path: str,
    blocked: Refused | None,
    judged: Judged,
    desk: SealingDesk,
    agencies: Agencies,
) -> Paper:
    verdict = judged.get(path, NOT_SIGNED)
    return Paper(
        path=path,
        name=facts.name or file.part.name,
        type=facts.type,
        read=facts.unreadable not in _UNKNOWN,
        recognition=facts.recognition,
        judged=verdict,
        ours=_is_ours(facts, verdict, desk, agencies),
        blocked=blocked,
    )


def _members(facts: FileFacts, way: str) -> Iterator[tuple[str, FileFacts]]:
    for number, member in enumerate(facts.members, 1):
        place = f"{way}/{number}"
        yield place, member
        yield from _members(member, place)


def _is_ours(facts: FileFacts, judged: JudgedDocument, desk: SealingDesk, agencies: Agencies) -> bool | None:
    """Whether the desk's agency issued it: the header names it, or names none of ours and its own people signed. None
    where there is no header."""
    found = facts.recognition
    issuer = "" if found is None else found.value("issuer") or ""
    if issuer and found is not None:
        named = agencies.named(issuer, found.value("parent_issuer") or "")
        if named:
            return desk.agency_id in named
        alike = agencies.named(issuer)  # the agency above is printed by a name that we do not know
        if alike and desk.agency_id not in alike:
            return False
    if any(one.signer.agency == desk.agency for one in judged.signatures):
        return True
    return False if issuer else None


__all__ = ["Judged", "paper_of", "papers_of"]
