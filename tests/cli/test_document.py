"""`mailhub document`: what clerks and administrators ask of the record, from a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from subprocess import CompletedProcess

import pytest

from mailhub.settings import SETTINGS_FILE, load
from mailhub.store.database import open_database
from tests.registry.parts import DECISION, facts, keep, sighting
from tests.support.hub import RunningHub


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    """A hub that knows 15/QĐ-SNV (message 7K4-QW2-M9), 16/QĐ-SNV and a secret."""
    with RunningHub(start=False) as made:
        made.account("nva@tinh.gov.vn")  # so that the database's files are the hub's own user's
        database = open_database(load(made.directory / SETTINGS_FILE).database_url)
        keep(
            database,
            sighting("a", code="7K4-QW2-M9"),
            sighting("b", facts({**DECISION, "number_symbol": "16/QĐ-SNV", "urgency": "KHẨN"})),
            sighting("c", facts({**DECISION, "secrecy": "MẬT"}), names=("mat.pdf",)),
        )
        database.close()
        yield made


def _run(hub: RunningHub, *words: str, code: int = 0) -> CompletedProcess[str]:
    done = hub.cli("document", *words, check=False)
    assert done.returncode == code, done.stderr
    return done


def _objects(result: CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_documents_are_listed_newest_first_with_what_the_header_says(hub: RunningHub) -> None:
    lines = _run(hub, "list").stdout.splitlines()
    assert len(lines) == 3
    assert "[MẬT]" in lines[0]
    assert "SỞ NỘI VỤ" not in lines[0]
    assert all(word in lines[1] for word in ("QĐ", "16/QĐ-SNV", "20/11/2026", "[KHẨN]", "SỞ NỘI VỤ", "bổ nhiệm"))
    assert [one["number_symbol"] for one in _objects(_run(hub, "list", "--json", "--urgency", "KHẨN"))] == ["16/QĐ-SNV"]
    assert len(_run(hub, "list", "--limit", "1").stdout.splitlines()) == 1


def test_words_without_marks_find_and_nothing_found_is_said(hub: RunningHub) -> None:
    found = _objects(_run(hub, "search", "quyet", "dinh", "15", "--json"))
    assert [one["number_symbol"] for one in found] == ["15/QĐ-SNV"]
    nothing = _run(hub, "search", "khong co")
    assert (nothing.stdout, "nothing fits" in nothing.stderr) == ("", True)


def test_show_tells_fields_with_evidence_and_where_it_was_seen(hub: RunningHub) -> None:
    text = _run(hub, "show", "15/QĐ-SNV").stdout
    for word in ("15/QĐ-SNV", "90%", "made-up", "7K4-QW2-M9", "quyet-dinh.pdf", "đã ban hành"):
        assert word in text
    (shown,) = _objects(_run(hub, "show", "15/QĐ-SNV", "--json"))
    assert shown["fields"]["signer"]["rule"] == "made_up"  # type: ignore[index]


def test_a_correction_is_tried_made_shown_and_exported(hub: RunningHub) -> None:
    words = ("correct", "16/QĐ-SNV", "--field", "signer", "--value", "Lê Thị Hoa", "--reason", "dấu che")
    tried = _run(hub, *words, "--dry-run")
    assert "Trần Thị Bình → Lê Thị Hoa" in tried.stdout
    assert "CẢNH BÁO" not in tried.stderr
    assert "Lê Thị Hoa" not in _run(hub, "show", "16/QĐ-SNV").stdout
    _run(hub, *words)
    assert "dấu che" in _run(hub, "show", "16/QĐ-SNV").stdout
    (label,) = _objects(_run(hub, "export", "--since", "1h"))
    assert (label["signer"], label["number_symbol"]) == ("Lê Thị Hoa", "16/QĐ-SNV")


def test_what_makes_no_sense_is_refused_in_a_line(hub: RunningHub) -> None:
    _run(hub, "correct", "15/QĐ-SNV", "--field", "colour", "--value", "x", code=2)
    _run(hub, "list", "--secrecy", "mật lắm", code=2)
    assert "no document" in _run(hub, "show", "99/QĐ-X", code=1).stderr
    assert "not a date" in _run(hub, "list", "--from", "mai", code=1).stderr


def test_filters_are_typed_without_marks_and_dates_as_people_write_them(hub: RunningHub) -> None:
    assert len(_run(hub, "list", "--secrecy", "mat").stdout.splitlines()) == 1
    words = ("list", "--type", "Quyết định", "--from", "20/11/2026", "--urgency", "khan", "--json")
    assert [one["number_symbol"] for one in _objects(_run(hub, *words))] == ["16/QĐ-SNV"]


def test_a_mark_of_secrecy_wants_a_reason_warns_and_tells_its_undoing(hub: RunningHub) -> None:
    database = open_database(load(hub.directory / SETTINGS_FILE).database_url)
    (kept,) = keep(database, sighting("to be secret", facts({**DECISION, "number_symbol": "71/QĐ-SNV"})))
    database.close()
    words = ("correct", f"#{kept.document_id}", "--field", "secrecy", "--value")
    assert "lý do" in _run(hub, *words, "toi mat", code=2).stderr
    tried = _run(hub, *words, "toi mat", "--reason", "có dấu", "--dry-run")
    assert "CẢNH BÁO: đánh dấu TỐI MẬT sẽ xóa vĩnh viễn" in tried.stderr
    assert "Nếu thực hiện" in tried.stderr
    assert "71/QĐ-SNV" in _run(hub, "show", "71/QĐ-SNV").stdout
    done = _run(hub, *words, "toi mat", "--reason", "có dấu")
    assert "Đã xóa vĩnh viễn" in done.stderr
    assert "secrecy: (không có) → TỐI MẬT" in done.stdout
    undone = _run(hub, *words, "")
    assert "secrecy: TỐI MẬT → (không có)" in undone.stdout
    assert "không tự trở lại" in undone.stderr
    assert "TỐI MẬT → (không có)" in _run(hub, "show", str(kept.document_id)).stdout
    assert "(có dấu)" in hub.cli("audit", "list", "--object", str(kept.document_id)).stdout
