"""Kiểm tra tệp: the verdict on the signatures in one file. Opened in the sandbox alone, and nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256

from starlette.responses import Response

from mailhub.admin.frame.access import SIGNED_IN
from mailhub.admin.frame.routes import MEGABYTE, Screens
from mailhub.admin.frame.visit import Visit
from mailhub.clock import time_words
from mailhub.files.signed.facts import Form as SignatureForm
from mailhub.files.signed.facts import Problem
from mailhub.i18n import Texts
from mailhub.ops.knowledge import WithHub
from mailhub.ops.verifying import Verified, verify_file
from mailhub.sandbox.errors import InspectorBusy, InspectorUnavailable
from mailhub.sandbox.pool import FileBytes, Inspector
from mailhub.serve.inspectors import SLOW_SOCKET
from mailhub.signatures.report import when
from mailhub.signatures.verdict import JudgedDocument, JudgedSignature, Level, Verdict
from mailhub.signatures.words import Told, by_weight, heading, main_word, slug, told
from mailhub.text.fingerprints import spaced
from mailhub.text.plain import plain_line

screens = Screens()
MOST_MIB = 1024  # what `[web] upload_mib` may be at most; its value is asked in the handler
_LONGEST_NAME = 200
LEVELS = {Level.GOOD: ("good", "patch-check"), Level.CARE: ("warn", "patch-exclamation"),
          Level.BAD: ("bad", "exclamation-octagon"), Level.NONE: ("off", "patch-question")}  # fmt: skip


@screens.get("/signatures/verify", SIGNED_IN)
def choose_file(visit: Visit) -> Response:
    """GET: the place to drop a file."""
    return _form(visit)


@screens.post("/signatures/verify", SIGNED_IN, upload_mib=MOST_MIB)
def verify(visit: Visit) -> Response:
    """POST file: the verdict. The file is read into memory, goes to the sandbox, and is gone with the answer."""
    form, most = visit.form, visit.site.settings.web.upload_mib
    upload = form.files.get("file")
    if upload is None:
        form.mend("file", "web.signatures.no-file")
        return _form(visit, status=422)
    data = upload.file.read(most * MEGABYTE + 1)
    if len(data) > most * MEGABYTE:
        form.mend("file", "web.signatures.too-large", most=most)
        return _form(visit, status=413)
    if not data:
        form.mend("file", "web.signatures.empty")
        return _form(visit, status=422)
    name = plain_line(upload.filename or "")[:_LONGEST_NAME]
    file = FileBytes(name, "application/octet-stream", data, sha256(data).hexdigest())
    try:
        found = _judge(visit, file)
    except (InspectorBusy, InspectorUnavailable):
        form.mend("file", "web.signatures.busy")
        return _form(visit, status=503)
    shown = found[1:] or found[:1]
    files = [(" › ".join(one.path), _words(visit, one.judged)) for one in shown]
    return visit.page(
        "signatures/verdict.html", name=name, size=len(data), digest=spaced(file.sha256), at=visit.at,
        whole=_words(visit, found[0].judged), files=files,
    )  # fmt: skip


def _judge(visit: Visit, file: FileBytes) -> Sequence[Verified]:
    site = visit.site
    inspector = Inspector(site.settings.run_directory / SLOW_SOCKET)
    known = WithHub(lambda: site.settings, site.database, inspector)
    try:
        return asyncio.run(verify_file(file, inspector, known))
    finally:
        known.close()


def _form(visit: Visit, *, status: int = 200) -> Response:
    return visit.page("signatures/verify.html", status=status, most=visit.site.settings.web.upload_mib)


def _words(visit: Visit, judged: JudgedDocument) -> dict[str, object]:
    """A verdict as the page shows it: big words, why, what to do, and each signature."""
    t, language = visit.t, visit.language
    whole, word = heading(judged, language), main_word(judged)
    kind, icon = LEVELS[judged.level]
    return {
        "kind": kind,
        "icon": icon,
        "heading": whole,
        "word": None if word is None else told(word, language),
        "is_reason": bool(judged.reasons),
        "signed": judged.verdict is not Verdict.NOT_SIGNED,
        "complete": t(f"signature.complete.{judged.complete}"),
        "reasons": [told(one, language) for one in judged.reasons if one is not word],
        "cautions": [told(one, language) for one in by_weight(judged) if one is not word],
        "signatures": [_signature(t, language, one) for one in judged.signatures],
    }


def _signature(t: Texts, language: str, one: JudgedSignature) -> dict[str, object]:
    """One signature: pairs of what and how, in the order in which people ask."""
    verdict = t(f"signature.verdict.{slug(one.verdict.value)}.short")
    stamp = one.form == SignatureForm.PDF_TIMESTAMP
    subscriber = t("signature.label.timestamp") if stamp else t(f"signature.subscriber.{one.signer.subscriber.value}")
    facts = [
        (t("web.signatures.signer"), one.signer.name or "?"),
        (t("web.signatures.kind"), subscriber),
        (t("web.signatures.organisation"), one.signer.organisation),
        (t("signature.label.certificate"), t(f"signature.hierarchy.{one.hierarchy.value}")),
        (t("signature.label.time"), when(one, t)),
        (t("signature.label.revocation"), _revocation(t, one)),
        (t("web.signatures.covers"), t(f"signature.covers.{slug(one.covers)}") if one.covers else ""),
        (t("signature.label.changes"), _changes(t, one)),
        (t("web.signatures.serial"), one.signer.serial),
        (t("web.signatures.fingerprint"), spaced(one.signer.certificate) if one.signer.certificate else ""),
    ]
    reasons: list[Told] = [told(reason, language) for reason in one.reasons]
    kind = {Verdict.VALID: "good", Verdict.INVALID: "bad"}.get(one.verdict, "warn")
    return {
        "verdict": verdict, "kind": kind, "reasons": reasons, "chain": one.chain, "title": one.signer.name or "?",
        "facts": [(title, words) for title, words in facts if words],
    }  # fmt: skip


def _revocation(t: Texts, one: JudgedSignature) -> str:
    if one.revocation == "revoked":
        return t("signature.revocation.revoked", time=time_words(one.revoked_at))
    return t(f"signature.revocation.{slug(one.revocation)}")


def _changes(t: Texts, one: JudgedSignature) -> str:
    """Not beside the reason that something was changed: "nothing was added" would only confuse."""
    return "" if Problem.CHANGED in one.reasons or not one.changes else t(f"signature.changes.{slug(one.changes)}")
