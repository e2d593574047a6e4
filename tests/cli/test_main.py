"""The command tree: what is there, and what its exit codes are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mailhub.cli.main import COMMANDS, cli
from tests.support.hub import MAILHUB, ROOT, RunningHub

# What a script needs; all other commands have a group's own names below them.
GROUPS = {
    "account": {"create", "list", "show", "suspend", "revoke", "restore", "passwd", "why"},
    "queue": {"list", "show", "hold", "release", "retry", "drop"},
    "audit": {"verify", "list"},
}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MAILHUB, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of the tree with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*above, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*above, name))


@pytest.mark.unit
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_that_is_named_exists_and_explains_itself(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.help
    with click.Context(command, info_name=name) as context:
        assert command.get_help(context)


@pytest.mark.unit
def test_the_tree_holds_what_scripts_rely_on_and_every_leaf_has_a_help_line() -> None:
    tree = dict(commands(cli))
    assert {path[0] for path in tree} == set(COMMANDS)
    for group, names in GROUPS.items():
        assert names <= {path[1] for path in tree if path[0] == group and len(path) == 2}
    assert [path for path, command in tree.items() if not command.get_short_help_str()] == []


@pytest.mark.unit
def test_what_changes_something_can_be_tried_without_doing_it() -> None:
    reading = {"list", "show", "why", "verify", "search", "export", "tree"}
    reading |= {"acts", "duplicates", "waiting", "rows", "proof", "key", "original"}
    reading |= {"mandates", "journal"}
    reading |= {"check", "diff", "history", "explain", "simulate", "use"}
    reading |= {"usage", "adoption", "documents", "rules"}  # reports
    reading |= {"sessions", "tokens"}  # web
    outside = {"init", "serve", "trace", "doctor", "classify", "schedule"}
    leaves = {path: one for path, one in commands(cli) if not isinstance(one, click.Group)}
    changing = {path: one for path, one in leaves.items() if path[0] not in outside and path[-1] not in reading}
    assert changing
    for path, command in changing.items():
        assert any("--dry-run" in option.opts for option in command.params), path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--help",), 0),
        (("-h",), 0),
        (("--version",), 0),
        (("doctor", "--help"), 0),
        (("audit", "list", "--help"), 0),
        ((), 2),
        (("nothing-like-that",), 2),
        (("trace",), 2),
        (("account", "create"), 2),
        (("doctor", "--nonsense"), 2),
        (("--dir", "/nonexistent", "doctor"), 1),
        (("--dir", "/nonexistent", "account", "list"), 1),
        (("--dir", "/nonexistent", "audit", "verify"), 1),
    ],
)
def test_exit_codes_tell_done_refused_and_wrongly_used_apart(words: tuple[str, ...], code: int) -> None:
    done = run(*words)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_refusal_is_one_line_on_stderr(tmp_path: Path) -> None:
    done = run("--dir", str(tmp_path), "account", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("mailhub: ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_hangs_up_ends_a_long_listing_quietly() -> None:
    with RunningHub(start=False, demo=True) as hub:
        # Its letters, its certificates and its tree name one province: else its seal is another agency's.
        assert 'province = "Tỉnh Minh Họa"' in (hub.directory / "mailhub.toml").read_text(encoding="utf-8")
        listing = [*MAILHUB, "--dir", str(hub.directory), "account", "list"]
        process = subprocess.Popen(listing, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        process.stderr.close()
        process.wait(30)
