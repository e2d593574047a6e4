"""What is attached, as rules ask for it: documents and files, at any depth. What is not sure is empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mailhub.accounts.profiles import Line
from mailhub.documents.grammar.recognition import NOT_A_DOCUMENT, Recognition
from mailhub.files.facts import FileFacts
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.policy.facts import AttachmentFacts, DocumentFacts, DocumentIssuer
from mailhub.policy.lists import Lists, listing_of
from mailhub.registry.matching import Agencies
from mailhub.screening.facts.signatures import Signatures
from mailhub.text.folding import fold

MOST_FILES = 2_000  # looked at in one message
MOST_ENTRIES = 500  # of its Kính gửi and Nơi nhận
_EXTENSION = re.compile(r"[a-z0-9]{1,10}")
_NO_WORD = re.compile(r"[^a-z0-9]+")
# Entries of Nơi nhận that name nobody: `Như trên`, `Như Điều 3`, `Lưu: VT, TCCB`.
_NOBODY = re.compile(r"(?:nhu (?:tren|dieu|kinh gui|phan|noi nhan)|luu\b|vt\b)")
# Parts of one's own agency, as they are addressed.
_INSIDE = re.compile(
    r"(?:cac |toan the |tat ca |lanh dao |truong |pho )?(?:cac )?"
    r"(?:phong|ban|don vi|bo phan|to|cong chuc|vien chuc|can bo|nguoi lao dong|chi bo|doan the|dong chi)"
    r"(?:,? (?:phong|ban|don vi|to|chuyen mon|nghiep vu|thuoc|truc thuoc|so|chi cuc|co quan|va|cong chuc|vien chuc"
    r"|nguoi lao dong|trong|cua))*"
    r"|(?:ban |lanh dao )?(?:giam doc|chanh van phong)(?: va cac pho giam doc)?(?: so)?|cong doan co quan|nhu tren"
)
# A form to be filled in has these words where the issuer stands (models of Nghị định 30/2020/NĐ-CP, PL III).
_FORM = re.compile(
    r"\W*ten (?:cac )?(?:co quan|cq|don vi|to chuc|doanh nghiep|cong ty|co so|truong|nha thau|nha dau tu|chu dau tu"
    r"|hop tac xa|ho kinh doanh|ubnd|so|phong)\b|\W*[.…_]{3,}"
)
_EDITABLE = frozenset({"docx", "docm", "doc", "odt", "rtf", "xlsx", "xlsm", "xls", "ods", "pptx", "ppt", "odp"})


@dataclass(frozen=True, slots=True)
class Papers:
    """What a message brings with it. `entries` are the words of Kính gửi and Nơi nhận, for `named`."""

    documents: tuple[DocumentFacts, ...] = ()
    attachments: tuple[AttachmentFacts, ...] = ()
    entries: tuple[str, ...] = ()
    pdf_alone: bool = False
    signature: str = "none"  # the message's own
    unread: bool = False
    malware: str = ""


NOTHING = Papers()


def read_papers(
    inspection: Inspection | None, line: Line, agencies: Callable[[], Agencies], lists: Lists, *, own: bool
) -> Papers:
    """The facts of an inspection. `line` is the sender's agency with those above it; `agencies` gives the tree, asked
    for only when there is a document; `own`: the message leaves us."""
    if inspection is None or not inspection.files:
        return NOTHING
    attachments: list[AttachmentFacts] = []
    documents: list[DocumentFacts] = []
    entries: list[str] = []
    kinds: set[str] = set()
    as_pdf = False
    tree: Agencies | None = None
    signed = Signatures(inspection)
    for file in inspection.files:
        for facts, depth in _walk(file):
            if len(attachments) >= MOST_FILES:
                break
            attachments.append(_attachment(facts, depth, lists, own=own))
            kinds.add(facts.type)
            found = facts.recognition
            if found is None or not is_paper(found):
                continue
            tree = tree or agencies()
            documents.append(replace(_document(facts, found, line, tree, own=own), signature=signed.of(facts)))
            entries.extend((*found.addressees, *found.recipients)[: MOST_ENTRIES - len(entries)])
            as_pdf = as_pdf or facts.type == "pdf"
    return Papers(
        documents=tuple(dict.fromkeys(documents)),
        attachments=tuple(attachments),
        entries=tuple(entries),
        pdf_alone=as_pdf and kinds.isdisjoint(_EDITABLE),
        unread=any(file.waits == "unread" for file in inspection.files),
        malware=_malware(inspection.malware),
        signature=signed.own,
    )


def is_paper(found: Recognition) -> bool:
    """A document, or a sheet without a heading that bears a mark."""
    return found.doc_type != NOT_A_DOCUMENT or bool(found.value("secrecy") or found.value("circulation"))


def words_of(entry: str) -> str:
    """An entry or a name with one blank around each word, folded, signs away: for finding one within another."""
    return f" {' '.join(_NO_WORD.sub(' ', fold(entry[:500])).split())} "


def _walk(file: InspectedFile) -> Iterator[tuple[FileFacts, int]]:
    """A file and all that lies in it, each with its depth; one that was not read is there with its name and size."""
    top = file.facts or FileFacts(name=file.part.name, type="unknown", size=file.size)
    waiting = [(top, 0)]
    while waiting:
        facts, depth = waiting.pop()
        yield facts, depth
        waiting.extend((member, depth + 1) for member in reversed(facts.members))


def _attachment(facts: FileFacts, depth: int, lists: Lists, *, own: bool) -> AttachmentFacts:
    extension = facts.name.rpartition(".")[2].lower() if "." in facts.name else ""
    if _EXTENSION.fullmatch(extension) is None:
        extension = ""
    return AttachmentFacts(
        type=facts.type,
        extension=extension,
        listed=listing_of(facts.type, extension, own, lists),
        size=facts.size,
        depth=depth,
        dangers=frozenset(danger.kind.value for danger in facts.dangers),
        unreadable="" if facts.unreadable is None else facts.unreadable.value,
        scan=facts.needs_ocr or facts.source.value == "ocr",
    )


def _document(facts: FileFacts, found: Recognition, line: Line, tree: Agencies, *, own: bool) -> DocumentFacts:
    kind = found.doc_type
    circulation = found.value("circulation") or ""
    return DocumentFacts(
        type="" if kind == NOT_A_DOCUMENT else kind,
        labels=frozenset(label.value for label in found.labels if label.given),
        urgency=found.value("urgency") or "",
        secrecy=found.value("secrecy") or "",
        circulation=circulation,
        issuer=found.value("issuer") or "",
        issuer_is=issuer_of(found, line, tree),
        number=found.value("number_symbol") or "",
        state=found.state.value,
        by=facts.source.value if facts.source.value in ("text", "ocr") else "",
        internal=bool(circulation) or (own and stays_inside(found, line, tree)),
        form=_FORM.match(fold(found.value("issuer") or "")) is not None,
    )


def issuer_of(found: Recognition, line: Line, tree: Agencies) -> DocumentIssuer:
    """Whose document it is. Every province has a Sở Nội vụ: one that fits several of ours, of which some are the
    sender's and some are not, is unknown."""
    issuer, above = found.value("issuer") or "", found.value("parent_issuer") or ""
    if not issuer:
        return DocumentIssuer.UNKNOWN
    named = tree.named(issuer, above)
    if not named and above and (parents := tree.named(above)):
        # A unit that is not entered, below one that is: ours, and the sender's when that one is at or below its own.
        near = [bool(line.ids) and line.ids[0] in tree.line(one) for one in parents]
        return DocumentIssuer.SENDER if all(near) else DocumentIssuer.OWN
    if not named:
        return DocumentIssuer.OTHER
    near = [_in_line(one, line, tree) for one in named]
    if all(near):
        return DocumentIssuer.SENDER
    return DocumentIssuer.UNKNOWN if any(near) else DocumentIssuer.OWN


def _in_line(agency: int, line: Line, tree: Agencies) -> bool:
    """The sender's agency, one above it, or one below it."""
    return bool(line.ids) and (agency in line.ids or line.ids[0] in tree.line(agency))


def stays_inside(found: Recognition, line: Line, tree: Agencies) -> bool:
    """Whether everybody in Kính gửi and Nơi nhận is of the sender's own house (the agency below the province with all
    its units); not, when nobody is named."""
    named = [entry for entry in (*found.addressees, *found.recipients) if not _NOBODY.match(_plain(entry))]
    return bool(named) and bool(line.ids) and all(_inside(entry, line, tree) for entry in named[:MOST_ENTRIES])


def _inside(entry: str, line: Line, tree: Agencies) -> bool:
    plain = _plain(entry)
    units = tree.named(plain)
    if units:  # one of them may be another's: then it is not sure
        house = (line.ids[:-1] or line.ids)[-1]
        return all(house in tree.line(unit) for unit in units)
    return _INSIDE.fullmatch(plain) is not None


def _plain(entry: str) -> str:
    return fold(entry[:300]).strip(" .,:;-–+*").removesuffix(" (de b/c)").strip(" .,:;-")


def _malware(said: str) -> str:
    if said in ("clean", "found"):
        return said
    return "not-scanned"
