"""What was judged of a message's signatures, as the timeline and the clients of our own readers are told it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailhub.clock import local_time
from mailhub.signatures.keeping import JudgedFile
from mailhub.signatures.verdict import Hierarchy, JudgedDocument, JudgedSignature, Level, TimeSource, Verdict
from mailhub.text.folding import fold

SIGNATURE_HEADER = "X-Mailhub-Signature"
MOST_TOLD = 20  # signed files of one message
MOST_SIGNERS = 10  # of one file
_LONGEST_NAME = 120
_VERDICTS = {
    Verdict.VALID: "hop-le",
    Verdict.INVALID: "khong-hop-le",
    Verdict.UNKNOWN: "chua-xac-minh-duoc",
    Verdict.UNTRUSTED: "chua-du-tin-cay",
}
_COMPLETE = {"both": "ca-nhan-va-co-quan", "person": "ca-nhan", "agency": "co-quan"}
_HIERARCHIES = {
    Hierarchy.OFFICIAL: "chuyen-dung-cong-vu",
    Hierarchy.PUBLIC: "cong-cong",
    Hierarchy.TEST: "thu-nghiem",
    Hierarchy.OTHER: "khac",
}


def signature_facts(files: Iterable[JudgedFile]) -> list[dict[str, Any]]:
    """For the timeline: a row for each signed file."""
    return [told_of(one) for one in files if one.judged.verdict is not Verdict.NOT_SIGNED][:MOST_TOLD]


def told_of(file: JudgedFile) -> dict[str, Any]:
    """One file: its verdict, why, and who signed."""
    judged = file.judged
    told: dict[str, Any] = {"part": file.path, "verdict": judged.verdict.value, "level": judged.level.value}
    if file.name:
        told["file"] = file.name[:_LONGEST_NAME]
    if judged.reasons:
        told["reasons"] = [reason.value for reason in judged.reasons]
    if judged.warnings:
        told["warnings"] = [warning.value for warning in judged.warnings]
    return {
        **told,
        "complete": judged.complete,
        "signers": [_signer(one) for one in judged.signatures[:MOST_SIGNERS]],
        "sha256": file.sha256.hex(),
    }


def _signer(one: JudgedSignature) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.signer.name[:_LONGEST_NAME],
        "kind": one.signer.subscriber.value,
        "verdict": one.verdict.value,
        "hierarchy": one.hierarchy.value,
        "revocation": one.revocation,
    }
    if one.at:
        told |= {"at": one.at, "by": one.at_source.value}
    return told


def signature_fields(files: Iterable[JudgedFile]) -> bytes:
    """`X-Mailhub-Signature` fields, one a signed file, for the filters of our own readers' clients.

    ASCII without diacritics, as `X-Mailhub-Document`: `hop-le; luu-y=co; phan="2"; day-du=ca-nhan-va-co-quan;
    nguoi-ky="so noi vu"; loai=chuyen-dung-cong-vu; luc=2026-11-22; ly-do=…`.
    """
    lines = [_field(one) for one in files if one.judged.verdict in _VERDICTS]
    return "".join(dict.fromkeys(lines[:MOST_TOLD])).encode("ascii")


def _field(file: JudgedFile) -> str:
    judged = file.judged
    words = [_VERDICTS[judged.verdict]]
    if judged.verdict is Verdict.VALID and judged.level is Level.CARE:
        words.append("luu-y=co")
    words.append(f'phan="{_plain(file.path)}"' if file.path else "phan=thu")
    words.append(f"day-du={_COMPLETE.get(judged.complete, 'khong')}")
    words += _signers(judged)
    if judged.reasons:
        words.append(f"ly-do={_token(judged.reasons[0].value)}")
    return f"{SIGNATURE_HEADER}: " + ";\r\n\t".join(words) + "\r\n"


def _signers(judged: JudgedDocument) -> Iterable[str]:
    for one in judged.signatures[:MOST_SIGNERS]:
        if not one.signer.name:
            continue
        yield f'nguoi-ky="{_plain(one.signer.name)[:_LONGEST_NAME]}"'
        yield f"loai={_HIERARCHIES[one.hierarchy]}"
        if one.at:
            proved = "dau-thoi-gian" if one.at_source is TimeSource.TIMESTAMP else "tu-khai"
            yield f"luc={local_time(one.at).strftime('%Y-%m-%d')} {proved}"


def _plain(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() and c != '"' else "?" for c in fold(text))


def _token(text: str) -> str:
    return "-".join(_plain(text).replace(",", " ").split())[:40]
