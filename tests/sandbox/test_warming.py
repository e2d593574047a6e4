"""The zygote's own samples are what they say, or nothing would be warm."""

from __future__ import annotations

import pytest

from mailhub.files.facts import FileFacts, Limits
from mailhub.files.reader import Given, read_file
from mailhub.sandbox.warming import warm_up

pytestmark = pytest.mark.unit


def test_every_sample_is_read_as_what_it_is() -> None:
    seen: dict[str, FileFacts] = {}

    def note(given: Given, limits: Limits) -> FileFacts:
        if given.name in seen:
            return seen[given.name]
        seen[given.name] = read_file(given, limits)
        return seen[given.name]

    warm_up(note)
    assert {name: facts.type for name, facts in seen.items()} == {
        f"mau.{kind}": kind for kind in ("docx", "pdf", "zip", "txt", "eml")
    }
    assert [facts.name for facts in seen.values() if facts.unreadable is not None] == []
    recognition = seen["mau.docx"].recognition
    assert recognition is not None
    assert recognition.doc_type == "QĐ"


def test_a_reader_that_fails_does_not_keep_the_zygote_from_starting() -> None:
    def fail(given: Given, limits: Limits) -> FileFacts:
        raise ValueError(given.name)

    warm_up(fail)
