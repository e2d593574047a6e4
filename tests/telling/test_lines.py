"""What happened, in both languages: every kind has its words, and what servers said stands apart."""

from __future__ import annotations

import pytest

from mailhub.files.facts import DangerKind, Unreadable
from mailhub.i18n import texts
from mailhub.mail.parts import PartProblem
from mailhub.policy.rules.rule import Stage
from mailhub.queue.models import Door, EventKind, HeldFor
from mailhub.queue.timeline import Line
from mailhub.telling.groups import LEAST, grouped
from mailhub.telling.lines import tell
from mailhub.telling.people import known, who_words
from mailhub.telling.values import Mark

pytestmark = pytest.mark.unit
AT = 1_795_313_400_000
CODE = "7K4-QW2-M9"


def line(kind: EventKind, to: str | None = "x@so.vn", at: int = AT, **facts: object) -> Line:
    return Line(at, CODE, to, kind, facts, 7)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_has_a_sentence_of_its_own(language: str) -> None:
    said = {tell(line(kind), language).sentence for kind in EventKind}
    assert len(said) == len(EventKind)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_everything_that_may_be_wrong_with_a_file_has_words(language: str) -> None:
    words = texts(language)
    stems = {"problem": PartProblem, "unreadable": Unreadable, "danger": DangerKind, "stage": Stage, "door": Door}
    for stem, kinds in stems.items():
        for one in kinds:
            ident = f"telling.{stem}.{one.value.replace(' ', '-')}"
            assert ident in words.ids()
            assert known(words, f"telling.{stem}", one.value) == words(ident)


def test_a_line_that_failed_says_so_and_keeps_what_the_server_said_apart() -> None:
    told = tell(line(EventKind.DEFERRED, reply="451 4.7.1 <b>busy</b>", next=AT + 600_000), "vi")
    assert (told.mark, told.key, told.recipient) == (Mark.WARN, "e7", "x@so.vn")
    assert told.sentence == "Chưa gửi được"
    assert told.details == ("vì: máy chủ bên nhận tạm thời chưa nhận thư", "tự gửi lại lúc 09:20:00")
    assert told.reply == "451 4.7.1 <b>busy</b>"
    assert tell(line(EventKind.BOUNCED), "en").mark is Mark.BAD


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("5.1.2 the domain khongco.vn does not exist", "vì: tên miền không tồn tại hoặc không nhận thư"),
        ("550 5.1.1 User unknown", "vì: địa chỉ không tồn tại"),
        ("550 no", "vì: bên nhận từ chối nhận thư"),
    ],
)
def test_why_it_did_not_arrive_is_told_in_the_notices_words(reply: str, why: str) -> None:
    assert tell(line(EventKind.BOUNCED, reply=reply), "vi").details == (why,)
    assert tell(line(EventKind.DELIVERED, reply="250 2.0.0 Saved"), "vi").details == ()


def test_a_line_knows_what_people_call_its_rules() -> None:
    told = tell(line(EventKind.JUDGED, rules=[{"rule": "a", "title": "Dự thảo"}, {"rule": "b"}], version=3), "vi")
    assert (told.rules, dict(told.titles)) == (("a", "b"), {"a": "Dự thảo"})


def test_who_did_it_is_said_without_what_only_the_log_needs() -> None:
    held = tell(line(EventKind.HELD, actor="qt@tinh.gov.vn (console:root)", reason="xem lại"), "vi")
    assert held.details == ("người thực hiện: qt@tinh.gov.vn", "lý do: xem lại")
    assert who_words("mailhub:schedule", texts("en")) == "the system (automatically)"


def test_rules_and_other_messages_can_be_led_to() -> None:
    told = tell(
        line(EventKind.JUDGED, None, version=2, rules=[{"rule": "a", "effect": "refuse", "recipients": 1}]), "vi"
    )
    assert (told.rules, told.mark) == (("a",), Mark.BAD)
    sealed = tell(line(EventKind.SEALED, None, sealed_as="ABC-DEF-GH"), "vi")
    assert sealed.codes == ("ABC-DEF-GH",)
    by_seal = tell(line(EventKind.ASKED, None, rule="ky-so-co-quan", of="vt@x.vn"), "vi")
    assert by_seal.rules == ()  # no rule of the rulebook


def test_the_same_for_many_is_one_line_and_what_failed_stands_alone() -> None:
    many = [tell(line(EventKind.DELIVERED, f"n{n}@so.vn", AT + n), "vi") for n in range(LEAST)]
    failed = tell(line(EventKind.BOUNCED, "sai@so.vn", AT + 1), "vi")
    late = tell(line(EventKind.DELIVERED, "tre@so.vn", AT + 3_600_000), "vi")
    groups = grouped([*many[:2], failed, *many[2:], late])
    assert [len(group.lines) for group in groups] == [LEAST, 1, 1]
    assert [group.first.recipient for group in groups if group.is_one] == ["sai@so.vn", "tre@so.vn"]
    few = grouped(many[: LEAST - 1])
    assert [group.is_one for group in few] == [True] * (LEAST - 1)


def test_what_is_held_for_is_said_for_each_reason() -> None:
    held = [Line(AT, CODE, "x@so.vn", EventKind.HELD, {"until": AT, "for": why.value}) for why in HeldFor]
    said = {tell(one, "vi").sentence for one in held}
    assert len(said) >= 4
