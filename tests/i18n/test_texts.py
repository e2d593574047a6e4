"""Both languages say everything, with the same placeholders, and the code asks for nothing they lack."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import mailhub
from mailhub.i18n import LANGUAGES, NoSuchText, texts
from mailhub.mail.notice import Action, NoticeKind, NoticeRecipient
from mailhub.mail.notice_words import reason_of

pytestmark = pytest.mark.unit

SOURCES = Path(mailhub.__file__).parent
# "notice.line" in code; "{" marks an id that is put together.
USED = re.compile(r"""(?:words|texts\(\w+\))(?:\.count)?\(\s*f?"([a-z.{}_\-]+)\"""")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_texts() -> None:
    first, *others = (texts(language).ids() for language in LANGUAGES)
    assert first
    assert all(other == first for other in others)


def test_every_text_is_translated_with_the_same_placeholders() -> None:
    lacking = []
    for ident in sorted(texts("vi").ids()):
        forms = [form for language in LANGUAGES for form in texts(language).forms(ident)]
        if not all(form.strip() for form in forms) or len({frozenset(placeholders(form)) for form in forms}) > 1:
            lacking.append(ident)
    assert not lacking


def test_numbered_texts_have_every_form_of_their_language() -> None:
    for ident in texts("en").ids():
        forms = len(texts("en").forms(ident))
        assert forms in {1, 2}
        assert len(texts("vi").forms(ident)) == 1


def test_vietnamese_never_says_ban() -> None:
    """Officials are Ông/Bà (wording.md)."""
    for ident in texts("vi").ids():
        for form in texts("vi").forms(ident):
            assert not re.search(r"\bbạn\b", form, re.IGNORECASE)


def test_the_code_asks_only_for_texts_that_exist() -> None:
    asked = {ident for path in SOURCES.rglob("*.py") for ident in USED.findall(path.read_text(encoding="utf-8"))}
    assert "notice.greeting" in asked
    known = texts("vi").ids()
    missing = {ident for ident in asked if "{" not in ident and ident not in known}
    assert not missing
    for kind in NoticeKind:
        assert {f"notice.{kind}", f"notice.subject.{kind}"} <= known


def test_every_reason_has_words() -> None:
    reasons = {
        reason_of(NoticeRecipient(address="a@x.vn", action=action, status=f"{severity}.{subject}.{detail}"))
        for action in Action
        for severity in (4, 5)
        for subject in range(8)
        for detail in range(30)
    }
    assert {f"reason.{reason}" for reason in reasons} <= texts("vi").ids()
    assert {ident for ident in texts("vi").ids() if ident.startswith("reason.")} == {f"reason.{r}" for r in reasons}


def test_numbers_choose_their_form() -> None:
    assert texts("en").count("notice.reached", 1) == "1 other recipient: delivered."
    assert texts("en").count("notice.reached", 13) == "13 other recipients: delivered."
    assert texts("vi").count("notice.reached", 13) == "13 người nhận khác: đã chuyển thành công."


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(NoSuchText):
        texts("vi")("no.such.text")
    with pytest.raises(NoSuchText):
        texts("xx")
