"""What the timeline tells of sealing, and an inspection seen as it will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from mailhub.intake.inspection import Inspection
from mailhub.sealing.acts import SEALED, Clerk
from mailhub.sealing.choosing import Choice, ToSeal
from mailhub.sealing.ordering import SealedFile
from mailhub.sealing.papers import Judged
from mailhub.sealing.switching import SealingDesk
from mailhub.signer.orders import SealKind

_BOTH = "both"  # JudgedDocument.complete


def judged_in(inspection: Inspection) -> Judged:
    """What was judged, by the file's place."""
    return {one.path: one.judged for one in inspection.signatures}


def as_if_sealed(inspection: Inspection, choice: Choice) -> Inspection:
    """The inspection with the agency's signature on what is going to get it: what rules about signatures go by."""
    paths = {one.paper.path for one in choice.orders if one.kind is SealKind.MAIN}
    if not paths:
        return inspection
    signatures = tuple(
        replace(one, judged=replace(one.judged, complete=_BOTH)) if one.path in paths else one
        for one in inspection.signatures
    )
    return replace(inspection, signatures=signatures)


def story_line(desk: SealingDesk, clerk: Clerk, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The facts of a `sealed` line."""
    return {"desk": desk.desk, "agency": desk.agency, "clerk": clerk.address, "files": lines}


def file_line(path: str, name: str, outcome: str, **more: Any) -> dict[str, Any]:
    """One file in it. `outcome`: sealed, or a word of `reasons`, of the signer, of `choosing.Passed`."""
    return {"part": path, "name": name, "outcome": outcome} | {key: value for key, value in more.items() if value}


def passed_lines(choice: Choice) -> list[dict[str, Any]]:
    """The files that go without."""
    return [file_line(paper.path, paper.name, why.value) for paper, why in choice.passed]


def sealed_lines(orders: Sequence[ToSeal], files: Mapping[str, SealedFile]) -> list[dict[str, Any]]:
    """The files that were sealed, with their hashes."""
    return [_sealed(one, files[one.paper.path]) for one in orders]


def _sealed(order: ToSeal, file: SealedFile) -> dict[str, Any]:
    return file_line(
        order.paper.path,
        order.paper.name,
        SEALED,
        kind=order.kind.value,
        number=order.paper.number,
        sha256=sha256(file.content).hexdigest(),
        certificate=file.certificate,
        untimed=file.untimed,
    )
