"""One document: its fields with the words they were taken from, where it went, its signatures, people's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from mailhub.accounts.errors import NotAllowed
from mailhub.accounts.rights import Action, Actor, may
from mailhub.admin.frame.access import needs
from mailhub.admin.frame.routes import Screens
from mailhub.admin.frame.visit import Visit
from mailhub.admin.mail_words import of_one
from mailhub.admin.refusals import in_words
from mailhub.admin.screens.documents import field_words, issued_on, may_see_codes, states
from mailhub.documents.grammar.explanations import explain
from mailhub.documents.type_names import type_name
from mailhub.i18n import Texts
from mailhub.queue.mail_head import MailHead, head_of
from mailhub.registry import service as registry
from mailhub.registry.access import subject_of
from mailhub.registry.closed import CLOSED, in_its_spelling
from mailhub.registry.errors import InvalidCorrection, NoSuchDocument
from mailhub.registry.records import DocumentReport
from mailhub.registry.secret import is_level
from mailhub.registry.values import CORRECTABLE
from mailhub.signatures.keeping import KeptVerdict
from mailhub.signatures.showing import show_verdicts
from mailhub.signatures.verdict import Level
from mailhub.signatures.words import one_line

screens = Screens()
_MOST_WAYS = 20  # messages whose recipients are shown
LEVEL_KINDS = {Level.GOOD: "good", Level.CARE: "warn", Level.BAD: "bad", Level.NONE: "off"}


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field: `value` is what holds, `read` what was recognised, where the two differ; `sure` of the reading."""

    name: str
    title: str
    value: str
    read: str = ""
    sure: bool = True
    said: bool = False  # by a person
    rule: str = ""
    words: str = ""
    page: int = 0
    percent: int = 0


@screens.get("/documents/{document}", needs(Action.DOCUMENT_READ))
def show_document(visit: Visit) -> Response:
    """GET: everything about it."""
    return _page(visit)


@screens.post("/documents/{document}/correct", needs(Action.DOCUMENT_CORRECT))
def correct_document(visit: Visit) -> Response:
    """POST field, value, reason, sure: a person's better answer. A level of secrecy takes the document's words away for
    good, so that the page asks once more."""
    form, number = visit.form, _number(visit)
    field = form.choice("field", list(CORRECTABLE))
    value, reason = form.text("value", longest=1_000), form.text("reason", longest=1_000)
    level = in_its_spelling("secrecy", value) if field == "secrecy" else ""
    if level and not reason:
        form.mend("reason", "web.documents.reason-for-secret")
    if form and level and not form.chosen("sure"):
        form.mend("sure", "web.documents.erases", level=level)
    if form:
        try:
            with visit.writing() as (connection, actor):
                registry.correct(connection, actor, number, field, value, reason)
        except InvalidCorrection:
            form.mend("value", f"web.documents.bad-value.{field}" if field in CLOSED else "web.documents.bad-value")
    if not form:
        return _page(visit, status=422)
    return visit.go(f"/documents/{number}", "web.documents.corrected", field=field_words(visit.t, field))


def _number(visit: Visit) -> str:
    """The document's own number: names and hashes are for the command line."""
    text = visit.path["document"]
    if not (text.isascii() and text.isdigit() and 12 <= len(text) <= 19):
        raise NoSuchDocument(f"no document is known as {text[:40]}")
    return text


def _page(visit: Visit, *, status: int = 200) -> Response:
    number = _number(visit)
    with visit.writing() as (connection, actor):
        report = registry.show(connection, actor, number)
        verdicts = _verdicts(connection, actor, number)
        subject = subject_of(connection, actor, report.line.id, number)
        corrects = may(actor, Action.DOCUMENT_CORRECT, subject)
        ways = _ways(connection, actor, report) if may_see_codes(visit.actor) else {}
    t = visit.t
    return visit.page(
        "documents/page.html",
        status=status,
        report=report,
        line=report.line,
        name=_name(t, report),
        fields=list(_fields(t, report)),
        verdicts=[(one, one_line(one.judged, visit.language), LEVEL_KINDS[one.judged.level]) for one in verdicts],
        corrects=corrects,
        choices=_choices(t),
        traces=may_see_codes(visit.actor),
        ways=ways,
        of_one=of_one,
        chosen=visit.query.get("field", "") if visit.query.get("field", "") in CORRECTABLE else "",
        field_words=lambda name: field_words(t, name),
        in_words=lambda name, value: _said(t, name, value),
        secret=is_level(report.line.secrecy),
    )


def _ways(connection: Connection, actor: Actor, report: DocumentReport) -> Mapping[str, MailHead]:
    """The messages that brought it, by code: from whom, to whom, and how each recipient stands. Without their subjects
    or anything else of them, they are told here; the timeline, one click on, writes down who reads it."""
    codes = list(dict.fromkeys(one.code for one in report.seen))[:_MOST_WAYS]
    try:
        heads = [(code, head_of(connection, actor, code)) for code in codes]
    except NotAllowed:  # mail has a right of its own
        return {}
    return {code: head for code, head in heads if head is not None}


def _verdicts(connection: Connection, actor: Actor, number: str) -> Sequence[KeptVerdict]:
    try:
        return show_verdicts(connection, actor, number)
    except (NotAllowed, NoSuchDocument):  # verdicts have a right of their own
        return ()


def _name(t: Texts, report: DocumentReport) -> str:
    line = report.line
    kind = type_name(line.doc_type) if line.doc_type else t("web.documents.type-unknown")
    return f"{kind} {line.number_symbol}".strip()


def _fields(t: Texts, report: DocumentReport) -> Iterator[FieldShown]:
    """Those that the record keeps, then what else was read of the paper."""
    read = report.recognition.fields if report.recognition is not None else {}
    corrected = {one.field for one in report.corrections}
    for name in (*CORRECTABLE, *(one for one in read if one not in CORRECTABLE)):
        found = read.get(name)
        value = getattr(report.line, name, found.value if found is not None and found.given else "")
        if not value and found is None:
            continue
        said = name in corrected
        recognised = found.value if found is not None else ""
        yield FieldShown(
            name=name,
            title=field_words(t, name),
            value=_said(t, name, str(value)),
            read=_said(t, name, recognised) if recognised != value else "",
            sure=said or (found is not None and found.given) or (found is None and bool(value)),
            said=said,
            rule=in_words(t, explain(found.evidence.rule)) if found is not None else "",
            words=found.evidence.text if found is not None else "",
            page=found.evidence.page if found is not None else 0,
            percent=round(found.confidence * 100) if found is not None else 0,
        )


def _said(t: Texts, name: str, value: str) -> str:
    """A field's value as people write it."""
    if name == "doc_type" and value:
        return type_name(value)
    if name == "issue_date":
        return issued_on(value)
    if name == "state" and value:
        return dict(states(t)).get(value, value)
    return value


def _choices(t: Texts) -> Mapping[str, object]:
    """What the form offers: the fields, and for closed lists their values."""
    types = sorted(((code, type_name(code)) for code in CLOSED["doc_type"]), key=lambda one: one[1])
    return {
        "fields": [(name, field_words(t, name)) for name in CORRECTABLE],
        "values": [*(name for _, name in types), *(one for one in CLOSED["urgency"] if one)],
    }
