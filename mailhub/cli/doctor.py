"""`mailhub doctor`: is everything as it should be, and if not, what is to be done?"""

from __future__ import annotations

import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from mailhub.accounts.rights import Actor
from mailhub.cli.acting import json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.ops import doctor as ops
from mailhub.ops.findings import WORDS, Finding, Status

_STATUS, _TITLE, _REST = 13, 22, 44  # 80 columns with the blank between
_INDENT = " " * (_STATUS + _TITLE + 1)


@click.command()
@json_option
@click.option("--no-mail", is_flag=True, help="Send no test message (it goes to mailhub-doctor@ and is deleted).")
@pass_environment
def doctor(environment: Environment, *, as_json: bool, no_mail: bool) -> None:
    """Prove what can be proved: server, doors, TLS, keys, disks, database, queue, DNS, a message there and back.

    Exit code 1 when something is broken ("Sự cố"); "Cần kiểm tra" alone is 0. Who looked is kept in the audit log.

    \b
    Examples:
      mailhub --dir /var/lib/mailhub doctor
      mailhub --dir /var/lib/mailhub doctor --json --no-mail
    """
    findings = []
    for finding in _examine(environment, mail=not no_mail):
        findings.append(finding)
        if as_json:
            print_json(as_object(finding))
        else:
            click.echo("\n".join(as_lines(finding)))
    if not as_json:
        click.echo("\n".join(_closing(findings)))
    if ops.is_broken(findings):
        sys.exit(1)


def _examine(environment: Environment, *, mail: bool) -> Iterator[Finding]:
    ops.prepare()
    settings = ops.read_settings(environment.directory)
    if isinstance(settings, Finding):
        yield settings
        return
    environment.step_down()
    yield from ops.examine(settings, _actor(environment), mail=mail)


def _actor(environment: Environment) -> Actor:
    """Whoever asks. At the console nothing is looked up for it: the database may be what is broken."""
    if not environment.as_address:
        return environment.console
    with looking(environment) as (_, actor):
        return actor


def as_object(finding: Finding) -> dict[str, object]:
    """A line of `--json`."""
    verdict = finding.verdict
    return {
        "name": finding.name,
        "title": finding.title,
        "status": finding.status.value,
        "words": WORDS[finding.status],
        "seen": verdict.seen,
        "advice": verdict.advice,
        "publish": list(verdict.publish),
        "took_ms": finding.took_ms,
    }


def as_lines(finding: Finding) -> list[str]:
    """The finding as rows of a table of 80 columns; records to publish come at the end of the report."""
    rest = _wrap(finding.verdict.seen) or [""]
    if finding.verdict.advice and finding.status is not Status.OK:
        rest += [
            f"→ {line}" if not number else f"  {line}" for number, line in enumerate(_wrap(finding.verdict.advice))
        ]
    first = f"{WORDS[finding.status]:<{_STATUS}}{finding.title:<{_TITLE}} {rest[0]}"
    return [first.rstrip(), *(_INDENT + line for line in rest[1:])]


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _REST - 2, break_on_hyphens=False)


def _closing(findings: Sequence[Finding]) -> list[str]:
    counts = Counter(finding.status for finding in findings)
    lines = ["", ", ".join(f"{counts[status]} {WORDS[status].lower()}" for status in Status)]
    records = [line for finding in findings for line in finding.verdict.publish]
    if records:
        lines += ["", "Bản ghi DNS cần công bố / DNS records to publish:", *dict.fromkeys(records)]
    return lines
