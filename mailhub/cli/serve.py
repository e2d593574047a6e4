"""`mailhub serve`: run the hub in the foreground."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mailhub.serve.supervisor import Task
    from mailhub.settings import LiveSettings

ROLES = ("smtp", "worker", "verifier", "mailboxes", "inspector", "signer", "web")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, help="Only these; all when left out.")
def serve(directory: Path, roles: tuple[str, ...]) -> None:
    """Serve the hub in DIRECTORY until SIGTERM; prints `mailhub ready` when every port answers.

    SIGHUP reads the settings again: a wrong file changes nothing, and the log says what is wrong with it.
    """
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(processName)s[%(process)d] %(levelname)s %(message)s",
    )
    for noisy in ("mail.log", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    from mailhub.serve.hub import serve_hub

    more = {"web": _web_tasks}
    serve_hub(directory.absolute(), roles or ROLES, announce=lambda: click.echo("mailhub ready"), more=more)


def _web_tasks(live: LiveSettings) -> list[Task]:
    """The web's processes. Its modules are loaded only where it has a door: they take more than a second."""
    if live.current.listen_address("https") is None:
        return []
    from mailhub.admin.process import web_tasks

    return web_tasks(live)
