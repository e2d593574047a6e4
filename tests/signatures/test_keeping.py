"""Verdicts as rows, on both engines: frozen, asked again, and gone when the message brought a secret."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from mailhub.files.facts import FileFacts, Mode
from mailhub.files.signed.facts import ChainFacts, Problem, SignatureFacts, Signed
from mailhub.registry import service as registry
from mailhub.registry.records import Sighting
from mailhub.registry.tables import file_table
from mailhub.signatures import keeping
from mailhub.signatures.keeping import FIRST_PAUSE, JudgedFile
from mailhub.signatures.verdict import Caution, JudgedDocument, Level, Reason, Verdict
from mailhub.store.database import Database
from tests.support.databases import database  # noqa: F401

SIGNED = Signed(signatures=(SignatureFacts(field_name="Chữ ký 1", chain=ChainFacts(problem="x")),), trust="t1")
UNKNOWN = JudgedDocument(
    verdict=Verdict.UNKNOWN, level=Level.CARE, reasons=(Reason.REVOCATION_UNKNOWN,), warnings=(Caution.NO_TIMESTAMP,)
)
VALID = JudgedDocument(verdict=Verdict.VALID, level=Level.GOOD, complete="both")
SHA = b"s" * 32


def file(judged: JudgedDocument, path: str = "2") -> JudgedFile:
    return JudgedFile(path=path, sha256=SHA, signed=SIGNED, judged=judged)


def test_what_was_judged_comes_back_as_it_was(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        keeping.keep(connection, [file(UNKNOWN), file(VALID, "3/1")], message_id=7, code="C", seen_at=5, at=9)
    with database.read() as connection:
        first, second = keeping.verdicts_of(connection, [7])
    assert (first.judged, first.signed, first.due_at) == (UNKNOWN, SIGNED, 9 + FIRST_PAUSE)
    assert (second.judged, second.path, second.due_at) == (VALID, "3/1", None)
    assert (first.seen_at, first.at, first.sha256) == (5, 9, SHA)


def test_a_later_verdict_stands_beside_the_first(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        keeping.keep(connection, [file(UNKNOWN)], message_id=7, code="C", seen_at=5, at=9)
        (row,) = keeping.due(connection, 9 + FIRST_PAUSE, 10)
        keeping.put_off(connection, row, 10**9)
        assert keeping.due(connection, 9 + FIRST_PAUSE, 10) == []
        (row,) = keeping.due(connection, 10**9, 10)
        keeping.keep_again(connection, row, VALID, at=10**9)
        assert keeping.due(connection, 10**12, 10) == []
        assert [one.judged.verdict for one in keeping.verdicts_of(connection, [7])] == [Verdict.UNKNOWN, Verdict.VALID]
        keeping.forget(connection, [7])
        assert keeping.verdicts_of(connection, [7]) == []


def sighting(signed: Signed | None, *, kind: str = "pdf") -> Sighting:
    facts = FileFacts("a.pdf", kind, 10, SHA.hex(), signed=signed)
    return Sighting(
        message_id=1, code="C", at=1, path="2", names=("a.pdf",), declared="application/pdf", sha256=SHA, size=10,
        facts=facts, account_id=None, desk_agency_id=None, mode=Mode.FULL,
    )  # fmt: skip


def known(database: Database, trust: str | None) -> Signed | None:  # noqa: F811
    with database.read() as connection:
        found = registry.known(connection, [SHA], Mode.QUICK, trust=trust)
    return found[SHA].signed if SHA in found else None


def test_a_reading_is_known_for_the_trust_data_that_it_was_made_by(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        registry.keep(connection, [sighting(SIGNED)])
    assert known(database, "t1") == SIGNED
    assert known(database, "t2") is None
    assert known(database, None) == SIGNED
    newer = replace(SIGNED, trust="t2")
    with database.write() as connection:
        registry.keep(connection, [sighting(newer)])
        assert connection.scalars(select(file_table.c.trust)).all() == ["t2"]
    assert known(database, "t2") == newer


def test_a_file_without_signatures_is_known_whatever_is_trusted(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        registry.keep(connection, [sighting(None)])
        assert SHA in registry.known(connection, [SHA], Mode.QUICK, trust="t9")


def test_what_was_not_read_to_its_end_is_read_again(database: Database) -> None:  # noqa: F811
    for problem in (Problem.TIME, Problem.CRASHED):
        with database.write() as connection:
            registry.keep(connection, [sighting(replace(SIGNED, problems=(problem,)))])
        assert known(database, "t1") is None
    with database.write() as connection:
        registry.keep(connection, [sighting(SIGNED)])
    assert known(database, "t1") == SIGNED


def test_what_a_detached_signature_says_is_never_remembered(database: Database) -> None:  # noqa: F811
    with database.write() as connection:
        registry.keep(connection, [sighting(SIGNED, kind="p7s")])
    assert known(database, "t1") is None
