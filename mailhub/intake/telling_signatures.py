"""What was judged of a message's signatures, as the timeline and the clients of our own readers are told it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailhub.clock import local_time
from mailhub.intake.header_words import plain, token
from mailhub.signatures.keeping import JudgedFile
from mailhub.signatures.verdict import Hierarchy, JudgedDocument, JudgedSignature, TimeSource, Verdict
from mailhub.signatures.words import main_word, told

SIGNATURE_HEADER = "X-Mailhub-Signature"
MOST_TOLD = 20  # signed files of one message
MOST_SIGNERS = 10  # of one file
_LONGEST_NAME = 120
_LONGEST_REASON = 80
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
    said: dict[str, Any] = {"part": file.path, "verdict": judged.verdict.value, "level": judged.level.value}
    if file.name:
        said["file"] = file.name[:_LONGEST_NAME]
    if judged.reasons:
        said["reasons"] = [reason.value for reason in judged.reasons]
    if judged.warnings:
        said["warnings"] = [warning.value for warning in judged.warnings]
    return {
        **said,
        "complete": judged.complete,
        "signers": [_signer(one) for one in judged.signatures[:MOST_SIGNERS]],
        "sha256": file.sha256.hex(),
    }


def _signer(one: JudgedSignature) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": one.signer.name[:_LONGEST_NAME],
        "kind": one.signer.subscriber.value,
        "verdict": one.verdict.value,
        "hierarchy": one.hierarchy.value,
        "revocation": one.revocation,
    }
    if one.at:
        said |= {"at": one.at, "by": one.at_source.value}
    return said


def signature_fields(files: Iterable[JudgedFile]) -> bytes:
    """`X-Mailhub-Signature` fields, one a signed file, for the filters of our own readers' clients.

    ASCII without diacritics, as `X-Mailhub-Document`: `hop-le; luu-y=…; phan="2"; day-du=ca-nhan-va-co-quan;
    nguoi-ky="so noi vu"; loai=chuyen-dung-cong-vu; luc=2026-11-22; ly-do=noi-dung-da-bi-sua-sau-khi-ky`.
    """
    lines = [_field(one) for one in files if one.judged.verdict in _VERDICTS]
    return "".join(dict.fromkeys(lines[:MOST_TOLD])).encode("ascii")


def _field(file: JudgedFile) -> str:
    judged = file.judged
    words = [_VERDICTS[judged.verdict]]
    word = main_word(judged)
    if word is not None and not judged.reasons:
        words.append(f"luu-y={token(told(word).short, most=_LONGEST_REASON)}")
    words.append(f'phan="{plain(file.path)}"' if file.path else "phan=thu")
    words.append(f"day-du={_COMPLETE.get(judged.complete, 'khong')}")
    words += _signers(judged)
    if judged.reasons:
        words.append(f"ly-do={token(told(word).short, most=_LONGEST_REASON) if word else 'khac'}")
    return f"{SIGNATURE_HEADER}: " + ";\r\n\t".join(words) + "\r\n"


def _signers(judged: JudgedDocument) -> Iterable[str]:
    for one in judged.signatures[:MOST_SIGNERS]:
        if not one.signer.name:
            continue
        yield f'nguoi-ky="{plain(one.signer.name)[:_LONGEST_NAME]}"'
        yield f"loai={_HIERARCHIES[one.hierarchy]}"
        if one.at:
            proved = "dau-thoi-gian" if one.at_source is TimeSource.TIMESTAMP else "tu-khai"
            yield f"luc={local_time(one.at).strftime('%Y-%m-%d')} {proved}"
