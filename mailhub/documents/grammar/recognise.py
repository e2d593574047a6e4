"""From the text of a file to the document that it is."""

from __future__ import annotations

from dataclasses import dataclass

from mailhub.documents.grammar.copies import read_copy_form
from mailhub.documents.grammar.dates import read_date
from mailhub.documents.grammar.heading import Heading, read_heading
from mailhub.documents.grammar.invitation import read_invitation
from mailhub.documents.grammar.issuer import read_issuer
from mailhub.documents.grammar.labels import read_labels
from mailhub.documents.grammar.layout import lay_out
from mailhub.documents.grammar.marks import read_marks
from mailhub.documents.grammar.number import Number, mended, read_number
from mailhub.documents.grammar.recipients import read_addressees, read_recipients
from mailhub.documents.grammar.recognition import ANNEX, NOT_A_DOCUMENT, OFFICIAL_LETTER, Found, Recognition
from mailhub.documents.grammar.regarding import letter_subject
from mailhub.documents.grammar.rows import Page
from mailhub.documents.grammar.signer import SignerBlock, read_signer
from mailhub.documents.grammar.signs import about
from mailhub.documents.grammar.state import read_state
from mailhub.documents.grammar.subject import REASONED, after_heading, found_subject, without_owner
from mailhub.documents.grammar.verdict import family_of, judge
from mailhub.text.lines import Text

_INVITATION = "GM"
_MAY_BE_BORNE_OUT = 0.4  # digits that were read as digits; what was read as signs no name can mend
_BORNE_OUT = 0.7


@dataclass(frozen=True, slots=True)
class Witness:
    """What stands around a file: names and subjects lie, so these only weigh a little."""

    file_name: str = ""
    mail_subject: str = ""


def recognise(text: Text, witness: Witness | None = None) -> Recognition:
    """Read the document that `text` shows. Never raises, whatever the text; takes time linear in its length."""
    page = lay_out(text)
    heading = read_heading(page.rows[page.title]) if page.title >= 0 else None
    number = read_number(page)
    if number is not None and heading is not None:
        number = mended(number, heading.code, page.source)
    issuer = read_issuer(page, number.symbol if number else "")
    kind, doubts = judge(page, heading, number, issuer)
    marks = read_marks(page, witness)
    fields: dict[str, Found | None] = {"doc_type": kind, "urgency": marks.urgency, "secrecy": marks.secrecy}
    if kind.value == NOT_A_DOCUMENT:
        return Recognition(_seen(fields), labels=read_labels(page, kind.value, witness))
    issued, dated = read_date(page, kind.value)
    block = read_signer(page)
    copy = read_copy_form(page)
    fields |= {
        "number_symbol": _number_field(number, witness),
        "issue_date": issued,
        "issuer": issuer.name,
        "parent_issuer": issuer.parent,
        "subject": _subject(page, heading, kind.value),
        "circulation": marks.circulation,
        "copy_form": copy.form if copy is not None else None,
        **_signer_fields(block),
    }
    if kind.value == _INVITATION:
        fields |= read_invitation(page, issued.value if issued is not None and issued.given else None)
    recipients = read_recipients(page)
    state, why = read_state(page, fields["number_symbol"], issued, block, witness)
    return Recognition(
        _seen(fields),
        family=family_of(page, kind.value, number),
        state=state,
        addressees=read_addressees(page),
        recipients=recipients,
        labels=read_labels(page, kind.value, witness, recipients),
        doubts=doubts + dated + (block.doubts if block is not None else ()),
        state_evidence=why,
    )


def _seen(fields: dict[str, Found | None]) -> dict[str, Found]:
    return {name: found for name, found in fields.items() if found is not None}


def _number_field(number: Number | None, witness: Witness | None) -> Found | None:
    """The number, a little surer when the file's name or the mail's subject bears it, too."""
    if number is None or not number.value:
        return None
    sure = number.confidence
    if (
        witness is not None
        and sure >= _MAY_BE_BORNE_OUT
        and number.borne_out_by(witness.file_name, witness.mail_subject)
    ):
        sure = max(sure, _BORNE_OUT)
    return Found(number.value, sure, number.evidence)


def _signer_fields(block: SignerBlock | None) -> dict[str, Found | None]:
    if block is None:
        return {}
    return {"signer": block.signer, "signer_authority": block.authority, "signer_post": block.post}


def _subject(page: Page, heading: Heading | None, code: str) -> Found | None:
    """The trích yếu, by whichever way the type prints it."""
    if heading is not None and code != OFFICIAL_LETTER:
        named = _named_subject(page, heading)
        if named is not None:
            return named
    if heading is None and code in REASONED and page.date >= 0:
        taken, _ = after_heading(page.rows, max(page.number, page.date), "", code)
        if taken and about(taken[0]):
            return found_subject("", taken, rule="subject_where_heading_was_lost", confidence=0.85, place=taken[0])
    taken, _ = letter_subject(page.rows, page.top, page.number, min(len(page.rows), page.body + 1))
    if taken:
        sure = 0.93 if about(taken[0]) else 0.8
        return found_subject("", taken, rule="subject_after_v_v", confidence=sure, place=taken[0])
    last = max(page.number, page.date)
    if code == OFFICIAL_LETTER or last < 0 or heading is not None:
        return None
    taken, _ = after_heading(page.rows, last, "", code)
    if not taken or len(taken[0].text) > 110 or taken[-1].text.endswith("."):
        return None
    return found_subject("", taken, rule="subject_where_heading_was_lost", confidence=0.65, place=page.rows[last])


def _named_subject(page: Page, heading: Heading) -> Found | None:
    place = page.rows[page.title]
    taken, _ = after_heading(page.rows, page.title, heading.rest, heading.code)
    rest = without_owner(heading.rest) if taken and about(taken[0]) else heading.rest
    if heading.code == ANNEX:
        rest = place.text
    return found_subject(rest, taken, rule="subject_below_heading", confidence=0.93, place=place)
