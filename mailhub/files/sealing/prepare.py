"""A PDF is made ready for an agency's signature: the update with a placeholder, signed elsewhere. In the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from unicodedata import normalize

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from mailhub.documents.grammar.recognition import Recognition
from mailhub.files.facts import FileFacts, Limits, Mode
from mailhub.files.reader import Given, read_file
from mailhub.files.sealing.drawing import BadSeal, draw_lines, draw_seal, lines_of, seal_of
from mailhub.files.sealing.geometry import Box, over_a_third, top_right
from mailhub.files.sealing.pages import Page, pages_of, widget_of
from mailhub.files.sealing.pictures import picture_in
from mailhub.files.sealing.placing import by_printed_name, person_among
from mailhub.files.sealing.refusing import Refused, check_form, check_locks, free_name
from mailhub.files.sealing.text import NoGlyph
from mailhub.files.sealing.update import Appender, Field, Update, append, writer_of
from mailhub.files.sealing.values import (
    MOST_SEAL_BYTES,
    MOST_UPDATE_BYTES,
    CannotReason,
    CannotSeal,
    DocumentFacts,
    Prepared,
    SealKind,
    SealPlan,
)
from mailhub.files.signed.certificates import certificate_of, facts_of
from mailhub.files.signed.facts import Problem, Signed
from mailhub.files.signed.octets import stream_of
from mailhub.files.signed.trusted import TrustBundle

_MARGIN = 14.0  # points from the page's edges to an attachment's text: 5 mm, which every printer reaches
_MOST_LINE = 120
_SIGNED_SECONDS = 4.0
_READING = 0.7  # of the time, which may be spent on a scan; the rest is for the drawing


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is to be seen, and where."""

    page: Page
    box: Box
    appearance: generic.IndirectObject
    beside: str = ""


def prepare(
    original: memoryview, plan: SealPlan, trust: TrustBundle, *, seal_png: bytes = b"", certificate: bytes = b""
) -> tuple[Prepared, bytes] | CannotSeal:
    """The incremental update of `original` that `plan` asks for, and what it is. Raises nothing but MemoryError."""
    facts = _read(original, plan, trust)
    document = document_of(facts.recognition)
    try:
        _check_signed(facts.signed, plan, certificate)
        return _prepared(original, plan, facts, seal_png)
    except Refused as refused:
        return CannotSeal(reason=refused.reason, detail=refused.detail[:300], document=document, signed=facts.signed)
    except MemoryError:
        raise
    except Exception as error:  # what a stranger's file does to a library is a fact about the file
        return CannotSeal(
            reason=CannotReason.BROKEN, detail=type(error).__name__, document=document, signed=facts.signed
        )


def document_of(recognition: Recognition | None) -> DocumentFacts:
    """What the document is, where that is sure."""
    if recognition is None:
        return DocumentFacts()

    def value(name: str) -> str:
        return recognition.value(name) or ""

    return DocumentFacts(
        doc_type=recognition.doc_type,
        number_symbol=value("number_symbol"),
        issue_date=value("issue_date"),
        issuer=value("issuer"),
        parent_issuer=value("parent_issuer"),
        signer=value("signer"),
        authority=value("signer_authority"),
        post=value("signer_post"),
        state=recognition.state,
    )


def _read(original: memoryview, plan: SealPlan, trust: TrustBundle) -> FileFacts:
    """As any file is read; a main document that is a scan goes through OCR, since its type and number decide."""
    given = Given(original, plan.name, "application/pdf", plan.subject, trust=lambda: trust)
    limits = Limits(seconds=plan.seconds * _READING, signed_seconds=_SIGNED_SECONDS)
    facts = read_file(given, limits)
    if plan.kind is not SealKind.MAIN or not facts.needs_ocr or document_of(facts.recognition).number_symbol:
        return facts
    scanned = replace(limits, mode=Mode.FULL, signed_seconds=0)
    return replace(read_file(given, scanned), signed=facts.signed)


def _check_signed(signed: Signed | None, plan: SealPlan, certificate: bytes) -> None:
    """What was signed before is good, and not signed by the agency yet. Raises: Refused."""
    if signed is None:
        if plan.kind is SealKind.MAIN:
            raise Refused(CannotReason.NO_PERSON)
        return
    problems = [*signed.problems, *(problem for one in signed.signatures for problem in one.problems)]
    if Problem.TIME in problems:
        raise Refused(CannotReason.TIME)
    if problems:
        raise Refused(CannotReason.ALTERED, ", ".join(dict.fromkeys(problems)))
    leaves = [one.chain.certificates[0] for one in signed.signatures if one.chain.certificates]
    own = facts_of(certificate_of(certificate)) if certificate else None
    hashes = {*plan.own, own.sha256 if own else ""}
    # A certificate that was issued anew has another hash, and the same names.
    if any(
        leaf.sha256 in hashes or (own and (leaf.subject, leaf.issuer) == (own.subject, own.issuer)) for leaf in leaves
    ):
        raise Refused(CannotReason.SEALED)


def _prepared(original: memoryview, plan: SealPlan, facts: FileFacts, seal_png: bytes) -> tuple[Prepared, bytes]:
    reader = PdfFileReader(stream_of(original), strict=False)
    check_form(reader)
    name = free_name(reader, plan.field_name)
    check_locks(reader, name)
    writer = writer_of(reader)
    if plan.kind is SealKind.MAIN:
        drawn = _with_seal(original, plan, facts, seal_png, writer)
    else:
        drawn = _with_text(plan, writer)
    made = append(
        writer,
        Field(
            name=name,
            page=drawn.page,
            box=drawn.box,
            appearance=drawn.appearance,
            reserved=plan.reserved,
            signed_at=plan.signed_at,
        ),
    )
    if len(made.octets) > MOST_UPDATE_BYTES:
        raise Refused(CannotReason.TOO_LARGE, f"{len(made.octets)} octets")
    return _described(made, drawn, facts), made.octets


def _described(made: Update, drawn: _Drawn, facts: FileFacts) -> Prepared:
    return Prepared(
        contents_at=made.contents_at,
        contents_end=made.contents_end,
        document=document_of(facts.recognition),
        signed=facts.signed,
        beside=drawn.beside,
        page=drawn.page.number + 1,
        box=drawn.box,
    )


def _with_seal(original: memoryview, plan: SealPlan, facts: FileFacts, seal_png: bytes, writer: Appender) -> _Drawn:
    """Over a third of the person's signature. Raises: Refused."""
    if len(seal_png) > MOST_SEAL_BYTES:
        raise Refused(CannotReason.BAD_SEAL, f"{len(seal_png)} octets")
    try:
        seal = seal_of(seal_png, plan.diameter_mm)
    except BadSeal as error:
        raise Refused(CannotReason.BAD_SEAL, str(error)) from error
    page, person, beside = _person(original, facts, writer)
    place = over_a_third(person, seal.width, seal.height, page.frame)
    if place is None:
        raise Refused(CannotReason.OFF_PAGE)
    appearance = draw_seal(seal, page.frame.upright, page.frame.unit, writer)
    return _Drawn(page, page.frame.own(place), appearance, beside)


def _person(original: memoryview, facts: FileFacts, writer: Appender) -> tuple[Page, Box, str]:
    """Where the person's signature is seen, in shown points, and its field. Raises: Refused."""
    person = person_among(facts.signed.signatures if facts.signed else (), facts.recognition)
    if person is None:
        raise Refused(CannotReason.NO_PERSON)
    widget = widget_of(writer.prev, person.field_name)
    if widget is not None:
        looks = widget.looks
        picture = looks and picture_in(original, widget.page.number, widget.box, looks.box, looks.matrix)
        return widget.page, widget.page.frame.shown(picture or widget.box), person.field_name
    pages = list(pages_of(writer.prev))
    spot = by_printed_name(original, facts.recognition, [page.frame for page in pages])
    if spot is None:
        raise Refused(CannotReason.NO_PLACE)
    return pages[spot.page], spot.person, ""


def _with_text(plan: SealPlan, writer: Appender) -> _Drawn:
    """Number and time at the top right of the first page. Raises: Refused."""
    lines = (plan.number.strip(), plan.time.strip())
    if not all(lines) or max(map(len, lines)) > _MOST_LINE:
        raise Refused(CannotReason.BAD_TEXT, "empty or too long")
    try:
        text = lines_of(*(normalize("NFC", line) for line in lines))
    except NoGlyph as error:
        raise Refused(CannotReason.BAD_TEXT, str(error)) from error
    page = next(pages_of(writer.prev))
    place = top_right(text.width, text.height, page.frame, margin=_MARGIN)
    if place is None:
        raise Refused(CannotReason.OFF_PAGE)
    appearance = draw_lines(text, page.frame.upright, page.frame.unit, writer)
    return _Drawn(page, page.frame.own(place), appearance)
