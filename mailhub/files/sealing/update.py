"""The incremental update itself (ISO 32000-2 § 7.5.6): what is appended to the file, and nothing else of it changed.

The update has a signature field with its widget, the field's value with a placeholder for the CMS, and the objects that
point to them: form, page or its list of annotations, and the catalogue when there was no form. Dates and metadata of
the document stay: they are what the person signed.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from mailhub.files.sealing.geometry import Box
from mailhub.files.sealing.pages import Page, entry

_VIETNAM = timezone(timedelta(hours=7))
_APPEND_ONLY = 3  # /SigFlags: there are signatures, and the file is to be continued only (§ 12.7.3)
_PRINT_AND_LOCKED = 0b10000100  # flags of the widget (§ 12.5.3)


class Appender(IncrementalPdfFileWriter):
    """Writes what it was told to and nothing else."""

    # A soft mask needs 1.4; /Version is raised for older files alone.
    output_version = (1, 4)

    def _update_meta(self) -> None:
        """No date of change, no producer: neither /Info nor the XMP of a signed document is touched."""


class _Tail(io.BytesIO):
    """Octets that lie behind `begin` others."""

    def __init__(self, begin: int) -> None:
        super().__init__()
        self._begin = begin

    def tell(self) -> int:
        return self._begin + super().tell()

    def seek(self, at: int, whence: int = os.SEEK_SET) -> int:
        return self._begin + super().seek(at - self._begin if whence == os.SEEK_SET else at, whence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The signature field: what it is called, where it is seen, how much room its CMS gets in octets."""

    name: str
    page: Page
    box: Box  # in the page's own units
    appearance: generic.IndirectObject
    reserved: int
    signed_at: int


@dataclass(frozen=True, slots=True)
class Update:
    """Octets to append, and where in the whole file the placeholder is: from its `<` to behind its `>`."""

    octets: bytes
    contents_at: int
    contents_end: int


def writer_of(reader: PdfFileReader) -> Appender:
    """What writes behind the file of `reader`."""
    return Appender(reader.stream, prev=reader)


def append(writer: Appender, field: Field) -> Update:
    """Add the field, and write what has changed."""
    value = SignatureObject(
        timestamp=datetime.fromtimestamp(field.signed_at / 1000, UTC).astimezone(_VIETNAM),
        subfilter=SigSeedSubFilter.PADES,
        bytes_reserved=2 * field.reserved,
    )
    page = generic.IndirectObject(field.page.reference.idnum, field.page.reference.generation, writer)
    widget = writer.add_object(_widget(field, page, writer.add_object(value)))
    _enter(writer, widget)
    tail = _tail_of(writer)
    untyped: Any = writer
    untyped.register_annotation(page, widget)
    untyped._prep_dom_for_writing()
    untyped._write_updated_section(tail)
    end = tail.tell()
    begin, behind = value.contents.offsets
    value.byte_range.fill_offsets(tail, begin, behind, end)
    return Update(tail.getvalue(), begin, behind)


def _tail_of(writer: Appender) -> _Tail:
    stream = writer.input_stream
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - 1))
    tail = _Tail(end)
    if stream.read(1) not in (b"\n", b"\r"):  # else the first object would lie behind %%EOF, in a comment
        tail.write(b"\n")
    return tail


def _widget(field: Field, page: generic.IndirectObject, value: generic.IndirectObject) -> generic.DictionaryObject:
    """Field and widget in one (§ 12.5.6.19)."""
    entries = {
        "/Type": pdf_name("/Annot"),
        "/Subtype": pdf_name("/Widget"),
        "/FT": pdf_name("/Sig"),
        "/T": generic.pdf_string(field.name),
        "/F": generic.NumberObject(_PRINT_AND_LOCKED),
        "/Rect": generic.ArrayObject([generic.FloatObject(round(side, 4)) for side in field.box]),
        "/P": page,
        "/V": value,
        "/AP": generic.DictionaryObject({pdf_name("/N"): field.appearance}),
    }
    return generic.DictionaryObject({pdf_name(name): entry for name, entry in entries.items()})


def _enter(writer: Appender, widget: generic.IndirectObject) -> None:
    """Into the form, which is made when there is none (§ 12.7.3)."""
    root = writer.root
    form = entry(root, "/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        form = generic.DictionaryObject()
        root[pdf_name("/AcroForm")] = writer.add_object(form)
        writer.update_container(root)
    if not isinstance(entry(form, "/Fields"), generic.ArrayObject):
        form[pdf_name("/Fields")] = generic.ArrayObject()
        writer.update_container(form)
    fields = form["/Fields"]
    fields.append(widget)
    writer.update_container(fields)
    if entry(form, "/SigFlags") != _APPEND_ONLY:
        form[pdf_name("/SigFlags")] = generic.NumberObject(_APPEND_ONLY)
        writer.update_container(form)
