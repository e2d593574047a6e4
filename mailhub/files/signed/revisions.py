"""The revisions of a PDF (ISO 32000-2 § 7.5.6) as its octets have them, against those that a parser follows.

Between the end of what was signed and the end of the file there may be nothing but objects which the cross-reference
sections of their own revision name, once each. Objects that no table names, tables that lie in what was signed, and
entries that point back into it are how published attacks let one program show what another never checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionType, parse_xref_table, read_object_header

from mailhub.files.signed.facts import Problem
from mailhub.files.signed.structure import Flaw, real_end

_WHITE = b"\x00\t\n\x0c\r "
_OBJECT = re.compile(rb"(?<![0-9])[0-9]{1,10}[\x00\t\n\x0c\r ]+[0-9]{1,5}[\x00\t\n\x0c\r ]+obj(?![A-Za-z])")
_FOOT = re.compile(rb"startxref[\x00\t\n\x0c\r ]+\d{1,12}[\x00\t\n\x0c\r ]+%%EOF")
_ACTS = frozenset(("/A", "/AA", "/JS", "/OpenAction"))  # ISO 32000-2 § 12.6
_TABLES = (XRefSectionType.STANDARD, XRefSectionType.HYBRID_MAIN)


class Revisions:
    """The revisions of one file, counted from 0 as the reader counts them."""

    def __init__(self, reader: PdfFileReader, data: memoryview) -> None:
        self._reader = reader
        self._data = data
        self._end = real_end(data)

    @property
    def last(self) -> int:
        """Number of the last revision; the first is 0."""
        return int(self._reader.xrefs.total_revisions) - 1

    @property
    def end(self) -> int:
        """Octets of the file, white space at its end left out."""
        return self._end

    def check_signed(self, revision: int, covered: int, named: int) -> None:
        """See that the octets up to `covered` are revision `revision` whole, `named` being the place of its
        cross-reference section as the octets have it, and that they stand by themselves.

        Raises: Flaw.
        """
        xrefs = self._reader.xrefs
        if xrefs.get_startxref_for_revision(revision) != named:
            raise Flaw(Problem.BYTE_RANGE, "the signature belongs to another revision than the one it covers")
        for number in range(self.last + 1):
            meta = xrefs.get_xref_container_info(number)
            if number <= revision and meta.end_location > covered:
                raise Flaw(Problem.BYTE_RANGE, "a cross-reference section before the signature is not covered")
            if number > revision and meta.start_location < covered:
                raise Flaw(Problem.WRAPPED, "a later cross-reference section lies in what was signed")
        for number in range(revision + 1):
            beside = xrefs.get_xref_data(number).hybrid
            if beside is not None and beside.meta_info.end_location > covered:
                raise Flaw(Problem.WRAPPED, "what was signed refers to octets after it")
            if any(place >= covered for _, place in self._places(number)):
                raise Flaw(Problem.WRAPPED, "what was signed refers to octets after it")

    def check_appended(self, revision: int, start: int) -> None:
        """See that revision `revision`, whose octets begin at `start`, holds what its section names and no more, and
        can be read in one way only.

        Raises: Flaw.
        """
        meta = self._reader.xrefs.get_xref_container_info(revision)
        if meta.xref_section_type not in (XRefSectionType.STANDARD, XRefSectionType.STREAM):
            raise Flaw(Problem.CHANGED_AFTER, "a hybrid cross-reference section after a signature")
        end = self._end_of(revision)
        places = self._named_once(revision, start, end)
        self._read_strictly(revision)
        if meta.stream_ref is not None:
            places.add(meta.start_location)
        known = {self._after_white(place) for place in places}
        for found in _OBJECT.finditer(self._data, start, end):
            if found.start() not in known and not self._inside_stream(found.start(), known):
                raise Flaw(Problem.CHANGED_AFTER, "an object that no cross-reference section names")

    def start_of(self, revision: int) -> int:
        """Where the octets of `revision` begin: behind the end of the one before."""
        return self._end_of(revision - 1)

    def _end_of(self, revision: int) -> int:
        if revision >= self.last:
            return self._end
        location = self._reader.xrefs.get_xref_container_info(revision).end_location
        found = _FOOT.search(self._data, location)
        if found is None:
            raise Flaw(Problem.MALFORMED, "a revision without an end")
        return found.end()

    def _places(self, revision: int) -> Iterator[tuple[int, int]]:
        section = self._reader.xrefs.get_xref_data(revision)
        for data in (section, section.hybrid.xref_data if section.hybrid is not None else None):
            if data is not None:
                for number, (_, place) in data.standard_xrefs.items():
                    yield number, place

    def _named_once(self, revision: int, start: int, end: int) -> set[int]:
        """The places of its objects. Those of earlier revisions may be named again, as some programs do."""
        xrefs = self._reader.xrefs
        meta = xrefs.get_xref_container_info(revision)
        if meta.xref_section_type in _TABLES:
            stream = self._reader.stream
            stream.seek(meta.start_location)  # behind the word `xref`
            numbers = sorted(entry.idnum for entry in parse_xref_table(stream, strict=True) if entry.idnum)
            if any(one == other for one, other in pairwise(numbers)):
                raise Flaw(Problem.CHANGED_AFTER, "a cross-reference section names an object twice")
        section, own = xrefs.get_xref_data(revision), set()
        packing = self._packing_before(revision)
        if packing & (section.xrefs_in_objstm.keys() | section.freed.keys()):
            raise Flaw(Problem.CHANGED_AFTER, "an object stream that what was signed is in")
        for number, place in self._places(revision):
            if start <= place < end:
                if number in packing:
                    raise Flaw(Problem.CHANGED_AFTER, "an object stream that what was signed is in")
                own.add(place)
            elif not self._same_as_before(revision, number, place):
                raise Flaw(Problem.CHANGED_AFTER, "a cross-reference section points back into what was signed")
        return own

    def _packing_before(self, revision: int) -> set[int]:
        """Object streams that earlier revisions say they have objects in, whether they are there or not: whoever writes
        such a stream writes those objects, which no comparison of objects sees, as a reader knows the last one only."""
        sections = [self._reader.xrefs.get_xref_data(number) for number in range(revision)]
        sections += [one.hybrid.xref_data for one in sections if one.hybrid is not None]
        return {number for one in sections for number in one.obj_streams_used}

    def _same_as_before(self, revision: int, number: int, place: int) -> bool:
        for earlier in range(revision - 1, -1, -1):
            section = self._reader.xrefs.get_xref_data(earlier)
            if number in section.standard_xrefs:
                return bool(section.standard_xrefs[number][1] == place)
            if number in section.xrefs_in_objstm or number in section.freed:
                return False
        return False

    def _read_strictly(self, revision: int) -> None:
        """Read all that the revision brings without mercy: repeated keys, wrong numbers, missing ends."""
        reader = self._reader
        meta = reader.xrefs.get_xref_container_info(revision)
        reader.strict = True
        try:
            for ref in reader.xrefs.explicit_refs_in_revision(revision):
                if ref not in reader.xrefs.refs_freed_in_revision(revision):
                    self._without_actions(ref, revision, reader.get_object(ref, revision=revision, never_decrypt=True))
            if meta.xref_section_type in _TABLES:
                reader.stream.seek(meta.end_location)
                generic.DictionaryObject.read_from_stream(reader.stream, generic.TrailerReference(reader))
            else:
                reader.stream.seek(meta.start_location)
                number, generation = read_object_header(reader.stream, strict=False)
                generic.read_object(reader.stream, generic.Reference(number, generation, reader))
        except Flaw:
            raise
        except Exception as error:
            kind = type(error).__name__
            raise Flaw(Problem.CHANGED_AFTER, f"a later revision can be read in more than one way: {kind}") from error
        finally:
            reader.strict = False

    def _without_actions(self, ref: generic.Reference, revision: int, value: object) -> None:
        """See that nothing comes to act that did not before: of a new field pyHanko looks at the place only."""
        if not isinstance(value, generic.DictionaryObject):
            return
        acts = _ACTS if "/FT" in value or "/Subtype" in value else _ACTS - {"/A"}
        for key in acts & value.keys():
            old = self._former(ref, revision)
            if (
                not isinstance(old, generic.DictionaryObject)
                or key not in old
                or old.raw_get(key) != value.raw_get(key)
            ):
                raise Flaw(Problem.CHANGED_AFTER, "an action that was not there before")

    def _former(self, ref: generic.Reference, revision: int) -> object:
        if self._reader.xrefs.get_historical_ref(ref, revision - 1) is None:
            return None
        return self._reader.get_object(ref, revision=revision - 1, never_decrypt=True)

    def _after_white(self, place: int) -> int:
        while place < self._end and self._data[place] in _WHITE:
            place += 1
        return place

    def _inside_stream(self, place: int, known: set[int]) -> bool:
        """Whether what looks like an object lies in the data of a stream that a section names."""
        before = max((start for start in known if start < place), default=-1)
        if before < 0:
            return False
        stream = self._reader.stream
        stream.seek(before)
        number, generation = read_object_header(stream, strict=False)
        value = generic.read_object(stream, generic.Reference(number, generation, self._reader))
        if not isinstance(value, generic.StreamObject):
            return False
        tail = bytes(self._data[max(before, stream.tell() - 64) : stream.tell()])
        close = stream.tell() - (len(tail) - tail.rfind(b"endstream"))
        return bool(close - len(value.encoded_data) - 2 <= place < close)
