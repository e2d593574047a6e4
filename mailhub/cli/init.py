"""`mailhub init`: a directory that `mailhub serve` can serve, in one step that asks nothing."""

from __future__ import annotations

from pathlib import Path

import click

from mailhub.ops.creation import Plan, create_hub


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--domain", required=True, help="The province's official domain, such as tinh.gov.vn.")
@click.option("--hostname", help="The name this server gives itself (default: mx.DOMAIN).")
@click.option("--province", default="", help='The name people read, such as "Tỉnh Minh Họa".')
@click.option(
    "--regulation",
    default="",
    help="The province's regulation on mail use, with number, date and issuer: every refusal cites it. "
    "It can be filled in later ([hub] regulation).",
)
@click.option(
    "--base-port",
    type=click.IntRange(0, 64_000),
    default=0,
    help="Listen on loopback at this number + the standard port (for trials); 0: the standard ports.",
)
@click.option("--database", default="", help="postgresql+psycopg://USER@HOST/NAME; SQLite in DIRECTORY when left out.")
@click.option("--demo", is_flag=True, help="Also make a demonstration province: agencies, officials, three domains.")
def init(
    directory: Path,
    domain: str,
    hostname: str | None,
    province: str,
    regulation: str,
    base_port: int,
    database: str,
    *,
    demo: bool,
) -> None:
    """Make DIRECTORY: settings, rules (policy.toml), keys, a self-signed certificate, DKIM keys, an empty database.

    \b
    Examples:
      mailhub init /var/lib/mailhub --domain tinh.gov.vn --province "Tỉnh Minh Họa" \\
        --regulation "Quy chế ban hành kèm theo Quyết định số 12/2026/QĐ-UBND ngày 05/5/2026 của UBND tỉnh"
      mailhub init /tmp/trial --domain tinh.gov.vn --base-port 20000 --demo
    """
    made = create_hub(
        Plan(
            directory=directory.absolute(),
            domain=domain.lower(),
            hostname=hostname or f"mx.{domain.lower()}",
            province=province,
            regulation=regulation,
            base_port=base_port,
            database=database,
            demo=demo,
        )
    )
    for line in made:
        click.echo(line)
