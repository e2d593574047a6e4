"""The zygote's own samples are what they say, or nothing would be warm."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailhub.files.facts import FileFacts, Limits
from mailhub.files.reader import Given, read_file
from mailhub.files.signed.facts import ChainState
from mailhub.files.signed.reader import read_signed
from mailhub.files.signed.trusted import TrustBundle
from mailhub.sandbox import warming
from mailhub.sandbox.warming import warm_up
from mailhub.sandbox.wire import read_value

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
        "mau-ky-so.pdf": "pdf",
        **{f"mau.{kind}": kind for kind in ("docx", "pdf", "zip", "txt", "eml")},
    }
    assert [facts.name for facts in seen.values() if facts.unreadable is not None] == []
    recognition = seen["mau.docx"].recognition
    assert recognition is not None
    assert recognition.doc_type == "QĐ"


def test_a_reader_that_fails_does_not_keep_the_zygote_from_starting() -> None:
    def fail(given: Given, limits: Limits) -> FileFacts:
        raise ValueError(given.name)

    warm_up(fail)


def test_the_signed_sample_is_read_to_its_end() -> None:
    folder = Path(warming.__file__).parent / "samples"
    trust = read_value(TrustBundle, (folder / "trust.json").read_bytes())
    signed = read_signed(memoryview((folder / "signed.pdf").read_bytes()), "pdf", trust, 20)
    assert signed is not None
    assert (signed.problems, signed.detail) == ((), "")
    assert [one.chain.state for one in signed.signatures] == [ChainState.TRUSTED, ChainState.TRUSTED]
    assert signed.problems == ()
