"""Corrections as labelled data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailhub.accounts.errors import NotAllowed
from mailhub.registry import service as registry
from mailhub.store.database import Database
from tests.registry.parts import NOW, ROOT, clerk, keep, sighting

pytestmark = pytest.mark.unit


def _exported(database: Database, since: int = 0) -> list[dict[str, Any]]:
    with database.write() as connection:
        return [json.loads(line) for line in registry.export_labels(connection, ROOT, since)]


def test_each_corrected_document_is_a_line_with_both_answers(database: Database) -> None:
    kept = keep(database, sighting("a"), sighting("b"))
    with database.write() as connection:
        registry.correct(connection, ROOT, str(kept[0].document_id), "signer", "Lê Thị Hoa", "dấu che", at=NOW)
        registry.correct(connection, ROOT, str(kept[0].document_id), "urgency", "khẩn", at=NOW)
    (line,) = _exported(database)
    assert (line["id"], line["sha256"]) == (str(kept[0].document_id), kept[0].sha256.hex())
    assert (line["doc_type"], line["signer"], line["urgency"], line["secrecy"]) == ("QĐ", "Lê Thị Hoa", "KHẨN", None)
    assert (line["recognised"]["signer"], line["recognised"]["urgency"]) == ("Trần Thị Bình", None)
    assert line["corrected"] == {
        "signer": {"value": "Lê Thị Hoa", "reason": "dấu che"},
        "urgency": {"value": "KHẨN", "reason": ""},
    }


def test_what_was_corrected_before_is_left_out(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    with database.write() as connection:
        registry.correct(connection, ROOT, str(kept.document_id), "signer", "Lê Thị Hoa", at=NOW)
    assert len(_exported(database, NOW)) == 1
    assert _exported(database, NOW + 1) == []


def test_a_clerk_does_not_export(database: Database) -> None:
    with pytest.raises(NotAllowed), database.write() as connection:
        registry.export_labels(connection, clerk(1), 0)


def test_what_is_withheld_is_not_called_none(database: Database) -> None:
    (kept,) = keep(database, sighting("a"))
    with database.write() as connection:
        registry.correct(connection, ROOT, str(kept.document_id), "signer", "Lê Thị Hoa", "dấu che", at=NOW)
        registry.correct(connection, ROOT, str(kept.document_id), "secrecy", "MẬT", "có dấu", at=NOW)
    (line,) = _exported(database)
    assert line == {
        "id": str(kept.document_id),
        "sha256": kept.sha256.hex(),
        "withheld": True,
        "doc_type": "QĐ",
        "secrecy": "MẬT",
        "state": "issued",
        "recognised": {"doc_type": "QĐ", "secrecy": None},
        "corrected": {"secrecy": {"value": "MẬT"}},
    }
    with database.write() as connection:
        registry.correct(connection, ROOT, str(kept.document_id), "secrecy", "", at=NOW)
    assert _exported(database)[0]["withheld"] is True
    keep(database, sighting("a"))
    assert "withheld" not in _exported(database)[0]
    assert _exported(database)[0]["signer"] == "Trần Thị Bình"
    assert set(_exported(database)[0]["corrected"]) == {"secrecy"}  # the other answer went with the words
