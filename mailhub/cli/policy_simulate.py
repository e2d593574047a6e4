"""`mailhub policy simulate`: what other rules would have done to the mail of the last days."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from mailhub.cli.acting import json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.policy_putting import read_given
from mailhub.cli.policy_words import ASKED
from mailhub.clock import iso_time, time_words
from mailhub.policy.rules.rule import Asked
from mailhub.screening.rehearsal.simulation import Book, Rehearsal, rehearse
from mailhub.screening.rehearsal.tallying import AgencyLine, Changes, Counts, RuleLine
from mailhub.screening.rules import versions

_SHOWN = 20  # agencies and rules
_WORDS = {
    "held": "Chờ duyệt",
    "refused": "Không cho gửi",
    "secret": "từ chối (bí mật nhà nước)",
    "desk": "chuyển Văn thư",
    "told": "Nhắc",
    "tagged": "chuyển thư mục riêng",
}
_EFFECTS = {
    "none": "không có gì",
    "tag": "chuyển thư mục riêng",
    "warn": "Nhắc",
    "desk": "chuyển Văn thư",
    "hold": "Chờ duyệt",
    "refuse": "Không cho gửi",
    "secret": "từ chối (bí mật nhà nước)",
}


@click.command()
@click.option("--days", type=click.IntRange(1, 3_650), default=30, show_default=True, help="The mail of so many days.")
@click.option(
    "--with", "file", type=click.Path(path_type=Path),
    help="The rules to try; DIR/policy.toml when left out.",
)  # fmt: skip
@click.option("--agency", default="", help="Only mail of this agency (its code) and those below it.")
@click.option("--progress", is_flag=True, help="Tell on stderr how far it is, also when that is no terminal.")
@json_option
@pass_environment
def simulate(
    environment: Environment, *, days: int, file: Path | None, agency: str, progress: bool, as_json: bool
) -> None:
    """Judge the mail of the last days again by other rules, and say what would be different from those in force.

    Only the stored facts are read: no content. Nothing is changed. Both are judged as of today, so that a promotion
    that is due counts for all of it.

    \b
    Examples:
      mailhub --dir DIR policy simulate --days 30 --with policy.toml
      mailhub --dir DIR policy simulate --days 90 --with quy-tac-moi.toml --agency SYT --json
    """
    text, name = read_given(environment, file)
    new = versions.read_all(text, name)
    with looking(environment) as (connection, actor):
        old = versions.book_in_force(connection, actor)
    with _Progress(shown=progress or sys.stderr.isatty()) as shown:
        found = rehearse(
            environment.database, actor, Book(new), Book(old), days=days, agency=agency, progress=shown.step
        )
    if as_json:
        print_json(_object(found))
    else:
        click.echo("\n".join(_lines(found)))


def _lines(found: Rehearsal) -> Iterator[str]:
    yield f"{found.messages} thư trong {found.days} ngày qua."
    if found.unreadable or found.unsure:
        yield (
            f"Lưu ý: {found.unreadable} thư không đọc lại được; {found.unsure} thư thiếu dữ liệu mà quy tắc mới cần, "
            "kết quả của các thư đó chưa chắc chắn."
        )
    for rule, times in found.failed.items():
        yield f"SỰ CỐ: quy tắc {rule} bị lỗi với {times} thư; các thư đó sẽ bị giữ lại."
    yield f"Đang áp dụng: {_counts(found.before)}"
    yield f"Nếu áp dụng:  {_counts(found.after)}"
    yield f"Thay đổi: {_changes(found.changes)}"
    rules = [one for one in found.rules if one.fits or one.before.total]
    yield from _table("Theo quy tắc:", [_rule(one) for one in rules])
    agencies = [one for one in found.agencies if one.after.total or one.before.total]
    yield from _table("Theo đơn vị:", [_agency(one) for one in agencies])
    if found.samples:
        yield "Ví dụ (mailhub trace MÃ):"
        for one in found.samples:
            was, now = _effect(one.before), _effect(one.after)
            yield f"  {one.code}  {time_words(one.at)}  {one.rule}: {was} → {now}"


def _effect(name: str) -> str:
    effect, _, asked = name.partition(":")
    owners = ", ".join(ASKED[Asked(one)] for one in asked.split("+")) if asked else ""
    return f"{_EFFECTS.get(effect, effect)}, hỏi {owners}" if owners else _EFFECTS.get(effect, effect)


def _table(head: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield head
        yield from (f"  {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  … và {len(lines) - _SHOWN} dòng khác (--json)"


def _rule(one: RuleLine) -> str:
    spared = f", {one.exempted} được miễn" if one.exempted else ""
    return f"{one.rule}: {one.fits} thư khớp{spared}; {_counts(one.after)} (đang: {_counts(one.before)})"


def _agency(one: AgencyLine) -> str:
    who = f"{one.code} {one.name}" if one.code else "(không thuộc đơn vị nào)"
    return f"{who}: {one.messages} thư; {_counts(one.after)} (đang: {_counts(one.before)})"


def _counts(counts: Counts) -> str:
    told = [f"{number} {words}" for name, words in _WORDS.items() if (number := getattr(counts, name))]
    return ", ".join(told) or "không ảnh hưởng thư nào"


def _changes(changes: Changes) -> str:
    return (
        f"{changes.added} thư thêm, {changes.removed} thư bớt, {changes.changed} thư xử lý khác, "
        f"{changes.unchanged} thư như cũ"
    )


def _object(found: Rehearsal) -> dict[str, object]:
    made = asdict(found)
    made["samples"] = [{**asdict(one), "at": iso_time(one.at)} for one in found.samples]
    return made


class _Progress:
    """A line on stderr that is written over; nothing where nobody watches."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._over = sys.stderr.isatty()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._over:
            click.echo("\r\033[K", err=True, nl=False)

    def step(self, done: int, total: int) -> None:
        """So many are judged."""
        if self._shown:
            share = 100 if total == 0 else done * 100 // total
            bar = "#" * (share // 5)
            told = f"[{bar:<20}] {share}% {done}/{total}"
            click.echo(f"\r{told}" if self._over else told, err=True, nl=not self._over)
