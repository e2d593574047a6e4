"""`kill -9` in the middle of a list: what was committed stands, what was not is as before, and the rest is resumed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from mailhub.roster.keeping import ImportState, RowState, find_import
from mailhub.store.database import open_database
from mailhub.store.schema import METADATA
from tests.support.accounts import make_province
from tests.support.rosters import apply, everything, plan, rows, sheet, undo

ROOT = Path(__file__).parents[2]
# The third batch has written everything but what says so, and is killed before it is committed.
APPLIER = """
import os, signal, sys
from mailhub.roster import applying
from mailhub.store.database import open_database
from tests.support.rosters import apply
real, calls = applying._store, []
def store(*given):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*given)
applying._store = store
apply(open_database(sys.argv[1]), sys.argv[2], size=4)
"""


def test_an_apply_that_is_killed_is_resumed_without_doing_anything_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mailhub.db'}"
    database = open_database(url, checkpoints=True)
    with database.write() as connection:
        METADATA.create_all(connection)
    make_province(database)
    empty = everything(database)
    people = [(str(n), f"Nguyễn Văn {'ABCDEFGHIJKL'[n]}a", "", f"Việc {n}", "", "", "") for n in range(12)]
    made = plan(database, sheet(*people), agency="snv")
    killed = subprocess.run([sys.executable, "-c", APPLIER, url, made.code], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(rows(database, made.code, RowState.DONE)) == 8
    assert len(everything(database)["mailbox"]) == len(empty["mailbox"]) + 8
    with database.read() as connection:
        assert find_import(connection, made.code).state is ImportState.APPLYING
    assert apply(database, made.code, size=4) == {"done": 12}
    assert len(everything(database)["mailbox"]) == len(empty["mailbox"]) + 12
    assert undo(database, made.code) == {"undone": 12, "kept": 0}
    assert everything(database) == empty
    database.close()
