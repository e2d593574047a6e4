"""Documents that were exchanged by mail, and signatures: sums of `counting/documents.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mailhub.reports.counting.counts import SENDING, Direction, What
from mailhub.reports.figures.scene import Scene
from mailhub.reports.ledger import Sums
from mailhub.reports.units import Unit
from mailhub.reports.values import Share
from mailhub.signatures.verdict import Hierarchy, Subscriber, Verdict

OURS = (*SENDING, Direction.IN)  # each exchange once: what one of ours receives from another was sent by that one


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFigures:
    """`lines` is by agency (a line), b (direction), c (signature); `types` by a, b; `months` by month, b, c;
    `signatures` by agency, a (subscriber), b (hierarchy), c (verdict). `public`: agencies with the number of files that
    they signed with a certificate of a public authority, most first (S3-13)."""

    types: Sums
    lines: Sums
    months: Sums
    signatures: Sums
    exchanged: int
    exchanged_before: int
    signed: Share
    certificates: Share
    uncertified: Sequence[Unit]
    public: Sequence[tuple[Unit, Mapping[str, int]]]


def document_figures(scene: Scene) -> DocumentFigures:
    """Everything that the report on documents says."""
    first, last = scene.period.first, scene.period.last
    ledger = scene.ledger
    types = ledger.sums(What.DOCUMENT, first, last, by=("a", "b"))
    by_agency = ledger.sums(What.DOCUMENT, first, last, by=("agency", "b", "c"))
    months = ledger.sums(What.DOCUMENT, first, last, by=("month", "b", "c"), months=scene.month_days)
    signatures = signature_sums(scene)
    certified = certified_agencies(scene, signatures)
    offices = bodies(scene)
    return DocumentFigures(
        types=types,
        lines=by_lines(scene, by_agency),
        months=months,
        signatures=signatures,
        exchanged=types.number(b=OURS),
        exchanged_before=exchanged(scene, scene.before.first, scene.before.last),
        signed=signed_share(months),
        certificates=certificate_share(scene, signatures),
        uncertified=[one for one in offices if one.id not in certified],
        public=_with_public(scene, signatures),
    )


def exchanged(scene: Scene, first: date, last: date) -> int:
    """Documents exchanged by mail on these days: sent by an agency of ours, or come from outside."""
    sums = scene.ledger.sums(What.DOCUMENT, first, last, by=("b",))
    return sums.number(b=OURS)


def signed_share(sums: Sums, **wanted: object) -> Share:
    """Of the documents that agencies of ours sent, those with signatures that are all valid."""
    sent = sums.number(b=SENDING, **wanted)
    valid = sum(
        amount[0]
        for key, amount in sums.items(b=SENDING, **wanted)
        if key[sums.by.index("c")].startswith(f"{Verdict.VALID.value}/")
    )
    return Share(valid, sent)


def signature_sums(scene: Scene) -> Sums:
    """Signed files by whose certificate, whose hierarchy, and the verdict."""
    return scene.ledger.sums(What.SIGNATURE, scene.period.first, scene.period.last, by=("agency", "a", "b", "c"))


def bodies(scene: Scene) -> list[Unit]:
    """What counts as an agency of its own: what has an identifier (mã định danh, QĐ 20/2020/QĐ-TTg), and has not
    ended."""
    found = (one for one in scene.units.inside.values() if one.identifier and one.there(scene.last_day))
    return sorted(found, key=lambda one: one.code)


def certified_agencies(scene: Scene, signatures: Sums) -> frozenset[int]:
    """Agencies of which a valid signature of their own, by a certificate of the Government's hierarchy, was seen in the
    period (S2-09): the signature proves that the certificate was in force."""
    del scene
    wanted = signatures.items(a=Subscriber.AGENCY.value, b=Hierarchy.OFFICIAL.value, c=Verdict.VALID.value)
    return frozenset(key[0] for key, amount in wanted if amount[0])


def certificate_share(scene: Scene, signatures: Sums | None = None) -> Share:
    """Agencies that sign with a valid certificate, of all."""
    certified = certified_agencies(scene, signature_sums(scene) if signatures is None else signatures)
    offices = bodies(scene)
    return Share(sum(1 for one in offices if one.id in certified), len(offices))


def by_lines(scene: Scene, sums: Sums) -> Sums:
    """Sums by agency as sums by line."""
    place = sums.by.index("agency")
    found = Sums(sums.by)
    for key, (number, more) in sums.amounts.items():
        line = scene.units.line_of(key[place])
        found.add((*key[:place], line, *key[place + 1 :]), number, more)
    return found


def _with_public(scene: Scene, signatures: Sums) -> list[tuple[Unit, Mapping[str, int]]]:
    found: dict[int, dict[str, int]] = {}
    for key, amount in signatures.items(b=Hierarchy.PUBLIC.value):
        agency_id, subscriber = key[0], key[1]
        if agency_id in scene.units.inside:
            numbers = found.setdefault(agency_id, {})
            numbers[subscriber] = numbers.get(subscriber, 0) + amount[0]
    lines = [(scene.units.inside[number], numbers) for number, numbers in found.items()]
    return sorted(lines, key=lambda line: (-sum(line[1].values()), line[0].code))
