"""The signatures of a PDF: every one by itself, then what later revisions did to it (ISO 32000-2 § 12.8, PAdES).

pyHanko finds the objects and compares revisions; where a signature lies, what it covers and what else is in the file
is looked at here as octets (`structure.py`, `revisions.py`): its own bottom line calls published forgeries valid.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.sign.fields import enumerate_sig_fields

from mailhub.files.signed import appearance, structure
from mailhub.files.signed.changes import ORDER, History, Rules, rules_of
from mailhub.files.signed.dss import pool_of
from mailhub.files.signed.facts import ChainState, Changes, Coverage, Form, Problem, SignatureFacts, Signed
from mailhub.files.signed.pdf_cms import Sealed, read_sealed
from mailhub.files.signed.pdf_reader import SignedPdf, entry
from mailhub.files.signed.pool import Pool
from mailhub.files.signed.revisions import Revisions
from mailhub.files.signed.shown import texts_of
from mailhub.files.signed.structure import MOST_DETAIL, Flaw, Place
from mailhub.files.signed.timer import OutOfTime, within
from mailhub.files.signed.trusted import TrustBundle

_MOST_SIGNATURES = 64
_MOST_OF_A_PAGE = 0.25  # that the look of a later signature may take; a seal takes 0.03, the largest seen 0.04
_MOST_OF_ALL = 0.5  # that those of all later ones may take together, on whatever pages
_CERTIFICATION = {1: "no changes", 2: "form filling", 3: "annotations"}


@dataclass(slots=True)
class _Found:
    """A signature field with a value, as far as it could be read."""

    name: str
    signature: generic.DictionaryObject
    holder: generic.DictionaryObject
    reference: generic.Reference
    revision: int = 0
    place: Place | None = None
    rules: Rules = field(default_factory=Rules)
    look: appearance.Shown = field(default_factory=appearance.Shown)
    flaw: Flaw | None = None


def read_pdf(data: memoryview, trust: TrustBundle, seconds: float) -> Signed | None:
    """What is signed in a PDF; None when nothing is. What was read within `seconds` is kept, with `Problem.TIME`.

    Raises: whatever a stranger's file makes pyHanko raise (`reader.py` makes a fact of it); MemoryError.
    """
    done: list[SignatureFacts] = []
    try:
        with within(seconds):
            return _read(data, trust, done)
    except OutOfTime:
        return Signed(signatures=tuple(done), problems=(Problem.TIME,))


def _read(data: memoryview, trust: TrustBundle, done: list[SignatureFacts]) -> Signed | None:
    try:
        revisions, reader = _opened(data)
        found = _fields(reader)
    except Flaw as flaw:
        return Signed(problems=(flaw.problem,), detail=flaw.detail)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        return Signed(problems=(Problem.MALFORMED,), detail=type(error).__name__)
    if not found:
        return _without_fields(data, reader)
    for one in found:
        _locate(one, data, reader, revisions)
    found.sort(key=lambda one: (one.place.covered if one.place is not None else 0, one.revision))
    _refuse_twins(found)
    history = History(reader, revisions)
    pool = pool_of(reader)
    pages = appearance.Pages(reader)
    for one in found:
        one.look = pages.shown_by(one.holder)
        done.append(_facts(one, data, trust, pool))
    for index, one in enumerate(found):
        done[index] = _with_history(done[index], one, history, revisions)
        shares = [later.look.share for later in found[index + 1 :]]
        if max(shares, default=0) > _MOST_OF_A_PAGE or sum(shares) > _MOST_OF_ALL:
            done[index] = _with_problem(done[index], Problem.CHANGED_AFTER, "a later signature's look covers the page")
    done[:] = _with_later_timestamps(done, found)
    done[:] = _with_texts(done, found)
    return Signed(signatures=_last_covers_all(done))


def _opened(data: memoryview) -> tuple[Revisions, SignedPdf]:
    structure.real_end(data)
    reader = SignedPdf(data)
    if reader.encrypt_dict is not None and reader.decrypt(b"").status is AuthStatus.FAILED:
        raise Flaw(Problem.UNSUPPORTED, "encrypted")
    return Revisions(reader, data), reader


def _fields(reader: SignedPdf) -> list[_Found]:
    found: list[_Found] = []
    for name, _, holder in enumerate_sig_fields(reader, filled_status=True):
        if len(found) == _MOST_SIGNATURES:
            raise Flaw(Problem.UNSUPPORTED, "more signatures than anybody looks at")
        dictionary = holder.get_object()
        value = dictionary.raw_get("/V")
        if not isinstance(value, generic.IndirectObject):
            raise Flaw(Problem.MALFORMED, "a signature inside its field")
        signature = value.get_object()
        if not isinstance(signature, generic.DictionaryObject):
            raise Flaw(Problem.EMPTY, "a signature field whose value is no signature")
        found.append(_Found(str(name), signature, dictionary, value.reference))
    return found


def _without_fields(data: memoryview, reader: SignedPdf) -> Signed | None:
    """No field has a signature. That is no signed file, unless one was taken out of sight."""
    permissions = entry(reader.root, "/Perms", {})
    if "/UR" in permissions or "/UR3" in permissions:  # usage rights, which Acrobat signs for itself (§ 12.8.2.3)
        return None
    if structure.has_byte_range(data):
        return Signed(problems=(Problem.EMPTY,), detail="a signature that no field leads to")
    return None


def _locate(one: _Found, data: memoryview, reader: SignedPdf, revisions: Revisions) -> None:
    try:
        one.revision = reader.xrefs.get_last_change(one.reference)
        start = reader.xrefs.get_historical_ref(one.reference, one.revision)
        if not isinstance(start, int):
            raise Flaw(Problem.BYTE_RANGE, "a signature in an object stream")
        numbers, contents = _numbers_and_contents(one.signature)
        one.place = structure.place_of(data, numbers, contents, start)
        named = structure.revision_end(data, one.place.covered)
        revisions.check_signed(one.revision, one.place.covered, named)
        one.rules = rules_of(one.signature, one.holder)
    except Flaw as flaw:
        one.flaw = flaw
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        one.flaw = Flaw(Problem.MALFORMED, type(error).__name__)


def _numbers_and_contents(signature: generic.DictionaryObject) -> tuple[list[object], bytes]:
    if "/ByteRange" not in signature or "/Contents" not in signature:
        raise Flaw(Problem.EMPTY, "a signature without a byte range or without contents")
    contents = signature.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
    if not isinstance(contents, (generic.TextStringObject, generic.ByteStringObject)):
        raise Flaw(Problem.EMPTY, "a signature without contents")
    numbers = signature.raw_get("/ByteRange")
    if not isinstance(numbers, generic.ArrayObject):
        raise Flaw(Problem.BYTE_RANGE, "no byte range")
    return list(numbers), bytes(contents.original_bytes)


def _refuse_twins(found: list[_Found]) -> None:
    """Two fields must not show the same signature, nor two signatures end at the same place."""
    for index, one in enumerate(found):
        for other in found[:index]:
            same = one.reference == other.reference or (
                one.place is not None and other.place is not None and one.place.covered == other.place.covered
            )
            if same:
                one.flaw = one.flaw or Flaw(Problem.WRAPPED, "two fields with one signature")
                other.flaw = other.flaw or one.flaw


def _facts(one: _Found, data: memoryview, trust: TrustBundle, pool: Pool) -> SignatureFacts:
    """The signature by itself, whatever came after it."""
    level = _CERTIFICATION.get(one.rules.document.value, "") if one.rules.certifies and one.rules.document else ""
    facts = SignatureFacts(
        field_name=one.name[:100],
        revision=one.revision + 1,
        certification=level,
        page=one.look.page,
        box=one.look.box,
    )
    sealed = _sealed(one, data, trust, pool)
    facts = sealed.onto(facts)
    if one.flaw is not None:
        return _with_problem(facts, one.flaw.problem, one.flaw.detail)
    assert one.place is not None
    return facts


def _sealed(one: _Found, data: memoryview, trust: TrustBundle, pool: Pool) -> Sealed:
    kind, sub_filter = (str(entry(one.signature, key, "")) for key in ("/Type", "/SubFilter"))
    if one.place is None:
        return Sealed.unread(kind, sub_filter)
    return read_sealed(kind, sub_filter, entry(one.signature, "/M"), one.place, data, trust, pool)


def _with_problem(facts: SignatureFacts, problem: Problem, detail: str) -> SignatureFacts:
    problems = tuple(dict.fromkeys((*facts.problems, problem)))
    both = f"{facts.detail}; {detail}" if facts.detail and detail else facts.detail or detail
    return replace(facts, problems=problems, detail=both[:MOST_DETAIL])


def _with_history(facts: SignatureFacts, one: _Found, history: History, revisions: Revisions) -> SignatureFacts:
    """What the signature covers, and what was done after it."""
    if one.place is None or one.flaw is not None:
        return replace(facts, coverage=Coverage.PART, changes=Changes.UNTOLD)
    if one.place.covered >= revisions.end:
        return replace(facts, coverage=Coverage.FILE)
    step = history.since(one.revision, one.place.covered, one.rules)
    facts = replace(facts, coverage=Coverage.REVISION, changes=step.changes)
    if one.revision == revisions.last:
        return _with_problem(facts, Problem.TRAILING, "octets after the last revision that belong to none")
    if step.changes in (Changes.FORBIDDEN, Changes.UNTOLD):
        problem = Problem.LEVEL if one.rules.any and step.locked else Problem.CHANGED_AFTER
        return _with_problem(facts, problem, step.detail)
    if one.rules.document is not None and ORDER.index(step.changes) > _allowed(one.rules):
        return _with_problem(facts, Problem.LEVEL, "changed beyond what its certification allows")
    return facts


def _allowed(rules: Rules) -> int:
    assert rules.document is not None
    return ORDER.index((Changes.VALIDATION, Changes.FORMS, Changes.ANNOTATIONS)[rules.document.value - 1])


def _with_later_timestamps(done: list[SignatureFacts], found: list[_Found]) -> list[SignatureFacts]:
    """A timestamp over the whole document proves the time of every signature that it covers."""
    stamps = [facts for facts in done if facts.form is Form.PDF_TIMESTAMP and not facts.problems]
    result = []
    for facts, one in zip(done, found, strict=True):
        later = [stamp for stamp in stamps if stamp.revision > one.revision + 1]
        first = min(later, key=_rank, default=facts)
        if facts.form is Form.PDF and first.timestamp is not None and _rank(first) < _rank(facts):
            covering = replace(first.timestamp, covers_document=True)
            answers = tuple(dict.fromkeys((*facts.answers, *first.answers)))
            facts = replace(facts, timestamp=covering, answers=answers)
        result.append(facts)
    return result


def _rank(facts: SignatureFacts) -> tuple[bool, bool, int]:
    """Of timestamps the first of an authority that we believe counts, however early one is that anybody added."""
    stamp = facts.timestamp
    if stamp is None or not stamp.valid:
        return True, True, 0
    own = 0 if facts.form is Form.PDF else stamp.at  # a signature's own one tells its moment best
    return False, stamp.chain.state is not ChainState.TRUSTED, own


def _with_texts(done: list[SignatureFacts], found: list[_Found]) -> list[SignatureFacts]:
    writing = [one for one in found if one.look.look is not None]
    texts = dict(zip(map(id, writing), texts_of([one.look.look for one in writing if one.look.look]), strict=True))
    return [replace(facts, shown=texts.get(id(one), "")) for facts, one in zip(done, found, strict=True)]


def _last_covers_all(done: list[SignatureFacts]) -> tuple[SignatureFacts, ...]:
    """The last signature must cover the file but for validation data: nobody vouches for anything else."""
    last = max((index for index, facts in enumerate(done) if facts.form is Form.PDF), default=len(done) - 1)
    facts = done[last]
    beyond = ORDER.index(facts.changes) > ORDER.index(Changes.VALIDATION)
    if beyond and not facts.problems:
        done[last] = _with_problem(facts, Problem.NOT_LAST, "changed after the last signature")
    return tuple(done)
