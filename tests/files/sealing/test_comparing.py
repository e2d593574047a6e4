"""An update that does more than add one signature is not signed, whoever made it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from mailhub.files.sealing import prepare as preparing
from mailhub.files.sealing.comparing import compare
from mailhub.files.sealing.update import Appender, Field, Update, append
from mailhub.files.sealing.values import CannotSeal, SealKind
from tests.files.sealing.conftest import Prepare
from tests.support.pdfs import letter
from tests.support.sealable import hybrid, with_streams, with_table, without_last_line_end

ATTACHMENT = {"kind": SealKind.ATTACHMENT, "number": "87/UBND-VX", "time": "20/11/2026 16:35:56 +07:00"}
Lie = Callable[[Appender, Field], Field]


def update_of(prepared: Prepare, pdf: bytes, **plan: object) -> bytes:
    made = prepared(pdf, **plan)
    assert not isinstance(made, CannotSeal), made
    return made[1]


def problem(original: bytes, update: bytes) -> str:
    return compare(memoryview(original), memoryview(update)).problem


def test_what_is_honestly_prepared_passes(prepared: Prepare, signed: bytes) -> None:
    assert problem(signed, update_of(prepared, signed)) == ""
    for pdf in (letter(), hybrid(), with_streams(letter()), with_table(letter()), without_last_line_end(letter())):
        assert problem(pdf, update_of(prepared, pdf, **ATTACHMENT)) == ""


def page_of(writer: Appender, field: Field) -> Any:
    return generic.IndirectObject(field.page.reference.idnum, field.page.reference.generation, writer).get_object()


def other_page(writer: Appender, field: Field) -> Field:
    page = page_of(writer, field)
    page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"0 0 99 99 re f"))
    writer.update_container(page)
    return field


def rewritten_stream(writer: Appender, field: Field) -> Field:
    contents = page_of(writer, field).raw_get("/Contents")
    stream = contents.get_object()
    stream._data, stream._encoded_data = b"0 0 99 99 re f", None
    writer.mark_update(contents.reference)
    return field


def other_annotation(writer: Appender, field: Field) -> Field:
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 90, 90)))
    note = {"/Type": pdf_name("/Annot"), "/Subtype": pdf_name("/FreeText"), "/Rect": box}
    added = writer.add_object(generic.DictionaryObject({pdf_name(name): value for name, value in note.items()}))
    page = generic.IndirectObject(field.page.reference.idnum, field.page.reference.generation, writer)
    untyped: Any = writer
    untyped.register_annotation(page, added)
    return field


def opening_action(writer: Appender, field: Field) -> Field:
    script = {"/S": pdf_name("/JavaScript"), "/JS": generic.pdf_string("app.alert(1)")}
    action = generic.DictionaryObject({pdf_name(name): value for name, value in script.items()})
    writer.root[pdf_name("/OpenAction")] = writer.add_object(action)
    writer.update_container(writer.root)
    return field


def look_over_the_page(_: Appender, field: Field) -> Field:
    return replace(field, box=(0.0, 0.0, 595.0, 842.0))


LIES = [other_page, rewritten_stream, other_annotation, opening_action, look_over_the_page]


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("plan", [{}, ATTACHMENT], ids=["main", "attachment"])
def test_an_update_that_changes_the_document_is_found(
    prepared: Prepare, signed: bytes, plan: dict[str, object], lie: Lie, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = signed if not plan else letter()

    def lying(writer: Appender, field: Field) -> Update:
        return append(writer, lie(writer, field))

    monkeypatch.setattr(preparing, "append", lying)
    assert problem(original, update_of(prepared, original, **plan))


def test_two_revisions_an_older_file_and_nonsense_are_found(prepared: Prepare, signed: bytes) -> None:
    assert problem(letter(), update_of(prepared, signed))
    plain = letter()
    writer, once = IncrementalPdfFileWriter(io.BytesIO(plain)), io.BytesIO()
    writer.root[pdf_name("/Lang")] = generic.pdf_string("vi")
    writer.update_container(writer.root)
    writer.write(once)
    between = once.getvalue()[len(plain) :]
    assert "not one revision" in problem(plain, between + update_of(prepared, plain + between, **ATTACHMENT))
    assert problem(plain, between)
    assert problem(signed, b"\n%%EOF\n")
    assert problem(b"%PDF-1.7 nonsense", b"nonsense")
