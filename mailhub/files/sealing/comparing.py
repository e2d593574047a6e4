"""A second look at a prepared update, by another child than the one that made it: it adds one signature field with its
look, and nothing of the file is changed (ISO 32000-2 § 12.8.2.2). In the sandbox.

The signer holds octets against octets (`signer/derived.py`); what they mean, only a reader of PDF can tell. Since the
update is our own (`update.py`), all that it may touch is known: catalogue, form, the form's list of fields, one page,
that page's list of annotations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import Reference
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.fields import enumerate_sig_fields

from mailhub.files.reader import TrustSource
from mailhub.files.sealing.pages import entry, pages_of
from mailhub.files.sealing.values import Compared, ComparePlan
from mailhub.files.signed.appearance import Pages
from mailhub.files.signed.pdf_reader import SignedPdf
from mailhub.files.signed.revisions import Revisions
from mailhub.files.signed.structure import Flaw

_MOST_OF_A_PAGE = 0.5  # that a seal may take
_FIELD = frozenset(("/Type", "/Subtype", "/FT", "/T", "/F", "/Rect", "/P", "/V", "/AP"))
_Dictionary, _Array = generic.DictionaryObject, generic.ArrayObject


class _Differs(Exception):
    """The update does more than it may; the message says what."""


def compare(original: memoryview, update: memoryview) -> Compared:
    """What speaks against signing `original` with `update` behind it. Raises nothing but MemoryError."""
    try:
        _compare(original, memoryview(b"".join((original, update))))
    except _Differs as differs:
        return Compared(problem=str(differs))
    except Flaw as flaw:
        return Compared(problem=flaw.detail)
    except MemoryError:
        raise
    except Exception as error:  # what cannot be compared is not signed
        return Compared(problem=f"cannot be compared: {type(error).__name__}")
    return Compared()


def _compare(original: memoryview, whole: memoryview) -> None:
    before, after = SignedPdf(original), SignedPdf(whole)
    last = int(after.xrefs.total_revisions) - 1
    if int(before.xrefs.total_revisions) != last:
        raise _Differs("it is not one revision")
    Revisions(after, whole).check_appended(last, len(original))
    known = {name for name, _, _ in enumerate_sig_fields(before)}
    fresh = [field for name, _, field in enumerate_sig_fields(after) if name not in known]
    if len(fresh) != 1:
        raise _Differs("it does not add one signature field")
    widget = fresh[0]
    if not isinstance(widget, generic.IndirectObject) or set(widget.get_object()) - _FIELD:
        raise _Differs("its field is not as ours are")
    if Pages(after).shown_by(widget.get_object()).share > _MOST_OF_A_PAGE:
        raise _Differs("its look covers the page")
    _Change(after, last, widget.reference).check()


class _Change:
    """What the revision `number` did to the objects before it; `widget` is the field that it adds."""

    def __init__(self, reader: SignedPdf, number: int, widget: Reference) -> None:
        self._reader, self._number, self._widget = reader, number, widget
        self._old: HistoricalResolver = reader.get_historical_resolver(number - 1)
        self._new: HistoricalResolver = reader.get_historical_resolver(number)

    def check(self) -> None:
        """Raises: _Differs."""
        xrefs, old, new = self._reader.xrefs, self._old, self._new
        if xrefs.refs_freed_in_revision(self._number):
            raise _Differs("it takes objects away")
        for name in ("/Root", "/Info", "/Encrypt"):
            if _raw(old.trailer_view, name) != _raw(new.trailer_view, name):
                raise _Differs(f"it leads to another {name}")
        old._load_reverse_xref_cache()
        lists = self._lists()
        for ref in xrefs.explicit_refs_in_revision(self._number):
            if old.is_ref_unassignable(ref):
                if old._get_usages_of_ref(ref):
                    raise _Differs("it defines an object that was referred to in vain")
            else:
                self._changed(ref, old(ref), new(ref), lists)
        self._form(entry(old.root, "/AcroForm"), entry(new.root, "/AcroForm"))

    def _lists(self) -> set[Reference]:
        """Objects that are a form's list of fields, or a page's of annotations."""
        holders = [entry(self._old.root, "/AcroForm"), *(self._old(page.reference) for page in pages_of(self._reader))]
        found = set()
        for holder in holders:
            for name in ("/Fields", "/Annots"):
                value = _raw(holder, name) if isinstance(holder, _Dictionary) else None
                found |= {value.reference} if isinstance(value, generic.IndirectObject) else set()
        return found

    def _changed(self, ref: Reference, was: object, now: object, lists: set[Reference]) -> None:
        if isinstance(was, generic.StreamObject) or isinstance(now, generic.StreamObject):
            raise _Differs("it rewrites a stream")
        if isinstance(was, _Array) and isinstance(now, _Array):
            if ref not in lists:
                raise _Differs("it rewrites a list")
            self._one_more(was, now)
        elif not (isinstance(was, _Dictionary) and isinstance(now, _Dictionary)):
            raise _Differs("it rewrites an object")
        elif ref == self._old.root_ref:
            _same(was, now, "/AcroForm")
        elif isinstance(form := _raw(self._old.root, "/AcroForm"), generic.IndirectObject) and ref == form.reference:
            _same(was, now, "/Fields", "/SigFlags")
        elif entry(was, "/Type") == "/Page":
            _same(was, now, "/Annots")
            self._members(was, now, "/Annots")
        else:
            raise _Differs("it rewrites an object")

    def _form(self, was: object, now: object) -> None:
        if not isinstance(now, _Dictionary):
            raise _Differs("it has no form")
        before = was if isinstance(was, _Dictionary) else generic.DictionaryObject()
        _same(before, now, "/Fields", "/SigFlags")
        self._members(before, now, "/Fields")

    def _members(self, was: generic.DictionaryObject, now: generic.DictionaryObject, name: str) -> None:
        """A list that may lie in an object of its own, and may not have been there."""
        before, after = _raw(was, name), _raw(now, name)
        if isinstance(before, generic.IndirectObject) and before == after:
            return  # looked at where it lies
        old, new = (one.reference if isinstance(one, generic.IndirectObject) else None for one in (before, after))
        before = self._old(old) if old is not None else before
        after = self._new(new) if new is not None else after
        if before == after:
            return
        if not isinstance(after, _Array):
            raise _Differs(f"its {name} is no list")
        self._one_more(before if isinstance(before, _Array) else generic.ArrayObject(), after)

    def _one_more(self, was: generic.ArrayObject, now: generic.ArrayObject) -> None:
        before, after = ([one.raw_get(index) for index in range(len(one))] for one in (was, now))
        added = after[-1] if len(after) == len(before) + 1 else None
        mine = isinstance(added, generic.IndirectObject) and added.reference == self._widget
        if not mine or before != after[:-1]:
            raise _Differs("it does more to a list than adding its field")


def _same(was: generic.DictionaryObject, now: generic.DictionaryObject, *but: str) -> None:
    names = {*was, *now} - {*but}
    if any(_raw(was, name) != _raw(now, name) for name in names):
        raise _Differs("it changes more of an object than it may")


def _raw(holder: generic.DictionaryObject, name: str) -> object:
    return holder.raw_get(name) if name in holder else None


def work(argument: ComparePlan, octets: Sequence[memoryview], trust: TrustSource) -> Iterator[object]:  # noqa: ARG001
    """Octets: the file, its update with the placeholder. Answers one Compared."""
    original, update = octets
    yield compare(original, update)
