"""What the hub makes of `DIR/policy.toml` by itself, at its start and at each reload.

A changed text that can be read becomes a version. A text that was in force before does not: whoever went back with
`mailhub policy back` must not find the old rules again because a file lay about.
"""

from __future__ import annotations

import logging
from pathlib import Path

from mailhub.policy.rules.errors import BookErrors
from mailhub.screening.rules import versions
from mailhub.screening.rules.errors import PolicyFileFault, SameRules
from mailhub.screening.rules.policy_file import POLICY_FILE, read_text, shipped_text, write_text
from mailhub.store.database import Database
from mailhub.store.errors import StoreUnavailable

log = logging.getLogger(__name__)


def adopt_at_start(database: Database, directory: Path) -> None:
    """Put the file in force where it is new; write it where it is missing (a hub from before there were rules gets
    the catalogue).

    Raises:
        PolicyFileFault, BookErrors: it cannot be used, and says where; the hub must not start with other rules than
            those that people believe in.
        StoreUnavailable
    """
    path = directory / POLICY_FILE
    text = read_text(path)
    if text is None:
        with database.read() as connection:
            known = versions.in_force(connection)
        text = shipped_text() if known is None else known.text
        try:
            write_text(path, text)
        except PolicyFileFault as error:
            log.warning("%s; the rules are in force all the same", error)
    _adopt(database, path, text, "có khi máy chủ khởi động")


def adopt_at_reload(database: Database, directory: Path) -> None:
    """Put the file in force where it is new; whatever is wrong with it changes nothing, and the log says what it is."""
    path = directory / POLICY_FILE
    try:
        text = read_text(path)
        if text is None:
            log.error("%s is not there; the rules in force stay", path)
            return
        _adopt(database, path, text, "tệp đã thay đổi, nạp lại cấu hình")
    except BookErrors as error:
        for line in error.lines():
            log.error("the rules stay as they were: %s", line)  # noqa: TRY400
    except (PolicyFileFault, StoreUnavailable) as error:
        log.error("the rules stay as they were: %s", error)  # noqa: TRY400


def _adopt(database: Database, path: Path, text: str, reason: str) -> None:
    with database.read() as connection:
        now, seen = versions.in_force(connection), versions.number_of(connection, text)
    if now is not None and now.text == text:
        versions.read_all(text, str(path))  # a program that was replaced may read less
        return
    if seen:
        assert now is not None
        log.warning(
            "%s is what version %d was; version %d is in force. `mailhub policy activate` puts the file in force, "
            "`mailhub policy back --to %d` writes the file anew",
            path, seen, now.number, now.number,
        )  # fmt: skip
        return
    try:
        with database.write() as connection:
            done = versions.activate(connection, versions.RELOAD, text, reason=reason, file=str(path))
    except SameRules:  # another role's supervisor was faster
        return
    log.info("version %d of the rules is in force, from %s: %d changes", done.number, path, len(done.changes))
