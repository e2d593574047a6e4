"""The lines of a trace about digital signatures, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailhub.clock import iso_time, local_time
from mailhub.files.signed.facts import Problem
from mailhub.i18n import texts
from mailhub.signatures.keeping import KeptVerdict
from mailhub.signatures.report import as_object
from mailhub.signatures.verdict import Caution, JudgedDocument, Level, Reason, Subscriber, TimeSource, Verdict, Word
from mailhub.signatures.words import one_line

_REASONS: dict[str, Word] = {word.value: word for kind in (Problem, Reason) for word in kind}
_CAUTIONS = {caution.value: caution for caution in Caution}
_KINDS = (Subscriber.PERSON.value, Subscriber.AGENCY.value)
_BEFORE = {"UNKNOWN": "Chưa xác minh được khi thư đến, đã kiểm tra lại"}


def signature_parts(facts: dict[str, Any]) -> Iterator[str]:
    """`Chữ ký số của tệp qd.pdf: Hợp lệ – Nguyễn Văn A (cá nhân), lúc 08:05 22/11/2026`, one a signed file."""
    for told in facts.get("signatures", []):
        yield _file(told)


def verified_words(facts: dict[str, Any]) -> str:
    """What a line says that tells of a later answer."""
    return _BEFORE.get(str(facts.get("before")), "Đã kiểm tra lại chữ ký số")


def verdict_json(one: KeptVerdict) -> dict[str, Any]:
    """A verdict that was kept, for `--json`."""
    return {"message": one.code, "part": one.path, "time": iso_time(one.at), **as_object(one.judged)}


def verdict_text(one: KeptVerdict) -> str:
    """The same for people."""
    when = local_time(one.at).strftime("%H:%M %d/%m/%Y")
    again = ", kiểm tra lại" if one.again else ""
    return f"Chữ ký số (thư {one.code}, {when}{again}): {one_line(one.judged)}"


def _file(told: dict[str, Any]) -> str:
    place = f"tệp {told['file']}" if told.get("file") else f"phần {told['part']}" if told.get("part") else "thư"
    signers = "; ".join(map(_signer, told.get("signers", [])))
    return f"Chữ ký số của {place}: {one_line(_judged(told))}" + (f" – {signers}" if signers else "")


def _signer(told: dict[str, Any]) -> str:
    words = str(told.get("name") or "không rõ người ký")
    if (kind := told.get("kind")) in _KINDS:
        words += f" ({texts('vi')(f'signature.subscriber.{kind}')})"
    if told.get("at"):
        source = TimeSource.TIMESTAMP if told.get("by") == TimeSource.TIMESTAMP.value else TimeSource.CLAIMED
        when = local_time(int(told["at"])).strftime("%H:%M %d/%m/%Y")
        words += f", lúc {texts('vi')(f'signature.time.{source.value}', time=when)}"
    return words


def _judged(told: dict[str, Any]) -> JudgedDocument:
    return JudgedDocument(
        verdict=Verdict(told["verdict"]),
        level=Level(told["level"]),
        reasons=tuple(_REASONS[one] for one in told.get("reasons", []) if one in _REASONS),
        warnings=tuple(_CAUTIONS[one] for one in told.get("warnings", []) if one in _CAUTIONS),
    )
