"""`mailhub policy`: the rules for sending and receiving (policy.toml): check, compare, put in force, go back, look."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.policy_putting import file_option, put_file, read_given, tell_activated
from mailhub.cli.policy_words import (
    change_lines,
    change_object,
    rule_line,
    rule_lines,
    rule_object,
    summary,
    version_line,
    version_object,
)
from mailhub.clock import local_time, now_ms
from mailhub.i18n import texts
from mailhub.policy.explain_words import Speaker
from mailhub.policy.rules.errors import BookErrors, Problem
from mailhub.policy.rules.rule import Rule, RuleBook
from mailhub.policy.rules.vocabulary import nearest
from mailhub.screening.rules import editing, versions
from mailhub.screening.rules.errors import NoSuchRule, SameRules
from mailhub.settings import SETTINGS_FILE

# Loaded only when asked for: they bring half the mail server with them.
_ELSEWHERE = {
    "exception": "mailhub.cli.policy_exception:exception",
    "explain": "mailhub.cli.policy_explain:explain_command",
    "simulate": "mailhub.cli.policy_simulate:simulate",
    "use": "mailhub.cli.policy_use:use",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module, _, name = _ELSEWHERE.get(cmd_name, "").partition(":")
        if not module:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Commands)
def policy() -> None:
    """The rules for sending and receiving: which mail is counted, asked about, held or refused, and by which article.

    People write them in DIR/policy.toml. `check` and `diff` it, try it with `explain` and `simulate`, then `activate`.

    \b
    Examples:
      mailhub --dir DIR policy check
      mailhub --dir DIR policy explain thu.eml --from nva@tinh.gov.vn --to ai@gmail.com
      mailhub --dir DIR policy simulate --days 30 --with policy.toml
      mailhub --dir DIR policy activate --reason "Công văn 12/STTTT: quy tắc 1 sang Chờ duyệt"
      mailhub --dir DIR policy back --reason "quá nhiều thư bị chờ"
    """


@policy.command()
@file_option
@json_option
@pass_environment
def check(environment: Environment, file: Path | None, *, as_json: bool) -> None:
    """Say whether FILE (DIR/policy.toml when left out) can be put in force; exit code 1 names each wrong line.

    Needs no hub: without one, agencies' codes are not looked up.

    \b
    Examples:
      mailhub --dir DIR policy check
      mailhub policy check quy-tac-moi.toml
    """
    text, name = read_given(environment, file)
    try:
        book = versions.read_all(text, name)
    except BookErrors as error:
        if as_json:
            print_json({"file": name, "ok": False, "problems": list(map(_problem, error.problems)), "warnings": []})
        else:
            click.echo(f"{name}: có {len(error.problems)} lỗi, chưa áp dụng được (số sau tên tệp là dòng):", err=True)
            click.echo("\n".join(error.lines()), err=True)
        sys.exit(1)
    warned: Sequence[Problem] = ()
    if (environment.directory / SETTINGS_FILE).exists():
        with looking(environment) as (connection, actor):
            warned = versions.warnings_about(connection, actor, book)
    if as_json:
        print_json({"file": name, "ok": True, "problems": [], "warnings": list(map(_problem, warned))})
        return
    for one in warned:
        click.echo(f"Lưu ý: {one.at(name)}", err=True)
    click.echo(f"{name}: đúng; {summary(book, local_time(now_ms()).date())}")


def _problem(one: Problem) -> dict[str, object]:
    return {"line": one.line, "problem": one.problem, "hint": one.hint}


@policy.command()
@file_option
@json_option
@pass_environment
def diff(environment: Environment, file: Path | None, *, as_json: bool) -> None:
    """Show what FILE (DIR/policy.toml when left out) would change in the rules in force.

    \b
    Example:
      mailhub --dir DIR policy diff
    """
    text, name = read_given(environment, file)
    book = versions.read_all(text, name)
    with looking(environment) as (connection, actor):
        changes = versions.changes_to(connection, actor, book)
    if as_json:
        for one in changes:
            print_json(change_object(one))
    else:
        click.echo("\n".join(change_lines(changes)) if changes else "Không có gì khác với quy tắc đang áp dụng.")


@policy.command()
@file_option
@reason_option(required=True)
@dry_run_option
@json_option
@pass_environment
def activate(environment: Environment, file: Path | None, *, reason: str, dry_run: bool, as_json: bool) -> None:
    """Put FILE (DIR/policy.toml when left out) in force, in every process at once, as a new version.

    Another FILE becomes DIR/policy.toml too; what was there and was never in force is kept beside it.

    \b
    Examples:
      mailhub --dir DIR policy activate --reason "Công văn 12/STTTT" --dry-run
      mailhub --dir DIR policy activate quy-tac-moi.toml --reason "Quyết định 15/QĐ-UBND"
    """
    text, name = read_given(environment, file)
    try:
        with acting(environment, dry_run=dry_run) as (connection, actor):
            done = versions.activate(connection, actor, text, reason=reason, file=name)
    except SameRules:
        click.echo("Không có gì thay đổi: các quy tắc này đang được áp dụng.")
    else:
        tell_activated(done, as_json=as_json, dry_run=dry_run)
    if not dry_run:
        put_file(environment, text)


@policy.command()
@click.option("--to", type=click.IntRange(1), default=None, help="This version (see `history`); else the one before.")
@reason_option(required=True)
@dry_run_option
@json_option
@pass_environment
def back(environment: Environment, *, to: int | None, reason: str, dry_run: bool, as_json: bool) -> None:
    """Go back to the rules before those in force, or to version N: as a new version, and in DIR/policy.toml.

    What policy.toml held is kept beside it if it was never in force. Back again undoes it.

    \b
    Examples:
      mailhub --dir DIR policy back --reason "quá nhiều thư bị chờ"
      mailhub --dir DIR policy back --to 3 --reason "như đã thống nhất ngày 20/11"
    """
    try:
        with acting(environment, dry_run=dry_run) as (connection, actor):
            done = versions.back(connection, actor, reason=reason, to=to or 0)
            text = done.text
    except SameRules:
        click.echo("Không có gì thay đổi: các quy tắc này đang được áp dụng.")
        with looking(environment) as (connection, actor):
            text = versions.find_version(connection, actor).text
    else:
        tell_activated(done, as_json=as_json, dry_run=dry_run)
    if not dry_run:
        put_file(environment, text)


@policy.command()
@json_option
@pass_environment
def history(environment: Environment, *, as_json: bool) -> None:
    """List every version that was in force: number, when, by whom, why. The newest is first, and in force.

    \b
    Example:
      mailhub --dir DIR policy history
    """
    with looking(environment) as (connection, actor):
        found = versions.list_versions(connection, actor)
    for number, one in enumerate(found):
        if as_json:
            print_json(version_object(one, current=number == 0))
        else:
            click.echo(version_line(one, current=number == 0))
    if not found and not as_json:
        click.echo("Chưa có phiên bản nào.", err=True)


@policy.command()
@click.argument("rule", required=False)
@click.option("--version", "number", type=click.IntRange(1), default=None, help="Of this version; else in force.")
@click.option("--text", is_flag=True, help="Print the whole text as it was activated, comments included.")
@json_option
@pass_environment
def show(environment: Environment, rule: str | None, *, number: int | None, text: bool, as_json: bool) -> None:
    """Show the rules in force, a line each; or everything about RULE: article, stages, conditions, words, exceptions.

    \b
    Examples:
      mailhub --dir DIR policy show
      mailhub --dir DIR policy show du-thao-den-hop-thu-ca-nhan
      mailhub --dir DIR policy show --version 3 --text > policy-3.toml
    """
    with looking(environment) as (connection, actor):
        version = versions.find_version(connection, actor, number or 0)
        excepted = editing.list_exceptions(connection, actor, rule=rule) if rule and number is None else ()
    if text:
        click.echo(version.text, nl=False)
        return
    today = local_time(now_ms()).date()
    book = versions.read_all(version.text, f"version {version.number}")
    chosen = _chosen(book, rule)
    regulation, speak = environment.settings.hub.regulation, Speaker(texts("vi"))
    for one in chosen:
        if as_json:
            print_json(rule_object(one, today))
        elif rule:
            click.echo("\n".join(rule_lines(one, today, regulation, excepted, speak)))
        else:
            click.echo(rule_line(one, today))
    if not rule and not as_json:
        click.echo(f"Phiên bản {version.number}: {summary(book, today)}", err=True)


def _chosen(book: RuleBook, rule: str | None) -> Sequence[Rule]:
    if rule is None:
        return book.rules
    found = book.rule(rule)
    if found is None:
        near = nearest(rule, [one.id for one in book.rules])
        raise NoSuchRule(f"không có quy tắc {rule!r} (no rule); `mailhub policy show` liệt kê" + (near and f"; {near}"))
    return [found]
