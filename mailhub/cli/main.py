"""`mailhub`: the command tree, and the one place where errors become exit codes.

0 done; 1 refused, not found, or a fault, said in one line on stderr; 2 wrong usage (click's own).
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from mailhub.cli.environment import Environment
from mailhub.errors import MailhubError

# Each command's module is imported only when it is asked for: `mailhub trace` need not load a mail server.
COMMANDS = {
    "init": "mailhub.cli.init:init",
    "serve": "mailhub.cli.serve:serve",
    "app-password": "mailhub.cli.app_password:app_password",
    "second-factor": "mailhub.cli.second_factor:second_factor",
    "web": "mailhub.cli.web_access:web",
    "account": "mailhub.cli.account:account",
    "domain": "mailhub.cli.domain:domain",
    "agency": "mailhub.cli.agency:agency",
    "directory": "mailhub.cli.directory:directory",
    "person": "mailhub.cli.person:person",
    "request": "mailhub.cli.request:request",
    "alias": "mailhub.cli.domain:alias",
    "group": "mailhub.cli.group:group",
    "role": "mailhub.cli.role:role",
    "delegation": "mailhub.cli.delegation:delegation",
    "trace": "mailhub.cli.trace:trace",
    "queue": "mailhub.cli.queue:queue",
    "doctor": "mailhub.cli.doctor:doctor",
    "document": "mailhub.cli.document:document",
    "incident": "mailhub.cli.incident:incident",
    "audit": "mailhub.cli.audit:audit",
    "policy": "mailhub.cli.policy:policy",
    "right": "mailhub.cli.right:right",
    "opening": "mailhub.cli.opening:opening",
    "slip": "mailhub.cli.slip:slip",
    "recovery": "mailhub.cli.recovery:recovery",
    "proposal": "mailhub.cli.proposal:proposal",
    "join": "mailhub.cli.join:join",
    "roster": "mailhub.cli.roster:roster",
    "review": "mailhub.cli.review:review",
    "report": "mailhub.cli.report:report",
    "schedule": "mailhub.cli.schedule:schedule",
    "classify": "mailhub.cli.classify:classify",
    "verify": "mailhub.cli.verify:verify",
    "word": "mailhub.cli.word:word",
    "seal": "mailhub.cli.seal:seal",
    "signer": "mailhub.cli.signer:signer",
    "trust": "mailhub.cli.trust:trust",
    "revocation": "mailhub.cli.revocation:revocation",
}


class LazyTree(click.Group):
    """A group whose commands are found in `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyTree, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    default=Path(),
    envvar="MAILHUB_DIR",
    help="The hub's directory, made by `mailhub init` (or $MAILHUB_DIR; default: where you stand).",
)
@click.option(
    "--as",
    "as_address",
    default="",
    metavar="ADDRESS",
    envvar="MAILHUB_AS",
    help="Act with this account's rights instead of the console's; the audit log names both.",
)
@click.option("--prove", is_flag=True, help="With --as: read the account's password first, as a second person must.")
@click.version_option(package_name="mailhub")
@click.pass_context
def cli(ctx: click.Context, directory: Path, *, as_address: str, prove: bool) -> None:
    """The mail server of a province: `mailhub init DIR`, `mailhub serve DIR`, and what IT staff do every day.

    \b
    Examples:
      mailhub init /var/lib/mailhub --domain tinh.gov.vn
      mailhub serve /var/lib/mailhub
      mailhub --dir /var/lib/mailhub account create nva@tinh.gov.vn --name "Nguyễn Văn An" --password-stdin
      mailhub --dir /var/lib/mailhub trace 7K4-QW2-M9
    """
    ctx.obj = Environment(directory.absolute(), as_address=as_address, prove_it=prove)


def main(arguments: list[str] | None = None) -> Any:
    """The console script."""
    os.umask(0o077)  # a hub's files are nobody else's
    try:
        return cli(arguments, standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MailhubError as error:
        click.echo(f"mailhub: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        click.echo(f"mailhub: {error.filename or 'the system'}: {error.strerror or error}", err=True)
        sys.exit(1)
