"""The version of the directory: exact at each question, and one for all within a moment."""

from __future__ import annotations

from mailhub.accounts.act import bump_version
from mailhub.accounts.version import VersionReader, moment
from mailhub.store.database import Database


def _move_on(database: Database) -> None:
    with database.write() as connection:
        bump_version(connection)


def test_within_a_moment_everybody_is_told_the_same_version_and_after_it_the_new_one(database: Database) -> None:
    one, other = VersionReader(database), VersionReader(database)
    begun = one.read()
    with moment():
        assert one.read() == begun
        _move_on(database)
        with moment():  # within another: the same
            assert other.read() == begun
        assert one.read() == begun
        assert other.read_anew() == begun + 1  # who must know whether something was changed meanwhile
        assert one.read() == begun + 1
        _move_on(database)
    assert one.read() == other.read() == begun + 2
    one.close()
    other.close()
