"""Files that must not be continued: what would break a signature in them, or what we do not understand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPSpec, enumerate_sig_fields

from mailhub.files.sealing.pages import entries, entry
from mailhub.files.sealing.values import CannotReason

_NO_CHANGES = 1  # /P of a certification or a lock (ISO 32000-2 Tables 236, 257)


class Refused(Exception):
    """The file gets no signature."""

    def __init__(self, reason: CannotReason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def check_form(reader: PdfFileReader) -> None:
    """Whether a further signature field may be added at all.

    A certification that allows forms to be filled in allows signing (ISO 32000-2 § 12.8.2.2.2). Whether in a further
    field too, readers differ; Vietnamese programs certify the leader's signature so and add the seal's field, and
    poppler, pyHanko and we call that valid.

    Raises:
        Refused: ENCRYPTED, UNSUPPORTED, CERTIFIED.
    """
    if reader.encrypted:
        raise Refused(CannotReason.ENCRYPTED)
    root = reader.root
    if entry(entry(root, "/AcroForm"), "/XFA") is not None:
        raise Refused(CannotReason.UNSUPPORTED, "XFA")
    for field, method, parameters in _references(reader):
        if method == "/DocMDP" and entry(parameters, "/P") == _NO_CHANGES:
            raise Refused(CannotReason.CERTIFIED, field[:100])


def check_locks(reader: PdfFileReader, field_name: str) -> None:
    """Whether a field of this name may be added (FieldMDP, § 12.8.2.4).

    Raises:
        Refused: LOCKED.
    """
    for field, method, parameters in _references(reader):
        if method == "/FieldMDP" and isinstance(parameters, generic.DictionaryObject):
            locks_all = entry(parameters, "/P") == _NO_CHANGES
            if locks_all or FieldMDPSpec.from_pdf_object(parameters).is_locked(field_name):
                raise Refused(CannotReason.LOCKED, field[:100])


def _references(reader: PdfFileReader) -> Iterator[tuple[str, str, Any]]:
    """Signature references (§ 12.8.1, Table 256): name of the field, method, parameters."""
    for name, _, reference in enumerate_sig_fields(reader, filled_status=True):
        for one in entries(entry(reference.get_object(), "/V"), "/Reference"):
            found = one.get_object()
            yield str(name), str(entry(found, "/TransformMethod")), entry(found, "/TransformParams")


def free_name(reader: PdfFileReader, wanted: str) -> str:
    """`wanted`, with a number behind it when a field has that name already. A full stop would make two names of it
    (§ 12.7.4.2)."""
    plain = wanted.replace(".", "-") or "Signature"
    fields = entries(entry(reader.root, "/AcroForm"), "/Fields")
    taken = {str(entry(one.get_object(), "/T")) for one in fields if isinstance(one, generic.IndirectObject)}
    number, name = 1, plain
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    return name
