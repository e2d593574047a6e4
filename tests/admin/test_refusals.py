"""What services refuse is said in the reader's language: every line of theirs that people can meet has its words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailhub
from mailhub.admin.refusals import _lines, in_words, told
from mailhub.i18n import texts
from mailhub.store.database import Database
from tests.support.accounts import make_province
from tests.support.databases import sqlite_database
from tests.support.web import HOST, Browser, new_site, words

__all__ = ["sqlite_database"]
pytestmark = pytest.mark.unit
VI, EN = texts("vi"), texts("en")
PACKAGE = Path(mailhub.__file__).parent
# What a page never shows: broken code, a store that is away (its own page), what is answered as "not found".
UNSEEN = {"RuntimeError", "ValueError", "KeyError", "AssertionError", "StoreUnavailable", "NotSent", "WeakPassword"}
# Rules of groups are JSON, written by administrators; their faults name its keys, and stay as they are.
APART = {"InvalidRule", "StillInUse"}
JOINED = "cannot X X: X"  # its second half is a table of states (accounts/life/states.py)
VIETNAMESE = re.compile("[ăâđêôơưàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵắằẳẵặấầẩẫậếềểễệốồổỗộớờởỡợứừửữự]", re.IGNORECASE)


def lines(folder: str) -> Iterator[tuple[str, str]]:
    """(where, line) of every error with fixed words, its values as `X`."""
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                line, kind = _words(node.exc.args[0]), ast.unparse(node.exc.func)
                if line.strip("X:; ") and line != JOINED and kind not in UNSEEN | APART:
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno} {kind}", line


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    return ""


def test_no_line_of_the_accounts_services_is_shown_in_english_to_vietnamese_readers() -> None:
    left = [
        f"{where}: {line}"
        for where, line in lines("accounts")
        if "NotAllowed" not in where and not VIETNAMESE.search(line) and in_words(VI, line) == line
    ]
    assert not left, "\n".join(left)


def test_every_translated_line_is_still_said_by_some_service() -> None:
    said = {ident for _, line in lines("") for pattern, ident in _lines() if pattern.fullmatch(line)}
    joined = {one for one in EN.ids() if one.startswith(("web.refused.cannot-it-", "web.refused.is-not-as-you-saw"))}
    assert {one for one in EN.ids() if one.startswith("web.refused.")} == said | joined


def test_values_stay_and_words_of_ours_are_translated_with_the_line() -> None:
    line = "no agency has the code '<b>zzz</b>'"
    assert in_words(VI, line) == "không có đơn vị nào mang mã '<b>zzz</b>'"
    assert in_words(EN, line) == line
    assert in_words(VI, "disk <full>") == "disk <full>"
    suspended = "a@b.vn is suspended: app passwords are for accounts in use"
    assert "Tạm khóa" in in_words(VI, suspended)
    assert told(VI, ("web.form.refused", {"detail": line})).endswith("mang mã '<b>zzz</b>'")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_page_that_is_not_there_says_what_to_do_and_whom_to_ask_and_the_log_knows_its_code(
    language: str, sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_province(sqlite_database)
    hub = {"domain": "tinh.gov.vn", "hostname": HOST, "support": "Tổ CNTT, 0216 3 888 999"}
    nobody, t = Browser(new_site(sqlite_database, tmp_path, hub=hub)), texts(language)
    nobody.http.cookies.set("language", language)
    caplog.set_level("INFO", "mailhub.admin.frame.dispatch")
    page = nobody.get("/khong-co")
    assert page.status_code == 404
    said = words(page.text)
    assert t("web.fault.not-found") in said
    assert t("web.fault.who", support="Tổ CNTT, 0216 3 888 999") in said
    code = re.search(r"[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{2}", said)
    assert code is not None
    assert code[0] in caplog.text
    nobody.get("/k/SECRET-CODE/more")
    assert "SECRET-CODE" not in caplog.text
