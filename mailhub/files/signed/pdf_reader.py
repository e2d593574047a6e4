"""pyHanko's reader of PDF with a memory: values of earlier revisions are read once, not once for each comparison.

Three of its methods are done anew (pyHanko is pinned): what they find is the same, and costs a third.
"""

from __future__ import annotations

import io
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, RawPdfPath
from pyhanko.pdf_utils.xref import ObjStreamRef

from mailhub.files.signed import quick
from mailhub.files.signed.octets import stream_of
from mailhub.files.signed.usages import Edges, Number, Path, paths_of

quick.install()
_Key = tuple[int, int, int | ObjStreamRef | None, bool]


class Revision(HistoricalResolver):
    """The file as it was, for the difference analysis."""

    reader: SignedPdf
    _paths: dict[Number, set[Path]] | None = None

    def _load_reverse_xref_cache(self) -> None:
        if self._paths is None:
            reader, revision = self.reader, self.revision

            def get(number: Number) -> Any:
                return reader.value_at(number, revision)

            self._paths = paths_of(reader.trailer.flatten(revision), get, reader.edges)

    def _get_usages_of_ref(self, ref: generic.Reference) -> set[RawPdfPath]:
        paths = self._paths or {}
        return {RawPdfPath(*path) for path in paths.get((ref.idnum, ref.generation), ())}


class SignedPdf(PdfFileReader):
    """Reads with mercy (`strict` off): what was signed counts as it was signed, however it was written."""

    def __init__(self, data: memoryview) -> None:
        self.edges = Edges()
        self._former: dict[_Key, Any] = {}
        self._packed: dict[int, tuple[bytes, dict[int, int]]] = {}  # object streams: data, object's number to its place
        super().__init__(stream_of(data), strict=False)

    def get_object(  # type: ignore[override]  # as PdfFileReader's, which has no types
        self,
        ref: generic.Reference,
        revision: int | None = None,
        never_decrypt: bool = False,
        transparent_decrypt: bool = True,
        as_metadata_stream: bool = False,
    ) -> Any:
        """As pyHanko's. Read anew when everything must be read strictly, and in encrypted files."""
        if revision is None or self.strict or as_metadata_stream or self.encrypted:
            return self._anew(ref, revision, never_decrypt, transparent_decrypt, as_metadata_stream)
        place = self.xrefs.get_historical_ref(ref, revision)
        key = (ref.idnum, ref.generation, place, never_decrypt)
        if key not in self._former:
            self._former[key] = self._anew(ref, revision, never_decrypt, transparent_decrypt)
        return self._former[key]

    def get_historical_resolver(self, revision: int) -> HistoricalResolver:
        """As pyHanko's."""
        if self.encrypted:
            return super().get_historical_resolver(revision)
        if revision not in self._historical_resolver_cache:
            self._historical_resolver_cache[revision] = Revision(self, revision)
        return self._historical_resolver_cache[revision]

    def value_at(self, number: Number, revision: int) -> Any:
        """The object as it was in `revision`, null when there was none."""
        ref = generic.Reference(*number, self)
        try:
            changed = self.xrefs.get_last_change(ref)
        except KeyError:
            return self.get_object(ref)
        return self.get_object(ref) if changed <= revision else self.get_object(ref, revision)

    def _anew(self, *how: Any) -> Any:
        return super().get_object(*how)  # type: ignore[no-untyped-call]

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> Any:
        """As pyHanko's, which unpacks the stream and reads its index again for every object in it."""
        if self.strict:
            return super()._get_object_from_stream(idnum, stmnum, idx)  # type: ignore[no-untyped-call]
        if stmnum not in self._packed:
            stream = generic.Reference(stmnum, 0, self).get_object()
            if not isinstance(stream, generic.StreamObject) or stream["/Type"] != "/ObjStm":
                raise PdfReadError("no object stream")
            octets = bytes(stream.read_data(DecodePurpose.OBJECT_STREAM))
            self._packed[stmnum] = (octets, _index(octets, int(stream["/N"]), int(stream["/First"])))
        octets, places = self._packed[stmnum]
        if idnum not in places:
            return generic.NullObject()
        place = io.BytesIO(octets)
        place.seek(places[idnum])
        return generic.read_object(place, generic.Reference(idnum, 0, self))


def _index(octets: bytes, count: int, first: int) -> dict[int, int]:
    """Object number to its place in the stream; the first one counts, as with pyHanko."""
    numbers = [int(number) for number in octets[:first].split()[: 2 * count]]
    places: dict[int, int] = {}
    for number, offset in zip(numbers[::2], numbers[1::2], strict=False):
        places.setdefault(number, first + offset)
    return places


def entry(holder: generic.PdfObject, key: str, otherwise: Any = None) -> Any:
    """What a dictionary has at `key`, followed where it is a reference and decrypted: `get` of pyHanko's dictionaries
    is Python's own, which does neither."""
    if not isinstance(holder, generic.DictionaryObject):
        raise PdfReadError("no dictionary")
    if key not in holder:
        return otherwise
    return holder[key]
