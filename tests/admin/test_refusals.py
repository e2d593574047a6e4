"""What services refuse is said in the reader's language: every line of theirs that people can meet has its words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

import mailhub
from mailhub.admin.refusals import in_words, lines_of, told
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
# Where Vietnamese sentences are made that pages show: the doctor, staff lists, proofs, reasons that the hub gives.
TELLERS = (
    "ops/checks", "ops/doctor.py", "roster", "lifecycle/doors.py", "lifecycle/session_doors.py", "lifecycle/scene.py",
    "lifecycle/daily.py", "lifecycle/reviewing.py", "accounts/life/deciding.py", "accounts/life/ending.py",
    "accounts/life/idle.py", "accounts/refusing.py", "accounts/control", "accounts/passwords.py",
    "accounts/login/changing.py", "documents/grammar/explanations.py",
    "screening/rules", "screening/rehearsal", "policy/rules", "incidents/acts.py",
)  # fmt: skip
# Words of the command line, what is searched for in files, and the text of a letter.
NOT_TOLD = {"role_words.py", "columns.py", "headers.py", "sections.py"}
REGEX = re.compile(r"\(\?|\|")
LETTER = "Thư kiểm tra số "
SURE = 15  # so many letters at its beginning or end tell a line
# `roster/undoing.py` puts other words into a line of planning.
OF_UNDOING = {"web.said.apply-again", "web.said.changed-it-at-after-the-applying"}
QUOTED = re.compile("“[^”]*”")  # words of the file or the form, in English as well


def lines(folder: str) -> Iterator[tuple[str, str]]:
    """(where, line) of every error with fixed words, its values as `X`."""
    for path in modules(folder):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                line, kind = _words(node.exc.args[0]), ast.unparse(node.exc.func)
                if line.strip("X:; ") and line != JOINED and kind not in UNSEEN | APART:
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno} {kind}", line


def problems(folder: str) -> Iterator[tuple[str, str]]:
    """(where, line) of every fault that is noted, and of what would be right."""
    for path in modules(folder):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("Problem", ".problem", ".found.add")):
                for line in filter(None, map(_words, node.args[1:])):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", line


def strings(path: Path) -> Iterator[str]:
    """Every text of a module but its docstrings."""
    inner: set[int] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr):
            inner.update(map(id, node.values))
        if isinstance(node, ast.Expr):
            inner.add(id(node.value))
        if isinstance(node, ast.expr) and id(node) not in inner and (line := _words(node)):
            yield line


def modules(folder: str) -> list[Path]:
    path = PACKAGE / folder
    return [path] if path.suffix else sorted(path.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_value(part) if isinstance(part, ast.FormattedValue) else _words(part) for part in node.values)
    return ""


def _value(part: ast.FormattedValue) -> str:
    """What might stand there: a day, a path, anything."""
    if part.format_spec is not None and "%d" in (form := _words(part.format_spec)):
        return datetime(2026, 11, 22, 14, 5, tzinfo=UTC).strftime(form)
    return "/X" if ast.unparse(part.value).endswith("path") else "X"


def test_no_line_of_a_service_is_shown_in_english_to_vietnamese_readers() -> None:
    found = [*lines("accounts"), *lines("registry"), *lines("policy/lists"), *problems("policy/rules")]
    left = [
        f"{where}: {line}"
        for where, line in found
        if not any(kind in where for kind in ("NotAllowed", "NoSuchDocument"))  # pages say that there is no such page
        and line.strip("X:; ")
        and not VIETNAMESE.search(line)
        and not VIETNAMESE.search(in_words(VI, line))
        and not line.startswith(("as ", "write ", "X ("))  # what would be right, as it is written in the file
    ]
    assert not left, "\n".join(left)


def test_no_vietnamese_sentence_of_a_service_is_shown_to_english_readers() -> None:
    told = "\n".join(said for one in lines_of("web.said.") for said in VI.forms(one.ident))
    left = [
        f"{path.relative_to(PACKAGE)}: {line}"
        for folder in TELLERS
        for path in modules(folder)
        if path.name not in NOT_TOLD
        for line in strings(path)
        if VIETNAMESE.search(line)
        and not line.startswith(LETTER)
        and not REGEX.search(line)
        and not line.startswith("write ")
        and VIETNAMESE.search(QUOTED.sub("", in_words(EN, line)))
        # A part of a sentence, which is put together at run time.
        and not all(part.strip() in told for part in re.split(r"X|\d\d/\d\d/\d{4}", line))
    ]
    assert not left, "\n".join(left)


def test_every_translated_line_is_still_said_by_some_service() -> None:
    # What Python joins by itself is joined; the English in brackets that terminals get may stand within a line.
    code = "\n".join(re.sub(r'"\s*\n\s*f?"', "", path.read_text()).replace('\\"', '"') for path in modules(""))
    silent = {
        one.ident
        for one in (*lines_of("web.refused."), *lines_of("web.said."))
        for part in re.split(r"\{\w+\}", texts(one.language).forms(one.ident)[0])
        if not any(piece in code for piece in ends(part.strip(" :,;")))
    }
    assert silent == OF_UNDOING


def ends(part: str) -> tuple[str, str]:
    return part[:SURE], part[-SURE:]


def test_values_stay_and_words_of_ours_are_translated_with_the_line() -> None:
    line = "no agency has the code '<b>zzz</b>'"
    assert in_words(VI, line) == "không có đơn vị nào mang mã '<b>zzz</b>'"
    assert in_words(EN, line) == line
    assert in_words(VI, "disk <full>") == "disk <full>"
    suspended = "a@b.vn is suspended: app passwords are for accounts in use"
    assert "Tạm khóa" in in_words(VI, suspended)
    assert told(VI, ("web.form.refused", {"detail": line})).endswith("mang mã '<b>zzz</b>'")


def test_several_lines_in_one_are_said_each_and_names_stay() -> None:
    seen = "tinh.gov.vn: không có; cu.gov.vn: không có (theo 10.0.0.1)"
    assert in_words(EN, seen) == "tinh.gov.vn: none; cu.gov.vn: none (says 10.0.0.1)"
    assert in_words(VI, seen) == seen
    assert in_words(VI, 'rule "không có": promotions: on is missing') == 'quy tắc "không có": thiếu promotions: on'
    assert in_words(EN, "Nguyễn Văn An, Sở Nội vụ") == "Nguyễn Văn An, Sở Nội vụ"
    weak = ("web.login.weak", {"why": "cần ít nhất 8 ký tự; thiếu chữ hoa, chữ số"})
    assert "at least 8 characters are needed; missing: capital letters, digits" in told(EN, weak)


def test_english_in_brackets_for_the_terminal_is_left_out() -> None:
    line = "không có phiên bản 7 (no such version); `mailhub policy history` liệt kê các phiên bản"
    assert in_words(EN, line) == "there is no version 7; `mailhub policy history` lists them"
    assert in_words(VI, line) == line.replace(" (no such version)", "")


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
